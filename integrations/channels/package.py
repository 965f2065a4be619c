"""Builds the answer package of an access or portability request: a ZIP that is streamed and never touches the disk.

Inside: ``index.html`` for a person; ``data/<system>/<table>.json``, ``.csv`` and ``.parquet`` for programs;
``schema.json``, which explains columns; ``manifest.json``, which lists files with sizes and digests.

A table that fits into memory is read once. A larger one is read once for each format, batch by batch, because plain
personal data may neither fill memory nor lie in a temporary file; rows that appear or vanish in between are an error.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from itertools import chain
from typing import Any, BinaryIO, TypeAlias

import pyarrow as pa

from data_contracts.company import Organisation
from data_contracts.contract import Contracts
from data_contracts.errors import ContractMismatch, SystemUnavailable
from data_contracts.notices import PackageContent
from data_contracts.plan import TablePath
from integrations.channels.package_files import FORMATS, plain
from integrations.channels.package_page import SHOWN_ROWS, render_page
from integrations.channels.package_schema import package_schema
from integrations.channels.package_tables import Disclosure, ReadTable, disclosures
from integrations.channels.package_zip import StreamedZip
from integrations.channels.templating import known_language
from integrations.channels.unpacking import unpack

__all__ = ["AnswerPackage", "unpack"]

OpenTable: TypeAlias = Callable[[TablePath], AbstractContextManager[Iterator[pa.RecordBatch]]]

_IN_MEMORY = 4 * 1024 * 1024
"""Bytes of Arrow data up to which a table is read once and kept while its files are written."""


class AnswerPackage:
    """Writes answer packages (port ``PackageWriter``).

    Args:
        in_memory: bytes of a table up to which it is read once instead of once for each format.
    """

    def __init__(self, contracts: Contracts, organisation: Organisation, *, in_memory: int = _IN_MEMORY) -> None:
        self._contracts = contracts
        self._organisation = organisation
        self._in_memory = in_memory

    def write(self, sink: BinaryIO, content: PackageContent, open_table: OpenTable) -> dict[str, object]:
        """Write the ZIP to ``sink`` and return its manifest, which holds names, sizes, digests and counts alone.

        Raises:
            SystemUnavailable: when a large table changed between two readings; trying again can help.
            ContractMismatch: when a disclosed column was not read, or changes its type from batch to batch.
            ContractInvalid: when the content names what no contract has.
        """
        entries = disclosures(content, self._contracts)
        with StreamedZip(sink, content.made_at) as package:
            tables = [self._write_table(package, entry, open_table) for entry in entries]
            language = known_language(content.language, self._organisation)
            package.add("schema.json", _json(package_schema(tables, self._contracts.vocabulary, language)))
            page = render_page(content, tables, contracts=self._contracts, organisation=self._organisation)
            package.add("index.html", page)
            manifest = _manifest(package, content, tables)
            package.add("manifest.json", _json(manifest))
        return manifest

    def _write_table(self, package: StreamedZip, entry: Disclosure, open_table: OpenTable) -> ReadTable:
        with open_table(entry.path) as opened:
            batches = _projected(entry, opened)
            head = _take(batches, self._in_memory) or [entry.empty()]
            rest = next(batches, None)
            if rest is not None:
                return self._write_large(package, entry, open_table, batches=chain(head, [rest], batches))
        for ending, write in FORMATS.items():
            with package.file(f"{entry.folder}.{ending}") as stream:
                write(stream, head, head[0].schema)
        return _read(entry, head, rows=sum(batch.num_rows for batch in head))

    def _write_large(
        self, package: StreamedZip, entry: Disclosure, open_table: OpenTable, *, batches: Iterator[pa.RecordBatch]
    ) -> ReadTable:
        first = next(batches)
        head = [first.slice(0, SHOWN_ROWS)]
        rows: list[int] = []
        for ending, write in FORMATS.items():
            with package.file(f"{entry.folder}.{ending}", is_large=True) as stream:
                if not rows:
                    rows.append(_count(write, stream, chain([first], batches), first.schema))
                    continue
                with open_table(entry.path) as opened:
                    rows.append(_count(write, stream, _projected(entry, opened, first.schema), first.schema))
        if len(set(rows)) != 1:
            raise SystemUnavailable(
                "rows came or went while the answer package was written",
                where=".".join(entry.path),
                remedy="try again when nobody writes to the table",
            )
        return _read(entry, head, rows=rows[0])


def _projected(
    entry: Disclosure, batches: Iterable[pa.RecordBatch], schema: pa.Schema | None = None
) -> Iterator[pa.RecordBatch]:
    """Disclosed columns alone, all batches of ``schema``, or else of the first one's."""
    for batch in batches:
        projected = entry.project(batch)
        schema = schema or projected.schema
        yield projected if projected.schema.equals(schema) else _as(schema, projected, entry)


def _as(schema: pa.Schema, batch: pa.RecordBatch, entry: Disclosure) -> pa.RecordBatch:
    try:
        return batch.cast(schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # their texts quote values
        raise ContractMismatch(
            "a column changes its type from batch to batch",
            where=".".join(entry.path),
            remedy="compare contract and system",
        ) from None


def _take(batches: Iterator[pa.RecordBatch], limit: int) -> list[pa.RecordBatch]:
    """Batches from the front until ``limit`` bytes are reached or none is left."""
    taken, size = [], 0
    for batch in batches:
        taken.append(batch)
        size += batch.nbytes
        if size > limit:
            break
    return taken


def _count(
    write: Callable[[BinaryIO, Iterable[pa.RecordBatch], pa.Schema], None],
    stream: BinaryIO,
    batches: Iterator[pa.RecordBatch],
    schema: pa.Schema,
) -> int:
    """Write the batches; how many rows they had."""
    rows = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in batches:
            rows += batch.num_rows
            yield batch

    write(stream, counted(), schema)
    return rows


def _read(entry: Disclosure, head: list[pa.RecordBatch], *, rows: int) -> ReadTable:
    first = chain.from_iterable(plain(batch.slice(0, SHOWN_ROWS)).to_pylist() for batch in head)
    shown = [row for _number, row in zip(range(SHOWN_ROWS), first, strict=False)]
    return ReadTable(entry, head[0].schema, rows, shown)


def _manifest(package: StreamedZip, content: PackageContent, tables: list[ReadTable]) -> dict[str, object]:
    return {
        "format": "urn:rightsflow:answer-package:v1",
        "case": content.case_id,
        "made_at": content.made_at.isoformat(),
        "files": {name: asdict(facts) for name, facts in package.files.items()},
        "rows": {".".join(table.disclosure.path): table.rows for table in tables},
    }


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
