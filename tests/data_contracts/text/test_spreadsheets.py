"""CSV for people: what is written is what is read, and a spreadsheet runs none of it."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.errors import RequestInvalid
from data_contracts.text.spreadsheets import csv_of, rows_of

_COLUMNS = ("person", "course")
_RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  # full width
_CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)


@given(st.lists(st.tuples(_CELL, _CELL).filter(lambda row: any(cell.strip() for cell in row)), max_size=5))
def test_what_is_written_is_read(rows: list[tuple[str, str]]) -> None:
    """Whatever the cells hold: quotes, commas, line ends, formulas, apostrophes."""
    read = list(rows_of(csv_of(_COLUMNS, rows), _COLUMNS, where="f"))

    assert [tuple(row.values()) for _, row in read] == rows


@given(_CELL)
def test_no_cell_is_a_formula(cell: str) -> None:
    """OWASP: = + - @ tab and return at the beginning are run, in full width too."""
    (_, (written, _)) = csv.reader(io.StringIO(csv_of(_COLUMNS, [(cell, "")]), newline=""))

    assert not written.startswith(_RUN)


@given(st.text("=+-@;'\"\t\n\r,a", max_size=12))
def test_no_cell_is_a_formula_where_semicolons_divide(cell: str) -> None:
    """In French and Dutch a line of ours is divided at semicolons and tabs, and ends where a text has a line's end."""
    written = csv_of(_COLUMNS, [(cell, "")]).partition("\r\n")[2]
    begins = written.startswith('"')

    cells = re.split(r"[;\t\r\n]", written[1:] if begins else written)

    assert [one for one in cells if one.startswith(("=", "+", "-", "@"))] == []
    assert next(rows_of(csv_of(_COLUMNS, [(cell, "b")]), _COLUMNS, where="f"))[1]["person"] == cell


def test_what_a_spreadsheet_made_is_read() -> None:
    """A mark of byte order, semicolons, columns in another order, one column more, and empty lines."""
    text = "\ufeffcourse;person;room\r\nGDPR, basics;ana;12\r\n;;\r\nSOC;bob;\r\n"

    read = list(rows_of(text, _COLUMNS, where="f"))

    assert [(number, row["person"], row["course"]) for number, row in read] == [
        (2, "ana", "GDPR, basics"),
        (4, "bob", "SOC"),
    ]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("", "f: column person, course is missing"),
        ("person,level\n", "f: column course is missing"),
        ("person,course\nana\n", "f, line 2: 1 cells in place of 2"),
        ('person,course\nana,"GDPR\n', "f, line 2: the file is no CSV"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_line(text: str, wrong: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(RequestInvalid) as refused:
        list(rows_of(text, _COLUMNS, where="f"))

    assert wrong in str(refused.value)
