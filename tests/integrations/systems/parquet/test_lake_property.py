"""One person is erased from a lake of any layout: nothing of her stays, and nothing of anybody else changes."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.integrations.lakes import MAIL, Lake, a_lake, contract_of, erase

_PEOPLE = [MAIL, "ben@example.org", "joana@example.org", "cyd@example.org"]
_MAILS = {
    "plain": pa.string(),
    "large": pa.large_string(),
    "packed": pa.dictionary(pa.int32(), pa.string()),
    "view": pa.string_view(),
}
_OTHERS = {
    "id": [pa.int16(), pa.int64(), pa.uint32()],
    "note": [pa.string(), pa.dictionary(pa.int8(), pa.string()), pa.large_string()],
    "at": [pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("ms")],
    "tags": [pa.list_(pa.string())],
}


@dataclass(frozen=True)
class _Written:
    """A file as it was written, and the people in its rows."""

    path: str
    people: tuple[str, ...]
    table: pa.Table
    how: Mapping[str, Any]


def _values(name: str, people: Sequence[str]) -> list[Any]:
    """What a row holds beside the key: her notes and tags hold it too."""
    if name == "tags":
        return [[person, "x"] for person in people]
    return [f"by {person}" if name == "note" else number for number, person in enumerate(people)]


@st.composite
def _file(draw: st.DrawFn, number: int, *, by_mail: bool, by_country: bool) -> _Written:
    people = draw(st.lists(st.sampled_from(_PEOPLE), min_size=1, max_size=6))
    folders = []
    if by_mail:
        people = [people[0]] * len(people)
        folders.append(f"mail={draw(st.sampled_from([quote(people[0]), people[0]]))}")
    if by_country:
        folders.append(f"country={draw(st.sampled_from(['FR', 'BE', '__HIVE_DEFAULT_PARTITION__']))}")
    folders += draw(st.lists(st.sampled_from(["a", "_b", ".c", MAIL]), max_size=1))
    names = [f"part-{number}", f"{number}.parquet", f".{number}.PARQ", f"of {MAIL} {number}.pq"]
    name = draw(st.sampled_from(names))
    columns = {one: pa.array(_values(one, people), type=draw(st.sampled_from(ways))) for one, ways in _OTHERS.items()}
    kept = draw(st.permutations([one for one in columns if one == "id" or draw(st.booleans())]))
    made = {one: columns[one] for one in kept}
    if not by_mail:
        made["mail"] = pa.array(people, type=_MAILS[draw(st.sampled_from([*_MAILS, "packed", "packed"]))])
    table = pa.table(made)
    if draw(st.booleans()):
        table = table.replace_schema_metadata({"owner": f"sample {people[0]}", "pandas": "{}"})
    how = {
        "compression": draw(st.sampled_from(["snappy", "zstd", "gzip", "none"])),
        "use_dictionary": draw(st.sampled_from([True, True, False])),
        "row_group_size": draw(st.integers(1, 4)),
        "write_statistics": draw(st.booleans()),
    }
    return _Written("/".join(["ev", *folders, name]), tuple(people), table, how)


@st.composite
def _layouts(draw: st.DrawFn) -> list[_Written]:
    by_mail, by_country = draw(st.booleans()), draw(st.booleans())
    count = draw(st.integers(1, 4))
    files = [draw(_file(number, by_mail=by_mail, by_country=by_country)) for number in range(count)]
    return [*files, draw(_file(count, by_mail=by_mail, by_country=by_country))]


def _rows(table: pa.Table, others: Sequence[bool]) -> list[dict[str, str]]:
    kept = (row for row, is_other in zip(table.to_pylist(), others, strict=True) if is_other)
    return [{name: repr(value) for name, value in row.items()} for row in kept]


def _schema(table: pa.Table) -> pa.Schema:
    words = {key: value for key, value in (table.schema.metadata or {}).items() if key != b"owner"}
    return table.schema.with_metadata(words or None)


def _left(lake: Lake) -> list[tuple[pa.Table, str]]:
    paths = [name for name in lake.names() if name.rpartition("/")[2] != "_metadata"]
    return [(table, path) for path in paths if (table := lake.table(path)).num_rows]


def _write(lake: Lake, files: Sequence[_Written]) -> dict[str, pa.Table]:
    for file in files:
        lake.put(file.path, file.table, **file.how)
    one = pq.read_metadata(f"{lake.base}/{files[0].path}")
    one.set_file_path(files[0].path.removeprefix("ev/"))
    one.write_metadata_file(f"{lake.base}/ev/_metadata")
    return {file.path: lake.table(file.path) for file in files}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_layouts())
def test_she_goes_and_everybody_else_stays(files: list[_Written]) -> None:
    """No file, name, statistic or word holds her key; the others' rows and their files' schemas are the same."""
    folder = Path(tempfile.mkdtemp())
    try:
        lake = a_lake(folder.as_uri(), contract_of("id", "mail", "note", "at", "tags", "country"))
        before = _write(lake, files)

        assert erase(lake, MAIL) == sum(file.people.count(MAIL) for file in files)

        expected = [
            (_schema(before[file.path]), rows)
            for file in files
            if (rows := _rows(before[file.path], [person != MAIL for person in file.people]))
        ]
        found = [(_schema(table), _rows(table, [True] * table.num_rows)) for table, _ in _left(lake)]
        assert sorted(map(repr, found)) == sorted(map(repr, expected))
        touched = {file.path for file in files if MAIL in file.people}
        beside = {file.path for file in files} - touched  # files without a row of hers are left alone, to their names
        traces = {trace for trace in lake.traces("ana@") if not _is_joana(lake, trace)}
        assert {trace for trace in traces if not _is_of(trace, beside)} == set()
        assert not lake.connector.describe().obstacles
    finally:
        shutil.rmtree(folder)


def _is_of(trace: str, beside: set[str]) -> bool:
    """Whether a trace is the name of a file that was left alone, or of its folder, or in the summary that names it."""
    named = any(MAIL in path for path in beside)
    return (named and trace == "ev/_metadata") or any(f"{path}/".startswith(f"{trace}/") for path in beside)


def _is_joana(lake: Lake, trace: str) -> bool:
    """Whether what was seen is another person's address, which ends like hers."""
    if MAIL in trace.replace("joana@example.org", ""):
        return False
    path = Path(lake.base) / trace
    return path.is_dir() or b"ana@" not in path.read_bytes().replace(b"joana@", b"")
