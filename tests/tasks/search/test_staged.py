"""What is staged is what is packed: small tables together, large ones batch by batch."""

from collections.abc import Iterator

import pyarrow as pa
import pytest

from data_contracts.errors import TerminalError, VaultSealed
from data_contracts.vocabulary import Right
from tasks.search.staged import StagedRows, stage_tables
from tasks.services import services
from tests.flows.company import House


@pytest.fixture
def case_id(house: House) -> str:
    """A case to stage rows for."""
    return house.open(Right.ACCESS)


def _batches(*sizes: int, text: str = "x") -> Iterator[pa.RecordBatch]:
    schema = pa.schema([("n", pa.int64()), ("text", pa.string())])
    return (pa.RecordBatch.from_arrays([range(size), [text] * size], schema=schema) for size in sizes)


def _read(case_id: str, *path: str) -> list[int]:
    system, table = path
    with StagedRows(case_id).open((system, table)) as batches:
        return [batch.num_rows for batch in batches]


def test_small_tables_share_a_blob(case_id: str) -> None:
    """Two small tables are one blob, and each gives its own rows."""
    counts = stage_tables(case_id, "crm", [("customer", _batches(1)), ("call", _batches(3))])

    assert counts == {"customer": 1, "call": 3}
    assert [n for n in services().vault.names(case_id) if n.startswith("rows.")] == ["rows.crm"]
    assert (_read(case_id, "crm", "customer"), _read(case_id, "crm", "call")) == ([1], [3])


@pytest.mark.parametrize("sizes", [(5, 4, 3), (2, 0)])
def test_several_batches_have_a_blob_of_their_own(case_id: str, sizes: tuple[int, ...]) -> None:
    """A table of several batches streams in and out, batch by batch."""
    counts = stage_tables(case_id, "crm", [("call", _batches(*sizes))])

    assert counts == {"call": sum(sizes)}
    assert _read(case_id, "crm", "call") == list(sizes)


def test_one_wide_batch_has_a_blob_of_its_own(case_id: str) -> None:
    """What does not fit beside the others is not kept in memory until they are written."""
    wide = _batches(2, text="x" * 1_000_000)

    stage_tables(case_id, "crm", [("note", wide), ("call", _batches(1))])

    assert [n for n in services().vault.names(case_id) if n.startswith("rows.")] == ["rows.crm", "rows.crm.note"]
    assert (_read(case_id, "crm", "note"), _read(case_id, "crm", "call")) == ([2], [1])


def test_staging_again_replaces_what_was_staged(case_id: str) -> None:
    """Rows that were many and are few now are read as they are now."""
    stage_tables(case_id, "crm", [("call", _batches(5, 5))])

    stage_tables(case_id, "crm", [("call", _batches(1))])

    assert _read(case_id, "crm", "call") == [1]


def test_table_without_rows_has_nothing_to_read(case_id: str) -> None:
    """No rows are counted as none, and nobody takes the absence of a blob for a table without rows."""
    counts = stage_tables(case_id, "crm", [("call", _batches(0))])

    assert counts == {"call": 0}
    with pytest.raises(VaultSealed):
        _read(case_id, "crm", "call")


def test_connector_without_schema_is_an_error(case_id: str) -> None:
    """A connector that gives no batch at all could not look; that is not "nothing found" (law 6)."""
    with pytest.raises(TerminalError, match=r"crm\.call: the connector gave no schema"):
        stage_tables(case_id, "crm", [("call", iter(()))])
