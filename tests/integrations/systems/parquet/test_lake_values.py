"""A rewritten file is as its owner wrote it: every type that Arrow can put into Parquet, and the file's own form."""

import errno
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from data_contracts.errors import SystemUnavailable
from integrations.systems.parquet import rewrite
from integrations.systems.parquet.rewrite import leftover_of
from tests.integrations.lakes import MAIL, TYPES, Lake, a_lake, change, contract_of, erase, of

_WHO = ["ana@example.org", "ben@example.org", "cyd@example.org"]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake on the disk."""
    return a_lake(tmp_path.as_uri(), contract_of("id", "mail", *TYPES))


@pytest.mark.parametrize("name", TYPES)
def test_values_of_every_type_are_read_and_left_alone(lake: Lake, name: str) -> None:
    """The others' values and the schema stay; hers are given out, and used as keys, without an error."""
    lake.put("ev/a", pa.table({"mail": _WHO, name: TYPES[name]}))
    before = lake.table("ev/a")

    batches = list(lake.connector.read(of(*_WHO), ["mail", name]))
    lake.connector.find_keys(of(*_WHO), [(name,)])
    erase(lake, MAIL)

    after = lake.table("ev/a")
    assert sum(batch.num_rows for batch in batches) == 3
    assert after.schema.equals(before.schema, check_metadata=True)
    assert _told(after.column(name)) == _told(before.column(name))[1:]


def _told(column: pa.ChunkedArray) -> list[Any]:
    """Values to compare; those that Python has no day for as numbers."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    return list(map(str, column))


def test_int96_of_any_year_is_left_alone(lake: Lake) -> None:
    """Spark and Hive write them; in nanoseconds the year 9999 would become another one."""
    far = pa.array([datetime(2020, 1, 1), datetime(9999, 12, 31), None], pa.timestamp("us"))  # noqa: DTZ001  # no zone
    fine = pa.array([1, 1_577_836_800_000_000_001, 3], pa.timestamp("ns"))
    for name, times in (("far", far), ("fine", fine)):
        table = pa.table({"mail": _WHO, "time_ns": times})
        lake.put(f"ev/{name}", table, use_deprecated_int96_timestamps=True, store_schema=False)

    assert erase(lake, MAIL) == 2

    for name, times, unit in (("far", far, "us"), ("fine", fine, "ns")):
        file = pq.ParquetFile(f"{lake.base}/ev/{name}", coerce_int96_timestamp_unit=unit)
        assert file.schema.column(1).physical_type == "INT96"
        assert file.read().column("time_ns").combine_chunks().equals(times[1:])
    assert len(lake.rows(of(*_WHO), "mail", "time_ns")) == 4


def test_a_table_of_two_thousand_columns(lake: Lake) -> None:
    """Is read and rewritten like any other."""
    wide = pa.table({"mail": _WHO[:2], **{f"c{n}": [n, n] for n in range(2_000)}})
    lake.put("ev/wide", wide)

    assert erase(lake, MAIL) == 1

    assert lake.table("ev/wide").equals(wide.slice(1))


def _form(path: str) -> dict[str, Any]:
    meta = pq.read_metadata(path)
    group = meta.row_group(0)
    chunks = [group.column(i) for i in range(group.num_columns)]
    return {
        "groups": meta.num_row_groups,
        "version": meta.format_version,
        "compression": [chunk.compression for chunk in chunks],
        "dictionary": [chunk.has_dictionary_page for chunk in chunks],
        "delta": ["DELTA_BINARY_PACKED" in chunk.encodings for chunk in chunks],
        "statistics": [chunk.is_stats_set for chunk in chunks],
        "index": [chunk.has_column_index for chunk in chunks],
        "sorted": group.sorting_columns,
        "words": sorted(meta.metadata),
    }


def test_the_form_of_a_file_stays(lake: Lake) -> None:
    """Compression, dictionaries, encodings, statistics, index, order, groups and the owner's words."""
    many = pa.table({"mail": [MAIL, *(f"p{n}@example.org" for n in range(9_999))], "id": range(10_000)})
    lake.put(
        "ev/a",
        many.replace_schema_metadata({"pandas": "{}", "owner": "web"}),
        row_group_size=2_500,
        compression={"mail": "zstd", "id": "gzip"},
        use_dictionary=["mail"],
        column_encoding={"id": "DELTA_BINARY_PACKED"},
        write_statistics=["id"],
        write_page_index=True,
        sorting_columns=[pq.SortingColumn(1)],
    )
    before = _form(f"{lake.base}/ev/a")

    erase(lake, MAIL)

    assert _form(f"{lake.base}/ev/a") == before


def test_no_dictionary_keeps_what_no_row_holds(lake: Lake) -> None:
    """A packed column is written with its dictionary; a value there that no row holds would stay in the file."""
    ordered = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2], pa.int8()), ["HerS1ze", "m", "l"], ordered=True)
    lake.put("ev/a", pa.table({"mail": pa.array(_WHO).dictionary_encode(), "ordered": ordered}))

    erase(lake, MAIL)

    assert lake.traces(MAIL) == []
    assert lake.traces("HerS1ze") == []
    assert lake.table("ev/a").column("ordered").combine_chunks().dictionary.to_pylist() == ["m", "l"]


