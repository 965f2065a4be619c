"""What is particular to Parquet datasets."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from data_contracts.company.contract import Column, SystemContract, Table
from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Selection
from data_contracts.errors import ContractMismatch, SystemUnavailable
from data_contracts.vocabulary import TableErasure
from integrations.systems.parquet.connector import ParquetConnector
from integrations.systems.parquet.rewrite import check_unchanged, draft, leftover_of

CONTRACT = SystemContract(
    "lake",
    "Lake",
    "1",
    "telco",
    (Table("lake", "visit", tuple(Column(c, "string") for c in ("who", "page", "kind")), TableErasure.DELETE),),
)


def of(*keys: Any) -> Selection:
    """Visits of some people."""
    return Selection("visit", (Condition(("who",), frozenset((key,) for key in keys)),))


def a_table(*who: str, page: str = "p") -> pa.Table:
    """Visits, with a dictionary-encoded column and metadata of the dataset's owner."""
    kind = pa.array(["web"] * len(who), type=pa.string()).dictionary_encode()
    table = pa.table({"who": pa.array(who, type=pa.string()), "page": [page] * len(who), "kind": kind})
    return table.replace_schema_metadata({"owner": "web team"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset of two files in two folders."""
    folder = tmp_path / "visit"
    (folder / "2024").mkdir(parents=True)
    (folder / "2025").mkdir()
    many = ["ann", *(f"v{i}" for i in range(9_999))]
    pq.write_table(a_table(*many), folder / "2024" / "a.parquet", compression="zstd", row_group_size=2_500)
    pq.write_table(a_table("bob", "cyd"), folder / "2025" / "b.parquet")
    return folder


@pytest.fixture
def lake(folder: Path) -> ParquetConnector:
    """A connector to that dataset."""
    return ParquetConnector(CONTRACT, folder.parent.as_uri(), time_zone="Europe/Paris")


def test_only_files_with_selected_rows_are_rewritten(lake: ParquetConnector, folder: Path) -> None:
    """A file that holds nothing of the data subject is left alone, to its time stamp."""
    before = (folder / "2025" / "b.parquet").stat()

    assert lake.carry_out([DeleteRows(of("ann"))]) == [1]

    after = (folder / "2025" / "b.parquet").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_rewritten_file_keeps_its_form(lake: ParquetConnector, folder: Path) -> None:
    """Schema, metadata, compression and about the size of row groups stay; the other rows are the same."""
    path = folder / "2024" / "a.parquet"
    before = pq.read_table(path)

    lake.carry_out([DeleteRows(of("ann"))])

    file = pq.ParquetFile(path)
    assert file.schema_arrow.equals(before.schema, check_metadata=True)
    assert {file.metadata.row_group(0).column(i).compression for i in range(3)} == {"ZSTD"}
    assert file.metadata.num_row_groups == 4
    assert pq.read_table(path).equals(before.slice(1))
    file.close()


def test_the_old_values_are_nowhere_in_the_folder(lake: ParquetConnector, folder: Path) -> None:
    """No file, hidden or not, holds an erased value; a file without rows is gone."""
    lake.carry_out(
        [ChangeColumns(of("ann"), ("page",), {"kind": "x"}, {"who": {"ann": "token"}}), DeleteRows(of("bob", "cyd"))]
    )

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["a.parquet"]
    rows = pq.read_table(files[0]).slice(0, 2).to_pylist()
    assert rows == [{"who": "token", "page": None, "kind": "x"}, {"who": "v0", "page": "p", "kind": "web"}]


def test_an_interrupted_rewrite_is_finished(lake: ParquetConnector, folder: Path) -> None:
    """What was cut off is not part of the dataset, and the same orders again finish it."""
    path = folder / "2024" / "a.parquet"
    leftover = Path(leftover_of(str(path)))
    leftover.write_bytes(path.read_bytes()[:1_000])

    assert lake.count([of("ann")]) == [1]
    assert lake.carry_out([DeleteRows(of("ann"))]) == [1]
    assert lake.count([of("ann"), of("v1")]) == [0, 1]
    assert not leftover.exists()


def test_a_file_changed_by_others_meanwhile_is_not_replaced(folder: Path) -> None:
    """A rewrite never takes away what somebody else wrote meanwhile; it can be tried again."""
    path = str(folder / "2025" / "b.parquet")
    filesystem = fs.LocalFileSystem()

    def change(table: pa.Table) -> pa.Table:
        pq.write_table(a_table("bob", "cyd", "dan"), path)
        return table.slice(1)

    made = draft(filesystem, path, change, target=path)

    with pytest.raises(SystemUnavailable):
        check_unchanged(filesystem, [made], where="lake.visit")

    assert pq.read_table(path).num_rows == 3
    assert [file.name for file in (folder / "2025").iterdir()] == ["b.parquet"]


def test_files_of_older_columns(lake: ParquetConnector, folder: Path) -> None:
    """A file written before a column was added belongs to the dataset and keeps its own columns."""
    pq.write_table(a_table("eve").drop_columns(["kind"]), folder / "old.parquet")

    assert [row for batch in lake.read(of("eve"), ["who", "kind"]) for row in batch.to_pylist()] == [
        {"who": "eve", "kind": None}
    ]
    assert lake.carry_out([ChangeColumns(of("eve"), ("page", "kind"))]) == [1]
    assert pq.read_table(folder / "old.parquet").to_pylist() == [{"who": "eve", "page": None}]


def test_a_single_file_is_a_table_too(tmp_path: Path) -> None:
    """A table may be one file beside the others."""
    pq.write_table(a_table("ann"), tmp_path / "visit.parquet")
    lake = ParquetConnector(CONTRACT, f"parquet+{tmp_path.as_uri()}", time_zone="Europe/Paris")

    assert lake.carry_out([DeleteRows(of("ann"))]) == [1]
    assert lake.count([of("ann")]) == [0]


def test_a_missing_dataset_is_a_mismatch(lake: ParquetConnector, folder: Path) -> None:
    """A folder without files tells nothing about what it should hold."""
    for path in folder.rglob("*.parquet"):
        path.unlink()

    with pytest.raises(ContractMismatch, match=r"lake\.visit"):
        lake.count([of("ann")])


def test_a_broken_file_is_told_without_its_text(lake: ParquetConnector, folder: Path) -> None:
    """A file that is no Parquet stops the step and is named; nothing of it is quoted."""
    (folder / "c.parquet").write_text("ann was here")

    with pytest.raises(ContractMismatch, match=r"`c\.parquet` is damaged") as caught:
        lake.count([of("ann")])

    assert "was here" not in str(caught.value)
