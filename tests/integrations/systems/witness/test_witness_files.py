"""The witness of files opens every file, whatever its name, and reads every name."""

import bz2
import gzip
import json
import lzma
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather, fs, orc

from data_contracts.connectors import witnessing
from data_contracts.connectors.keys import Condition
from data_contracts.connectors.witnessing import Budget, Looked, Needle, PlaceKind
from data_contracts.errors import StepFailed, SystemUnavailable
from integrations.systems.directory import open_connector
from tests.integrations.systems.looks import ANNA, a_contract, looked_at, places, seen, sightings, unseen

KEY = "anna@e.org"


def rows_of(looked: list[Looked]) -> dict[tuple[str, str], int]:
    """Rows by file and column; statistics and names left out."""
    kept = (one for one in sightings(looked) if one.place.kind is PlaceKind.FILE)
    return {(one.place.name, one.place.column): one.rows for one in kept}


def of_kind(looked: list[Looked], kind: PlaceKind) -> list[tuple[str, str]]:
    """Places and columns of the sightings of a kind."""
    return [(one.place.name, one.place.column) for one in sightings(looked) if one.place.kind is kind]


def look(folder: Path, *needles: Needle, **asked: Any) -> list[Looked]:
    """What the witness of a folder says."""
    connector = open_connector(a_contract("person", columns=("id", "mail")), f"file://{folder}", time_zone="UTC")
    return looked_at(connector, *needles, **asked)


