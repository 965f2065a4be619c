"""The subject's rows, staged in the vault between looking and packing.

Bringing a blob to the disk costs more than a few rows, so the small tables of a system lie in one blob together
(``rows.<system>``: Arrow streams one after another, each naming its table). A larger table has a blob of its own
(``rows.<system>.<table>``), written and read batch by batch. The blob of small tables is written anew and last,
and what it holds counts, so that staging again leaves nothing of the time before to be read.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO

import pyarrow as pa

from data_contracts.case.plan import SHARED, TablePath
from data_contracts.company.row_cases import table_name
from data_contracts.errors import TerminalError
from tasks.services import services

_TOGETHER = 1024 * 1024
"""Bytes of Arrow data, of all small tables of a system."""
_TABLE = b"table"


def stage_tables(case_id: str, system: str, tables: Iterable[tuple[str, Iterator[pa.RecordBatch]]]) -> dict[str, int]:
    """Seal the rows of ``tables``, given one after another with their batches; the number of rows by table."""
    together: dict[str, pa.RecordBatch] = {}
    room = _TOGETHER
    rows: dict[str, int] = {}
    for table, batches in tables:
        first, second = next(batches, None), next(batches, None)
        if first is None:
            raise TerminalError("the connector gave no schema", where=f"{system}.{table}")
        if second is None and first.nbytes <= room:
            room -= first.nbytes
            rows[table] = first.num_rows
            together |= {table: first} if first.num_rows else {}
        else:
            rest = batches if second is None else chain([second], batches)
            rows[table] = _stage_large(case_id, (system, table), chain([first], rest))
    _stage_together(case_id, system, together)
    return rows


class StagedRows:
    """The staged rows of a case, to be opened table by table; those of small tables are read once."""

    def __init__(self, case_id: str) -> None:
        """Nothing is read before it is asked for."""
        self._case_id = case_id
        self._together: dict[str, Mapping[str, list[pa.RecordBatch]]] = {}

    @contextmanager
    def open(self, path: TablePath) -> Iterator[Iterator[pa.RecordBatch]]:
        """The batches of one table.

        Raises:
            VaultSealed: when nothing was staged for it.
        """
        system, table = path
        if system not in self._together:
            with services().vault.read(self._case_id, _together_name(system)) as blob:
                self._together[system] = dict(_streams(blob))
        if table in self._together[system]:
            yield iter(self._together[system][table])
            return
        with services().vault.read(self._case_id, _own_name(path)) as blob, pa.ipc.open_stream(blob) as reader:
            yield iter(reader)


def staged_counts(case_id: str) -> dict[TablePath, int]:
    """Rows that were staged, by table; rows that belong to other people too under the name with ``+shared``."""
    counts: dict[TablePath, int] = {}
    for (name, system), entry in services().register.steps(case_id).items():
        if name == "stage" and entry.state == "done":
            counts |= {(system, table): count for table, count in entry.receipt["rows"].items()}  # type: ignore[attr-defined]  # written by stage_rows
    return counts


def withheld_counts(case_id: str) -> dict[TablePath, dict[str, int]]:
    """By table and column, in how many staged rows a key was left out because its row is not the subject's."""
    counts: dict[TablePath, dict[str, int]] = {}
    for (name, system), entry in services().register.steps(case_id).items():
        if name == "stage" and entry.state == "done":
            found = entry.receipt.get("withheld", {})  # not there in receipts from before it was counted
            counts |= {(system, table): dict(columns) for table, columns in found.items()}  # type: ignore[attr-defined]  # written by stage_rows
    return counts


def members_left_out(case_id: str) -> dict[TablePath, dict[str, int]]:
    """By table and column, in how many staged rows members of other people were left out of a value."""
    counts: dict[TablePath, dict[str, int]] = {}
    for (name, system), entry in services().register.steps(case_id).items():
        if name == "stage" and entry.state == "done":
            found = entry.receipt.get("members", {})
            counts |= {(system, table): dict(columns) for table, columns in found.items()}  # type: ignore[attr-defined]  # written by stage_rows
    return counts


def _together_name(system: str) -> str:
    return f"rows.{system}"


def _own_name(path: TablePath) -> str:
    system, name = path
    table = table_name(name)
    # A name in the vault has no plus sign, and a table may be called ``customer.shared``.
    kept = "shared" if name.endswith(SHARED) else "rows"
    part = name.removesuffix(SHARED).removeprefix(f"{table}+")
    return f"{kept}.{system}.{table}" if part == table else f"{kept}-{part}.{system}.{table}"


def _stage_together(case_id: str, system: str, tables: Mapping[str, pa.RecordBatch]) -> None:
    sink = pa.BufferOutputStream()
    for table, batch in tables.items():
        named = batch.replace_schema_metadata({_TABLE: table.encode()})
        with pa.ipc.new_stream(sink, named.schema) as writer:
            writer.write_batch(named)
    with services().vault.write(case_id, _together_name(system)) as blob:
        blob.write(sink.getvalue())


def _stage_large(case_id: str, path: TablePath, batches: Iterator[pa.RecordBatch]) -> int:
    first = next(batches)
    rows = 0
    with services().vault.write(case_id, _own_name(path)) as blob, pa.ipc.new_stream(blob, first.schema) as writer:
        for batch in chain([first], batches):
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def _streams(blob: BinaryIO) -> Iterator[tuple[str, list[pa.RecordBatch]]]:
    source = pa.BufferReader(blob.read())
    while source.tell() < source.size():
        with pa.ipc.open_stream(source) as reader:
            yield reader.schema.metadata[_TABLE].decode(), list(reader)