def test_her_key_leaves_names_and_words(lake: Lake) -> None:
    """A file named after her that others' rows stay in, and what its owner wrote about it."""
    mail = pa.field("mail", pa.string(), metadata={"sample": f"such as {MAIL}"})
    schema = pa.schema([mail], metadata={"pandas": f'{{"by": "{MAIL.upper()}"}}', "joana": f"jo{MAIL}"})
    lake.write(f"ev/{MAIL}/of {MAIL}.parquet", {"mail": MAIL}, {"mail": "ben@example.org"}, schema=schema)

    erase(lake, MAIL)

    (name,) = lake.names()
    assert lake.table(name).to_pylist() == [{"mail": "ben@example.org"}]
    assert lake.table(name).schema.metadata == {b"pandas": b'{"by": "erased"}', b"joana": b"jo" + MAIL.encode()}
    assert [path for path in lake.names(folders=True) if MAIL in path] == []


# --- what can go wrong ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_where_a_copy_cannot_be_written_nothing_has_changed(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A full disk, or no right to write, at the second of two files: both are whole, and the file is named."""
    for name in ("a", "b"):
        lake.write(f"ev/{name}", {"mail": MAIL}, {"mail": "ben@example.org"})
    copy, written = rewrite._copy, []  # the disk fills up in the middle of it

    def full(*given: Any) -> int:
        written.append(copy(*given))
        if len(written) == 2:
            raise OSError(code, "no")
        return written[-1]

    monkeypatch.setattr(rewrite, "_copy", full)

    with pytest.raises(SystemUnavailable, match=r"lake\.ev: b: a copy of the file could not be written"):
        erase(lake, MAIL)

    assert lake.names() == ["ev/a", "ev/b"]
    assert [lake.table(f"ev/{name}").num_rows for name in ("a", "b")] == [2, 2]


def test_a_rewrite_that_was_cut_off_is_finished(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the first of two files: drafts are never read, and the next run ends what was begun."""
    for name in ("a", "b"):
        lake.write(f"ev/{name}", {"mail": MAIL}, {"mail": "ben@example.org"})
    lake.drop(leftover_of("ev/a"), lake.bytes_of("ev/a"))
    moves: list[str] = []
    checksum = rewrite._drop_checksum  # runs after each file is replaced

    def killed(filesystem: fs.FileSystem, path: str) -> None:
        moves.append(path)
        checksum(filesystem, path)
        raise KeyboardInterrupt

    monkeypatch.setattr(rewrite, "_drop_checksum", killed)
    with pytest.raises(KeyboardInterrupt):
        erase(lake, MAIL)
    monkeypatch.undo()

    assert len([name for name in lake.names() if "_rightsflow-" in name]) == 1
    assert lake.connector.count([of(MAIL), of("ben@example.org")]) == [1, 2]
    assert erase(lake, MAIL) == 1
    assert lake.names() == ["ev/a", "ev/b"]
    assert lake.connector.count([of("ben@example.org")]) == [2]


def test_rights_and_links_stay(lake: Lake, tmp_path: Path) -> None:
    """The file that a link leads to is rewritten, and may be read by whom it could be before."""
    lake.write("store/real", {"mail": MAIL}, {"mail": "ben@example.org"})
    real = tmp_path / "store" / "real"
    real.chmod(0o640)
    (tmp_path / "ev").mkdir()
    (tmp_path / "ev" / "link").symlink_to(real)

    erase(lake, MAIL)

    assert (tmp_path / "ev" / "link").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert MAIL.encode() not in real.read_bytes()


def test_checksums_of_hadoop_go_with_the_old_file(lake: Lake) -> None:
    """They would no longer fit, and Hadoop would refuse the file."""
    lake.write("ev/a", {"mail": MAIL}, {"mail": "ben@example.org"})
    lake.drop("ev/.a.crc", b"crc\0")

    erase(lake, MAIL)

    assert lake.names() == ["ev/a"]


@pytest.mark.parametrize(
    ("name", "said", "left"),
    [
        ("view", {"clear": ("view",)}, None),
        ("packed", {"set_to": {"packed": "***"}}, "***"),
        ("uuid", {"clear": ("uuid",)}, None),
        ("struct", {"clear": ("struct",)}, None),
        ("map", {"clear": ("map",)}, None),
        ("float16", {"clear": ("float16",)}, None),
        ("decimal256", {"clear": ("decimal256",)}, None),
        ("pair", {"clear": ("pair",)}, None),
        ("nothing", {"clear": ("nothing",)}, None),
        ("time_ns_zone", {"clear": ("time_ns_zone",)}, None),
    ],
)
def test_columns_of_any_type_are_changed(lake: Lake, name: str, said: Any, left: Any) -> None:
    """Clearing and masking work on what can hold the result; nothing else of the row changes."""
    lake.put("ev/a", pa.table({"mail": _WHO, name: TYPES[name]}))
    before = lake.table("ev/a")

    assert change(lake, of(MAIL), **said) == 1

    after = lake.table("ev/a")
    assert after.column(name)[0].as_py() == left
    assert after.schema.equals(before.schema, check_metadata=True)
    assert _told(after.column(name))[1:] == _told(before.column(name))[1:]
