"""Which files are a dataset, what its folders say, and what is in the way of a search; on the disk and in S3."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_contracts.errors import ContractMismatch
from tests.integrations.lakes import MAIL, Lake, a_lake, change, contract_of, erase, kinds_of, of

HERS = {"id": 1, "mail": MAIL}
HIS = {"id": 2, "mail": "ben@example.org"}


@pytest.fixture(params=["disk", "s3"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """An empty lake of each kind."""
    url = tmp_path.as_uri() if request.param == "disk" else request.getfixturevalue("s3_folder")
    return a_lake(url, contract_of("id", "mail", id="integer"))


NAMES = ["a.parquet", "b.PARQUET", "c.parq", "part-00000", "d.parquet.gz", "e.snappy", ".hidden", "_f", "sub/x/g.csv"]


def test_parquet_is_what_holds_it(lake: Lake) -> None:
    """No ending, another, capitals, hidden, in folders below: the rows are found and go."""
    for name in NAMES:
        lake.write(f"ev/{name}", HERS, HIS)

    assert lake.connector.count([of(MAIL)]) == [len(NAMES)]
    assert erase(lake, MAIL) == len(NAMES)
    assert lake.names() == sorted(f"ev/{name}" for name in NAMES)
    assert lake.traces(MAIL) == []


@pytest.mark.parametrize("name", ["ev", "ev.parquet", "ev.PARQ", "ev.parquet.gz"])
def test_a_table_of_one_file(lake: Lake, name: str) -> None:
    """It may lie beside the others under any of the names."""
    lake.write(name, HERS, HIS)

    assert erase(lake, MAIL) == 1
    assert lake.table(name).to_pylist() == [HIS]
    assert lake.connector.undeclared() == []


def test_folders_are_columns(tmp_path: Path) -> None:
    """What a folder says is found, shown and a condition like any other; names are URL-encoded."""
    lake = a_lake(tmp_path.as_uri(), contract_of("id", "mail", "country", "year", id="integer", year="integer"))
    for path, row in (("country=FR/year=2024", {"id": 1}), ("country=C%C3%B4te%2FIvoire/year=05", {"id": 2})):
        lake.write(f"ev/mail=ana%40example.org/{path}/x.parquet", row)
    lake.write("ev/mail=__HIVE_DEFAULT_PARTITION__/country=FR/year=2024/x.parquet", {"id": 3})

    found = lake.rows(of(MAIL), "id", "country", "year", "mail")

    assert sorted(found, key=lambda row: row["id"]) == [
        {"id": 1, "country": "FR", "year": 2024, "mail": MAIL},
        {"id": 2, "country": "Côte/Ivoire", "year": 5, "mail": MAIL},
    ]
    assert lake.rows(of(3, column="id"), "mail") == [{"mail": None}]


@pytest.fixture(params=["disk", "s3"])
def folders(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """A lake whose folders bear the key."""
    url = tmp_path.as_uri() if request.param == "disk" else request.getfixturevalue("s3_folder")
    lake = a_lake(url, contract_of("id", "mail", id="integer"))
    lake.write("ev/mail=ana@example.org/x.parquet", {"id": 1}, {"id": 2})
    return lake


def test_folders_without_files_go(folders: Lake) -> None:
    """A folder's name that is her key goes with her last row."""
    folders.write("ev/mail=ben@example.org/x.parquet", {"id": 3})

    assert erase(folders, MAIL) == 2
    assert folders.names(folders=True) == ["ev", "ev/mail=ben@example.org", "ev/mail=ben@example.org/x.parquet"]


def test_the_last_folder_leaves_its_columns(folders: Lake) -> None:
    """What is kept so that the columns are known bears no key in its name, and is searched without complaint."""
    erase(folders, MAIL)

    assert folders.traces("ana") == []
    assert list(folders.connector.describe().tables["ev"]) == ["id", "mail"]
    assert folders.connector.count([of(MAIL)]) == [0]


@pytest.mark.parametrize("kept", [[1], []])
def test_a_folders_value_is_changed_by_moving(folders: Lake, kept: list[int]) -> None:
    """Rows get another value of their folder in another folder, once, however often the move is cut off."""
    selection = of(*({1, 2} - set(kept)), column="id")

    assert change(folders, selection, replace={"mail": {MAIL: "x y/z"}}) == 2 - len(kept)

    assert folders.rows(of("x y/z"), "id") == [{"id": one} for one in (1, 2) if one not in kept]
    assert folders.connector.count([of(MAIL)]) == [len(kept)]
    assert folders.traces("ana") == (["ev/mail=ana@example.org", "ev/mail=ana@example.org/x.parquet"] if kept else [])


