"""Lists as spreadsheets and programs write them: one reader, whatever the encoding and the separator."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import RequestInvalid
from data_contracts.text.lists import lines_of, plain_lines

_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be")
_TEXT = "person,course\r\n\r\nÉlodie,GDPR\r\n,\r\n"


def read(raw: bytes, *columns: str) -> list[tuple[int, dict[str, str]]]:
    """Number and cells of each line."""
    return [(line.number, dict(line.cells)) for line in lines_of(io.BytesIO(raw), columns, where="f")]


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", _ENCODINGS)
def test_list_is_read_however_it_is_written(encoding: str, separator: str, end: str) -> None:
    """A blank line is passed over and counted, and so is a line of empty cells."""
    text = _TEXT.replace("\r\n", end).replace(",", separator)

    assert read(text.encode(encoding), "person") == [(3, {"person": "Élodie", "course": "GDPR"})]


def test_separator_may_be_said_in_a_line_of_its_own() -> None:
    """As a spreadsheet does that is told to."""
    assert read(b"sep=;\r\na,b;c\r\n1;2\r\n") == [(3, {"a,b": "1", "c": "2"})]


def test_value_over_several_lines_has_the_number_of_its_first() -> None:
    """What an editor shows."""
    assert [number for number, _ in read(b'a,b\n"x\ny",1\n\nz,2\n')] == [2, 5]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "column a is missing"),
        (b"b\n1\n", "column a is missing"),
        (b"a,a\n1,2\n", "column a is named twice"),
        (b"a;b\n\n1;2\n3\n", "f, line 4: 1 cells in place of 2"),
        (b"a;b\n1;2;3\n", "f, line 2: 3 cells in place of 2"),
        (b"a\n\n\xff\n", "f, line 3: this is neither UTF-8 nor UTF-16"),
        ("a\nb\n".encode("utf-16") + b"x", "line 3: this is neither UTF-8 nor UTF-16"),
        (b'a\n1\n"2\n', "f, line 3: the file is no CSV"),
        (b'"a', "f, line 1: the file is no CSV"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line(raw: bytes, told: str) -> None:
    """Nothing is guessed, and no value is quoted."""
    with pytest.raises(RequestInvalid) as refused:
        read(raw, "a")

    assert told in str(refused.value)


@given(
    st.lists(st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\0'"), max_size=5)] * 2)),
    st.sampled_from(_ENCODINGS),
    st.sampled_from(",;\t"),
)
def test_what_was_written_is_read(rows: list[tuple[str, str]], encoding: str, separator: str) -> None:
    """Whatever stands in the cells, with quotes where they are needed."""
    sink = io.StringIO()
    csv.writer(sink, delimiter=separator, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])

    found = [(cells["a"], cells["b"]) for _, cells in read(sink.getvalue().encode(encoding), "a", "b")]

    assert found == [row for row in rows if any(cell.strip() for cell in row)]


def test_plain_lines_keep_their_numbers() -> None:
    """One value a line."""
    assert list(plain_lines(io.BytesIO("\ufeffa\n\n b \n".encode("utf-16-le")), where="f")) == [(1, "a"), (3, "b")]
