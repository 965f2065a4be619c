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
from io import BytesIO
from itertools import chain, islice
from typing import BinaryIO, Literal, TypeAlias

import pyarrow as pa

from data_contracts.case.plan import TablePath
from data_contracts.company.company import Organisation
from data_contracts.company.contract import Contracts
from data_contracts.errors import ContractMismatch, SystemUnavailable
from data_contracts.told.notices import PackageContent
from integrations.channels.package.files import TEXT_FORMATS, TYPED_FORMATS, plain
from integrations.channels.package.page import SHOWN_ROWS, PackagePage
from integrations.channels.package.schema import PackageSchema
from integrations.channels.package.tables import Disclosure, ReadTable, disclosures
from integrations.channels.package.unpacking import unpack
from integrations.channels.package.zip import StreamedZip
from integrations.channels.templating import known_language

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
        self._schema = PackageSchema(contracts.vocabulary)
        self._page = PackagePage(contracts, organisation)
        self._in_memory = in_memory

    def write(self, sink: BinaryIO, content: PackageContent, open_table: OpenTable) -> dict[str, object]:
        """Write the ZIP to ``sink`` and return its manifest, which holds names, sizes, digests and counts alone.

        Raises:
            SystemUnavailable: when a large table changed between two readings; trying again can help.
            ContractMismatch: when a disclosed column was not read, or changes its type from batch to batch.
            ContractInvalid: when the content names what no contract has.
        """
        entries = disclosures(content, self._contracts)
        language = known_language(content.language, self._organisation)
        with StreamedZip(sink, content.made_at) as package:
            tables = [self._write_table(package, entry, open_table) for entry in entries]
            package.add("schema.json", self._schema.document(tables, content.right, language))
            package.add("index.html", self._page.render(content, tables, language))
            manifest = _manifest(package, content, tables)
            package.add("manifest.json", _json(manifest))
        return manifest

    def write_table(
        self,
        sink: BinaryIO,
        content: PackageContent,
        path: TablePath,
        ending: Literal["json", "csv"],
        open_table: OpenTable,
    ) -> int:
        """Write one table of the content as the package has it, as a stream; the number of rows.

        Raises:
            ContractMismatch: see :meth:`write`.
            ContractInvalid: when the content names what no contract has.
        """
        entry = next(entry for entry in disclosures(content, self._contracts) if entry.path == path)
        with open_table(path) as opened:
            return _write_text(sink, ending, _projected(entry, opened))

    def _write_table(self, package: StreamedZip, entry: Disclosure, open_table: OpenTable) -> ReadTable:
        with open_table(entry.path) as opened:
            batches = _projected(entry, opened)
            head = _take(batches, self._in_memory) or [entry.empty()]
            rest = next(batches, None)
            if rest is not None:
                return self._write_large(package, entry, open_table, batches=chain(head, [rest], batches))
        return _write_small(package, entry, head)

    def _write_large(
        self, package: StreamedZip, entry: Disclosure, open_table: OpenTable, *, batches: Iterator[pa.RecordBatch]
    ) -> ReadTable:
        """Write each format from a reading of its own; the first goes on with the one that is open."""
        first = next(batches)
        schema = first.schema
        preview = plain(first.slice(0, SHOWN_ROWS))
        counts = [_write_stream(package, entry, "json", batches=chain([first], batches))]
        for ending in ("csv", "parquet"):
            with open_table(entry.path) as opened:
                again = _projected(entry, opened, schema)
                counts.append(_write_stream(package, entry, ending, batches=chain([first.slice(0, 0)], again)))
        if len(set(counts)) != 1:
            raise SystemUnavailable(
                "rows came or went while the answer package was written",
                where=".".join(entry.path),
                remedy="try again when nobody writes to the table",
            )
        return ReadTable(entry, schema, counts[0], preview.to_pylist())


def _write_text(sink: BinaryIO, ending: str, batches: Iterator[pa.RecordBatch]) -> int:
    """Write batches, of which there is at least one, in a text format; how many rows they had."""
    rows = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in batches:
            rows += batch.num_rows
            yield plain(batch)

    given = counted()
    first = next(given)
    TEXT_FORMATS[ending](sink, chain([first], given), first.schema)
    return rows


def _write_small(package: StreamedZip, entry: Disclosure, batches: list[pa.RecordBatch]) -> ReadTable:
    texts = [plain(batch) for batch in batches]
    for formats, given in ((TEXT_FORMATS, texts), (TYPED_FORMATS, batches)):
        for ending, write in formats.items():
            buffer = BytesIO()
            write(buffer, given, given[0].schema)
            package.add(f"{entry.folder}.{ending}", buffer.getvalue())
    first = chain.from_iterable(batch.slice(0, SHOWN_ROWS).to_pylist() for batch in texts)
    rows = sum(batch.num_rows for batch in batches)
    return ReadTable(entry, batches[0].schema, rows, list(islice(first, SHOWN_ROWS)))


def _write_stream(package: StreamedZip, entry: Disclosure, ending: str, *, batches: Iterator[pa.RecordBatch]) -> int:
    """Write one file from batches as they come; how many rows they had. The first batch tells the schema."""
    rows = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        for batch in batches:
            rows += batch.num_rows
            yield plain(batch) if ending in TEXT_FORMATS else batch

    given = counted()
    first = next(given)
    write = {**TEXT_FORMATS, **TYPED_FORMATS}[ending]
    with package.file(f"{entry.folder}.{ending}") as stream:
        write(stream, chain([first], given), first.schema)
    return rows


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


def _manifest(package: StreamedZip, content: PackageContent, tables: list[ReadTable]) -> dict[str, object]:
    return {
        "format": "urn:rightsflow:answer-package:v1",
        "case": content.case_id,
        "right": content.right,
        "made_at": content.made_at.isoformat(),
        "files": {name: asdict(facts) for name, facts in package.files.items()},
        "rows": {".".join(table.disclosure.path): table.rows for table in tables},
    }


def _json(value: dict[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()