def test_files_of_older_and_other_columns_are_one_table(lake: Lake) -> None:
    """Missing columns, another order, wider types, dictionaries: each file keeps its own."""
    many = pa.array([MAIL, "ben@example.org"])
    lake.put("ev/1", pa.table({"mail": many, "id": pa.array([1, 2], pa.int16())}))
    lake.put("ev/2", pa.table({"id": pa.array([3, 2**60], pa.int64()), "mail": many.dictionary_encode()}))
    lake.put("ev/3", pa.table({"mail": many.cast(pa.string_view()), "more": [1, 2]}))
    lake.put("ev/4", pa.table({"mail": many.cast(pa.large_string()), "id": [1.0, 2.0]}))
    before = [lake.table(f"ev/{n}") for n in range(1, 5)]

    assert lake.connector.count([of(MAIL)]) == [4]
    assert len(lake.rows(of(MAIL), "id", "mail")) == 4
    assert erase(lake, MAIL) == 4
    for number, table in enumerate(before, start=1):
        left = lake.table(f"ev/{number}")
        assert left.schema.equals(table.schema, check_metadata=True)
        assert left.to_pylist() == table.to_pylist()[1:]


def test_a_key_never_matches_because_a_type_was_widened(lake: Lake) -> None:
    """2**53 and its neighbour are the same float: files are compared by their own types (law 8)."""
    lake.put("ev/1", pa.table({"id": pa.array([2**53, 2**53 + 1]), "mail": ["a", "b"]}))
    lake.put("ev/2", pa.table({"id": pa.array([1.5]), "mail": ["c"]}))

    assert erase(lake, 2**53 + 1, column="id") == 1
    assert lake.table("ev/1").to_pylist() == [{"id": 2**53, "mail": "a"}]


def test_the_last_file_of_a_column_stays(lake: Lake) -> None:
    """Else nobody could be searched any more: the column would be missing."""
    lake.write("ev/2024.parquet", HIS)
    lake.write("ev/2025.parquet", {**HERS, "younger": "x"})
    lake.write("ev/2026.parquet", {**HERS, "younger": "x"})

    erase(lake, MAIL)

    assert list(lake.connector.describe().tables["ev"]) == ["id", "mail", "younger"]
    assert lake.names() == ["ev/2024.parquet", "ev/2026.parquet"]
    assert lake.traces(MAIL) == []


# --- what is in the way -----------------------------------------------------------------------------------------------

_OTHER = {"data.csv": "unknown_file", "rows.json.gz": "unknown_file", "x.parquet": "damaged", "noname": "unknown_file"}


@pytest.mark.parametrize(("name", "kind"), _OTHER.items())
def test_files_that_are_no_parquet_are_named(lake: Lake, name: str, kind: str) -> None:
    """They may hold rows: a search that passes them over would be a lie (law 6)."""
    lake.write("ev/a.parquet", HERS)
    lake.drop(f"ev/sub/{name}", f"id,mail\n1,{MAIL}\n".encode())

    assert kinds_of(lake) == [(kind, f"sub/{name}")]
    with pytest.raises(ContractMismatch, match=name) as caught:
        lake.connector.count([of(MAIL)])
    assert MAIL not in str(caught.value)


def test_marks_of_other_programs_are_not_data(lake: Lake) -> None:
    """A sign that a job has ended, checksums, settings of a desktop."""
    lake.write("ev/a.parquet", HERS)
    for name in ("_SUCCESS", ".a.parquet.crc", "_committed_1", ".DS_Store"):
        lake.drop(f"ev/{name}", b"x")

    assert kinds_of(lake) == []


def _broken(lake: Lake) -> dict[str, bytes]:
    lake.write("whole", HERS)
    whole = lake.bytes_of("whole")
    lake.filesystem.delete_file(f"{lake.base}/whole")
    return {"cut": whole[:-20], "none": b"", "short": b"PAR1", "PARE": b"PARE" + whole[4:-4] + b"PARE"}


@pytest.mark.parametrize(("which", "kind"), [("cut", "damaged"), ("none", "empty"), ("PARE", "encrypted")])
def test_a_bad_file_is_named_and_masked(lake: Lake, which: str, kind: str) -> None:
    """It is named by its path below the dataset, without what may be somebody's key."""
    lake.drop("ev/mail=cyd@example.org/of ana@example.org 0612345678.parquet", _broken(lake)[which])

    assert kinds_of(lake) == [(kind, "mail=***/***")]


def test_a_file_that_goes_bad_inside_is_named(lake: Lake) -> None:
    """Its end is whole and its pages are not; files before it say nothing about it."""
    lake.write("ev/a.parquet", HERS)
    lake.write("ev/b.parquet", *({"id": n, "mail": f"p{n}@example.org"} for n in range(5_000)))
    raw = bytearray(lake.bytes_of("ev/b.parquet"))
    raw[4:100] = bytes(96)
    lake.drop("ev/b.parquet", bytes(raw))

    with pytest.raises(ContractMismatch, match=r"lake\.ev: b\.parquet") as caught:
        lake.rows(of(MAIL, "p4999@example.org"), "id", "mail")
    assert "restore it" in str(caught.value)


