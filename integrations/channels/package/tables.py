"""A table on its way into an answer package: what of it is disclosed, under which names, and what was read.

Only columns that the content names leave the batches; a masked value is replaced before anything is written.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pyarrow as pa

from data_contracts.case.plan import SHARED, TablePath
from data_contracts.company.contract import Column, Contracts, SystemContract, Table, in_language
from data_contracts.company.row_cases import rules_at
from data_contracts.errors import ContractInvalid, ContractMismatch
from data_contracts.told.notices import PackageContent

__all__ = [
    "MASK",
    "Disclosure",
    "ReadTable",
    "column_label",
    "disclosures",
    "human",
    "system_title",
    "table_description",
    "table_title",
]

MASK = "•••"
"""What stands for a masked value in text; other types hold no value at all."""

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_LABEL_LENGTH = 48
_TYPES: dict[str, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "time": pa.time64("us"),
}


@lru_cache(maxsize=4096)
def human(name: str) -> str:
    """A technical name as a person reads it: ``billing_address`` becomes ``Billing address``."""
    flat = " ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ").split())
    return flat[:1].upper() + flat[1:].lower() if not flat.isupper() else flat


def system_title(system: SystemContract, language: str) -> str:
    """What a person calls the system."""
    return in_language(system.labels, language) or system.title or human(system.name)


def table_title(table: Table, language: str) -> str:
    """What a person calls the rows of the table."""
    return in_language(table.labels, language) or human(table.name)


def table_description(table: Table, language: str) -> str:
    """What a person reads of what the table holds."""
    return in_language(table.descriptions, language) or table.description


def column_label(column: Column, language: str) -> str:
    """What a person reads above the column's values."""
    if label := in_language(column.labels, language):
        return label
    description = column.description.strip().rstrip(".")
    return description if 0 < len(description) <= _LABEL_LENGTH else human(column.name)


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What of one table goes into a package.

    Attributes:
        columns: in the order they are shown, masked ones included.
        folder: where its files are: ``data/<system>/<table>`` without what a file system could misread.
    """

    path: TablePath
    table: Table
    columns: tuple[Column, ...]
    masked: frozenset[str]
    folder: str

    @property
    def name(self) -> str:
        """``system.table``."""
        return ".".join(self.path)

    @property
    def is_shared(self) -> bool:
        """Whether the rows belong to other people too."""
        return self.path[1].endswith(SHARED)

    @property
    def key(self) -> tuple[object, ...]:
        """What tells two disclosures apart under the same contracts, cheap to compare."""
        return self.path, tuple(column.name for column in self.columns), self.masked, self.folder

    def project(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The disclosed columns alone, masked values replaced, in plain (not dictionary) encoding.

        Raises:
            ContractMismatch: when a disclosed column was not read.
        """
        arrays = [self._array(batch, column) for column in self.columns]
        fields = [self._field(batch, c, a.type) for c, a in zip(self.columns, arrays, strict=True)]
        return pa.record_batch(arrays, schema=pa.schema(fields))

    def _field(self, batch: pa.RecordBatch, column: Column, kind: pa.DataType) -> pa.Field:
        """The column's name and type, with what its system says of the type."""
        found = batch.schema.get_field_index(column.name)
        if found < 0:
            return pa.field(column.name, kind)
        field = batch.schema.field(found).with_type(kind)
        # A masked value is no JSON.
        return pa.field(column.name, kind) if column.name in self.masked else field

    def _array(self, batch: pa.RecordBatch, column: Column) -> pa.Array:
        found = batch.schema.get_field_index(column.name)
        if column.name in self.masked:
            kind = batch.schema.field(found).type if found >= 0 else _declared(column)
            is_text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
            mask = pa.scalar(MASK, pa.string()) if is_text else pa.scalar(None, kind)
            return pa.repeat(mask, batch.num_rows)
        if found < 0:
            raise ContractMismatch(
                f"column {column.name} was not read", where=".".join(self.path), remedy="compare contract and system"
            )
        array = batch.column(found)
        return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array

    def empty(self) -> pa.RecordBatch:
        """A batch without rows, typed as the contract declares; for a reader that gave no batch at all."""
        declared = pa.schema([(column.name, _declared(column)) for column in self.columns])
        return pa.RecordBatch.from_pylist([], schema=declared)


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table that was read and written: what the page and the schema tell of it."""

    disclosure: Disclosure
    schema: pa.Schema
    rows: int
    first: list[dict[str, Any]]
    """The first rows, as plain values."""


def disclosures(content: PackageContent, contracts: Contracts) -> list[Disclosure]:
    """What of each table goes in, in reading order.

    Raises:
        ContractInvalid: when the content names a table or column that no contract has.
    """
    folders = _folders([path for path, _columns, _masked in content.tables])
    made = []
    for folder, (path, disclosed, masked) in zip(folders, content.tables, strict=True):
        names = [*disclosed, *sorted(masked - set(disclosed))]
        try:
            table = rules_at(contracts, *path)
            columns = tuple(table.column(name) for name in names)
        except KeyError:
            raise ContractInvalid(
                "the answer package names a table or column that no contract has",
                where=".".join(path),
                remedy="run the case's plan again with the present contracts",
            ) from None
        made.append(Disclosure(path, table, columns, masked, folder))
    return made


def _declared(column: Column) -> pa.DataType:
    return _TYPES.get(column.logical_type, pa.string())


def _folders(paths: Sequence[TablePath]) -> Iterator[str]:
    """A safe place for each table; two names that a file system takes for one get a number."""
    taken: set[str] = set()
    for system, table in paths:
        stem = f"data/{_safe(system)}/{_safe(table)}"
        place = next(name for name in _numbered(stem) if name.casefold() not in taken)
        taken.add(place.casefold())
        yield place


def _numbered(stem: str) -> Iterator[str]:
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name) or "_"