def write(folder: Path, name: str, columns: dict[str, Any], **options: Any) -> None:
    """A Parquet file."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, **options)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([KEY, "bob"]),
        pa.array([KEY, None], pa.large_string()),
        pa.array([KEY, "b"]).dictionary_encode(),
        pa.array([b"\xff\x00" + KEY.encode() + b"\x00", b""]),
        pa.array([KEY.encode("utf-16-le"), None], pa.large_binary()),
        pa.array([KEY.encode(), b"x" * 10], pa.binary(10)),
        pa.array([[KEY, "x"], None]),
        pa.array([{"a": {"b": KEY}}, {"a": None}]),
        pa.array([[("mail", KEY)], []], pa.map_(pa.string(), pa.string())),
        pa.array([[(KEY, 1)], []], pa.map_(pa.string(), pa.int64())),
        pa.array([[{"a": ["x", KEY]}], None]),
    ],
    ids=str,
)  # fmt: skip
def test_every_type_of_column_is_read(tmp_path: Path, column: pa.Array) -> None:
    """Text in lists, maps, structs, dictionaries and bytes is text."""
    write(tmp_path, "person/part-0.parquet", {"id": pa.array(["1", "2"]), "mail": column})

    assert rows_of(look(tmp_path)) == {("person/part-0.parquet", "mail"): 1}


@pytest.mark.parametrize("name", ["person/x.parq", "other.snappy", "_hidden/.a", "person/b.PARQUET", "c"])
def test_parquet_is_told_by_its_bytes(tmp_path: Path, name: str) -> None:
    """The name of a file says nothing of what it is."""
    write(tmp_path, name, {"mail": [KEY, "bob", KEY]})

    assert rows_of(look(tmp_path)) == {(name, "mail"): 2}


def test_arrow_and_orc_are_read_row_by_row(tmp_path: Path) -> None:
    """Their texts lie one after the other, without a sign between."""
    table = pa.table({"mail": ["bob", KEY, "carl"]})
    feather.write_feather(table, str(tmp_path / "a"), compression="uncompressed")
    orc.write_table(table, str(tmp_path / "o"))

    assert rows_of(look(tmp_path)) == {("a", "mail"): 1, ("o", "mail"): 1}


TEXT = f"1;bob@e.org\n2;{KEY}\n".encode()
LONG = f"{KEY} is an address of a friend".encode()
FILES: dict[str, bytes] = {
    "people.csv": TEXT,
    "people.json": json.dumps({"mail": KEY}).encode(),
    "escaped.json": b'{"mail": "anna\\u0040e.org"}',
    "utf16.txt": f"to {KEY} from".encode("utf-16"),
    "latin1.txt": "Zoë;".encode("latin-1") + TEXT,
    "a.gz": gzip.compress(TEXT) + gzip.compress(b"more"),
    "a.bz2": bz2.compress(TEXT),
    "a.xz": lzma.compress(TEXT),
    "far.txt": b"x" * ((1 << 20) - 5) + b" " + TEXT,
    "thrift.bin": b"\x18\x0a" + KEY.encode() + b"8\x03bob",
    # The length of a text, twice, stands before it, and looks like a letter.
    "avro.avro": b"Obj\x01\x04\x14avro.codec\x08null\x00" + bytes((2 * len(LONG),)) + LONG + b"Bob",
}


@pytest.mark.parametrize("name", FILES)
def test_any_file_is_read_as_text(tmp_path: Path, name: str) -> None:
    """Packed, in any coding, across the pieces it is read in, beside bytes that tell a length."""
    (tmp_path / name).write_bytes(FILES[name])

    assert rows_of(look(tmp_path)) == {(name, ""): 1}


def test_zstd_lz4_snappy_and_zip_are_unpacked(tmp_path: Path) -> None:
    """What a lake's programs write, and a file of an office program."""
    for codec in ("zstd", "lz4"):
        with pa.CompressedOutputStream(str(tmp_path / codec), codec) as file:
            file.write(TEXT)
    packed = bytes((len(TEXT), (len(TEXT) - 1) << 2)) + TEXT  # one literal
    frame = b"\x00" + (len(packed) + 4).to_bytes(3, "little") + b"crc!" + packed
    (tmp_path / "snappy").write_bytes(b"\xff\x06\x00\x00sNaPpY" + frame)
    with zipfile.ZipFile(tmp_path / "zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("sheet.xml", f"<t>{KEY}</t>")

    assert rows_of(look(tmp_path)) == {(name, ""): 1 for name in ("zstd", "lz4", "snappy", "zip")}


def test_other_peoples_addresses_are_not_hers(tmp_path: Path) -> None:
    """Bounds hold in files too."""
    (tmp_path / "a.csv").write_text(f"x.{KEY}\n{KEY}.uk\nh{KEY}\n")

    assert seen(look(tmp_path)) == {}


def test_short_keys_count_whole_in_texts(tmp_path: Path) -> None:
    """A field of a text that is the key, and nothing else."""
    whole = Needle("no", "C1", ("c1",), is_whole=True)
    (tmp_path / "yes.csv").write_text("a;C1;b\n")
    (tmp_path / "no.csv").write_text("a;C1 is here;b\n")

    assert rows_of(look(tmp_path, whole)) == {("yes.csv", ""): 1}


@pytest.mark.parametrize(
    ("path", "masked"),
    [
        (f"mail={KEY}/part-0.parquet", "mail=***"),
        ("person/mail=anna%40e.org/part-0.parquet", "person/mail=***"),
        (f"export_{KEY}.csv", "***"),
        (f"{KEY}/x/part-0.parquet", "***"),
    ],
)  # fmt: skip
def test_names_are_read_and_masked(tmp_path: Path, path: str, masked: str) -> None:
    """A name that holds a key is seen, and told without it."""
    write(tmp_path, path, {"id": ["1"]})

    looked = look(tmp_path)

    assert (masked, "") in of_kind(looked, PlaceKind.NAME)
    assert "anna" not in str(looked)


def test_column_named_by_a_key_is_masked(tmp_path: Path) -> None:
    """Columns have names too."""
    write(tmp_path, "x", {KEY: [KEY]})

    looked = look(tmp_path)

    assert of_kind(looked, PlaceKind.NAME) == [("x", "***")]
    assert "anna" not in str(looked)


def test_statistics_and_metadata_are_read(tmp_path: Path) -> None:
    """What a file says beside its rows: bounds of columns, notes, a summary of other files, a log."""
    table = pa.table({"mail": ["bob@e.org"]}).replace_schema_metadata({"author": KEY})
    pq.write_table(table, tmp_path / "noted")
    collected: list[Any] = []
    pq.write_table(pa.table({"mail": [KEY]}), tmp_path / "gone", metadata_collector=collected)
    collected[0].set_file_path("gone")
    collected[0].write_metadata_file(str(tmp_path / "_metadata"))
    (tmp_path / "gone").unlink()
    (tmp_path / "_delta_log").mkdir()
    (tmp_path / "_delta_log" / "0.json").write_text(json.dumps({"add": {"stats": json.dumps({"max": KEY})}}))

    looked = look(tmp_path)

    found = sorted(of_kind(looked, PlaceKind.STATISTICS))
    assert found == [("_delta_log/0.json", ""), ("_metadata", "mail"), ("noted", "")]
    assert rows_of(looked) == {}


def test_what_is_said_of_expected_rows_is_expected(tmp_path: Path) -> None:
    """Bounds of a column of which each sighting is kept tell nothing more."""
    write(tmp_path, "person/a.parquet", {"id": ["1", "2"], "mail": [KEY, "a@b.org"]})
    kept = {("person", "mail"): (Condition(("id",), frozenset({("1",)})),)}

    found = list(sightings(look(tmp_path, explained=kept)))

    assert [(one.place.kind, one.rows, one.explained) for one in found] == [
        (PlaceKind.FILE, 1, 1),
        (PlaceKind.STATISTICS, 1, 1),
    ]


def test_declared_places_are_told(tmp_path: Path) -> None:
    """A file of a dataset belongs to its table; a column that the contract does not name is not declared."""
    write(tmp_path, "person/a.parquet", {"mail": [KEY], "note": [KEY]}, write_statistics=False)
    write(tmp_path, "stray.parquet", {"mail": [KEY]}, write_statistics=False)

    found = [one.place for one in sightings(look(tmp_path))]

    told = {(place.table, place.column, place.is_declared) for place in found}
    assert told == {("person", "mail", True), ("person", "note", False), ("", "mail", False)}


def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    """A damaged, encrypted or unknown file is never taken for an empty one; the others are read."""
    write(tmp_path, "whole", {"mail": [KEY]}, write_statistics=False)
    (tmp_path / "cut").write_bytes((tmp_path / "whole").read_bytes()[:-9])
    (tmp_path / "cut.gz").write_bytes(gzip.compress(TEXT)[:-9])
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 ...")
    (tmp_path / "b.avro").write_bytes(b"Obj\x01\x04\x14avro.codec\x0edeflate")
    (tmp_path / "empty").write_bytes(b"")

    looked = look(tmp_path)

    assert unseen(looked) == dict.fromkeys(["cut", "cut.gz", "a.pdf", "b.avro"], "unreadable")
    assert rows_of(looked) == {("whole", "mail"): 1}
    assert sorted(places(looked)) == ["a.pdf", "b.avro", "cut", "cut.gz", "empty", "whole"]


def test_budget_of_a_file_is_kept(tmp_path: Path) -> None:
    """What was seen before it was used up is said, and that it was."""
    write(tmp_path, "a", {"mail": [KEY] * 20_000}, write_statistics=False)

    looked = look(tmp_path, budget=Budget(place_seconds=1e-9))

    assert unseen(looked) == {"a": "too_long"}
    assert rows_of(looked) == {("a", "mail"): 10_000}


def test_cancelled_look_ends(tmp_path: Path) -> None:
    """No file is opened after that."""
    for name in "abc":
        write(tmp_path, name, {"mail": [KEY]})
    connector: Any = open_connector(a_contract("person"), f"file://{tmp_path}", time_zone="UTC")
    given = connector.witness(witnessing.Testimony((ANNA,)), Budget())
    next(given)
    next(given)
    connector.cancel()

    with pytest.raises(StepFailed):
        list(given)


def test_missing_folder_is_an_outage(tmp_path: Path) -> None:
    """Nothing there is not nothing found (law 6)."""
    with pytest.raises(SystemUnavailable):
        look(tmp_path / "nowhere")


def test_s3_is_read_alike(s3_folder: str) -> None:
    """Files, folders and names of a bucket."""
    filesystem, base = fs.FileSystem.from_uri(s3_folder)
    pq.write_table(pa.table({"mail": [KEY]}), f"{base}/mail={KEY}/a", filesystem=filesystem)
    with filesystem.open_output_stream(f"{base}/person/b.csv", compression=None) as file:
        file.write(TEXT)
    connector = open_connector(a_contract("person"), s3_folder, time_zone="UTC")

    looked = looked_at(connector)

    assert rows_of(looked) == {("mail=***/a", "mail"): 1, ("person/b.csv", ""): 1}
    assert of_kind(looked, PlaceKind.NAME) == [("mail=***", "")]