@pytest.mark.parametrize(
    ("mark", "name"),
    [("_delta_log/0.json", "Delta"), (".hoodie/hoodie.properties", "Hudi"), ("metadata/v1.metadata.json", "Iceberg")],
)
@pytest.mark.parametrize(("below", "place"), [("", "ev"), ("nested/", "nested")])
def test_tables_with_a_log_are_refused(lake: Lake, mark: str, name: str, below: str, place: str) -> None:
    """Their log says which files count and keeps values: nothing in them is read or rewritten."""
    lake.write("ev/a.parquet", HERS)
    lake.drop(f"ev/{below}{mark}", b"{}")

    (one,) = lake.connector.describe().obstacles["ev"]

    assert (one.kind.value, one.place, one.about) == ("table_format", place, name)
    with pytest.raises(ContractMismatch, match=name):
        erase(lake, MAIL)
    assert lake.table("ev/a.parquet").num_rows == 1


@pytest.mark.parametrize(
    ("paths", "kind"),
    [
        (["ev/a.parquet", "ev/A.parquet"], "names_alike"),
        (["ev/a.parquet", "ev.parquet"], "beside"),
        (["ev/a.parquet", "EV/a.parquet"], "names_alike"),
        (["ev.parquet", "ev.pq"], "beside"),
        (["ev/a.parquet", "ev.csv"], "beside"),
    ],
)
def test_names_that_mean_two_things(tmp_path: Path, paths: list[str], kind: str) -> None:
    """Nobody can tell which of them the contract means."""
    lake = a_lake(tmp_path.as_uri(), contract_of("id", "mail"))
    for path in paths:
        lake.write(path, HERS)

    assert [found for found, _ in kinds_of(lake)] == [kind]


def test_columns_alike_and_types_apart(lake: Lake) -> None:
    """Both are named with the column."""
    lake.write("ev/a.parquet", {"id": 1, "mail": "a", "Mail": "b"})
    lake.write("ev/b.parquet", {"id": "one", "mail": "a"})

    found = lake.connector.describe().obstacles["ev"]

    assert [(one.kind.value, one.column) for one in found] == [("columns_alike", "mail"), ("types_differ", "id")]
    assert found[1].about == "int64 in a.parquet, string in b.parquet"


def test_a_folder_and_its_file_must_agree(lake: Lake) -> None:
    """A file that has the column itself is fine while it says the same."""
    lake.write("ev/mail=ana@example.org/a.parquet", HERS)
    assert kinds_of(lake) == []

    lake.write("ev/mail=ana@example.org/b.parquet", HIS)

    assert kinds_of(lake) == [("folder_differs", "mail=***/b.parquet")]


def test_summaries_are_written_anew(lake: Lake) -> None:
    """Statistics of ``_metadata`` hold values, and its places in files would be wrong."""
    lake.write("ev/a.parquet", HERS, HIS)
    lake.write("ev/b.parquet", HIS)
    with lake.filesystem.open_input_file(f"{lake.base}/ev/a.parquet") as source:
        meta = pq.read_metadata(source)
    meta.set_file_path("a.parquet")
    for name in ("_metadata", "_common_metadata"):
        with lake.filesystem.open_output_stream(f"{lake.base}/ev/{name}", compression=None) as sink:
            meta.write_metadata_file(sink)

    erase(lake, MAIL)

    assert lake.traces(MAIL) == []
    with lake.filesystem.open_input_file(f"{lake.base}/ev/_metadata") as source:
        assert pq.read_metadata(source).num_rows == 2
    assert lake.names() == ["ev/_common_metadata", "ev/_metadata", "ev/a.parquet", "ev/b.parquet"]


def test_a_summary_that_cannot_be_written_anew_is_gone(lake: Lake) -> None:
    """Files of different columns have no summary in common; readers do without."""
    lake.write("ev/a.parquet", HERS, HIS)
    lake.write("ev/b.parquet", {**HIS, "younger": "x"})
    with lake.filesystem.open_input_file(f"{lake.base}/ev/a.parquet") as source:
        meta = pq.read_metadata(source)
    with lake.filesystem.open_output_stream(f"{lake.base}/ev/_metadata", compression=None) as sink:
        meta.write_metadata_file(sink)

    erase(lake, MAIL)

    assert lake.names() == ["ev/a.parquet", "ev/b.parquet"]


def test_whatever_else_lies_in_the_folder_is_undeclared(lake: Lake) -> None:
    """Of any kind, hidden ones too; signs of other programs are not."""
    lake.write("ev/a.parquet", HERS)
    for name in ("_tmp/x", "export.csv", "other.parq", ".secret", "_SUCCESS"):
        lake.drop(name, b"x")

    assert lake.connector.undeclared() == [".secret", "_tmp", "export.csv", "other"]
