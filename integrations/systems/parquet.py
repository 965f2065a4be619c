"""The connector to Parquet datasets, on a disk or in S3.

A system is a folder; each table of the contract is a folder ``<name>/`` of ``*.parquet`` files, or one file
``<name>.parquet``. Files whose name, or folder's name, starts with ``_`` or ``.`` are not part of the dataset.

Erasing rewrites only the files that hold selected rows (see :mod:`integrations.systems._parquet_rewrite`). There are no
transactions over files: each is replaced at once, and the same orders again finish what was cut off. When the last row
of a table goes, its last file stays, empty, because it is all that knows the columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow import fs

from data_contracts.contract import SystemContract
from data_contracts.errors import ContractMismatch, RightsflowError, StepFailed, SystemUnavailable
from data_contracts.keys import ChangeColumns, Condition, DeleteRows, Key, Look, Order, Referrer, Selection
from data_contracts.ports import LiveColumn, LiveSchema
from integrations.systems._parquet_filter import REMEDY, Filters
from integrations.systems._parquet_rewrite import Change, remove_leftovers, rewrite
from integrations.systems._values import NO_MATCH
from integrations.systems.reflecting_parquet import system_table

_BATCH_ROWS = 10_000
_MATCH = "selected"


class ParquetConnector:
    """Implements :class:`data_contracts.ports.Connector` over a folder of Parquet datasets.

    Args:
        contract: what the system holds.
        url: ``file:///folder`` or ``s3://bucket/folder`` with the options of
            https://arrow.apache.org/docs/python/filesystems.html (``region``, ``endpoint_override``, ``scheme``);
            a leading ``parquet+`` is allowed.
        time_zone: IANA name; of times stored without zone.
    """

    def __init__(self, contract: SystemContract, url: str, *, time_zone: str) -> None:
        self.system = contract.name
        self._contract = contract
        self._url = url.removeprefix("parquet+")
        self._zone = ZoneInfo(time_zone)
        self._location: tuple[fs.FileSystem, str] | None = None
        self._erasing = Lock()

    def describe(self) -> LiveSchema:
        """The live schema of the contract's tables that are there; files know no references and no keys."""
        tables: dict[str, dict[str, LiveColumn]] = {}
        with self._guarded():
            for table in self._contract.tables:
                try:
                    schema = self._dataset(table.name).schema
                except ContractMismatch:
                    continue  # what is not there is not described; whoever compares says so
                tables[table.name] = {f.name: LiveColumn(f.name, str(f.type), f.nullable) for f in schema}
        return LiveSchema(tables)

    def undeclared(self) -> list[str]:
        """Datasets of the folder that the contract does not name."""
        with self._guarded():
            filesystem, base = self._place()
            there = {system_table(info) for info in filesystem.get_file_info(fs.FileSelector(base))}
        return sorted(there - {"", *(table.physical_name or table.name for table in self._contract.tables)})

    def find_keys(
        self, selection: Selection, columns: Sequence[tuple[str, ...]]
    ) -> dict[tuple[str, ...], frozenset[Key]]:
        """The different keys that the selected rows hold, for each tuple of columns asked for."""
        found: dict[tuple[str, ...], set[Key]] = {group: set() for group in columns}
        names = list(dict.fromkeys(name for group in columns for name in group))
        if not selection.is_empty:
            with self._guarded():
                for batch in self._scan(selection, names):
                    values = {name: batch.column(name).to_pylist() for name in names}
                    for group, keys in found.items():
                        keys.update(k for k in zip(*(values[n] for n in group), strict=True) if None not in k)
        return {group: frozenset(keys) for group, keys in found.items()}

    def read(self, selection: Selection, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The selected rows, each exactly once, as a stream of record batches of one schema."""
        is_empty = True
        with self._guarded():
            for batch in self._scan(selection, columns):
                if batch.num_rows:
                    is_empty = False
                    yield batch
            if is_empty:
                schema = self._dataset(selection.table).schema
                yield from pa.schema([schema.field(name) for name in columns]).empty_table().to_batches() or [
                    pa.RecordBatch.from_pylist([], schema=pa.schema([schema.field(name) for name in columns]))
                ]

    def count(self, selections: Sequence[Selection]) -> list[int]:
        """How many rows each selection has."""
        with self._guarded():
            return [self._count(selection) for selection in selections]

    def count_unlike(self, selection: Selection, look: Look) -> int:
        """How many selected rows do not look as ``look`` says."""
        with self._guarded():
            return self._count(selection, look)

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Carry out ``orders`` in that order; the rows touched by each.

        Orders are compared with the live schema before the first file is touched.
        """
        with self._guarded(), self._erasing:
            for order in orders:
                self._check(order)
            return [self._carry_out(order) for order in orders]

    def close(self) -> None:
        """Forget the file system; it is opened anew when needed."""
        self._location = None

    # --- datasets --------------------------------------------------------------------------------------------------

    def _place(self) -> tuple[fs.FileSystem, str]:
        if self._location is None:
            self._location = fs.FileSystem.from_uri(self._url)
        return self._location

    def _files(self, table: str) -> list[str]:
        filesystem, base = self._place()
        live = self._contract.table(table).physical_name or table
        folder, file = filesystem.get_file_info([f"{base}/{live}", f"{base}/{live}.parquet"])
        if file.type == fs.FileType.File:
            return [str(file.path)]
        if folder.type == fs.FileType.Directory:
            infos = filesystem.get_file_info(fs.FileSelector(folder.path, recursive=True))
            files = [str(info.path) for info in infos if _is_data(info, folder.path)]
            if files:
                return sorted(files)
        if filesystem.get_file_info(base).type == fs.FileType.NotFound and isinstance(filesystem, fs.LocalFileSystem):
            raise _unavailable(self.system)
        raise ContractMismatch(
            "the live system has no such dataset, or no file in it", where=f"{self.system}.{table}", remedy=REMEDY
        )

    def _dataset(self, table: str) -> ds.FileSystemDataset:
        filesystem, _ = self._place()
        files = self._files(table)
        schemas = [pq.read_schema(file, filesystem=filesystem) for file in files]
        schema = pa.unify_schemas(schemas, promote_options="permissive")
        return ds.dataset(files, schema=schema, format="parquet", filesystem=filesystem)

    def _filters(self, table: str, schema: pa.Schema) -> Filters:
        return Filters(f"{self.system}.{table}", schema, self._zone)

    def _scan(self, selection: Selection, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        dataset = self._dataset(selection.table)
        filters = self._filters(selection.table, dataset.schema)
        for name in columns:
            filters.type(name)
        where = filters.selection(selection, self._referred_to(selection))
        if where is not None:
            # Little is read ahead, so that memory stays flat however large the dataset.
            yield from dataset.scanner(
                columns=list(columns), filter=where, batch_size=_BATCH_ROWS, batch_readahead=2, fragment_readahead=1
            ).to_batches()

    def _referred_to(self, selection: Selection) -> list[Condition]:
        """The rows that rows of the referrers refer to. Their keys lie in memory: files know no joins."""
        return [self._keys_in(referrer) for referrer in selection.referrers]

    def _keys_in(self, referrer: Referrer) -> Condition:
        keys: set[Key] = set()
        scanner = self._dataset(referrer.table).scanner(columns=list(referrer.columns), batch_size=_BATCH_ROWS)
        for batch in scanner.to_batches():
            keys.update(zip(*(batch.column(name).to_pylist() for name in referrer.columns), strict=True))
        return Condition(referrer.to_columns, frozenset(key for key in keys if None not in key))

    def _count(self, selection: Selection, look: Look | None = None) -> int:
        dataset = self._dataset(selection.table)
        filters = self._filters(selection.table, dataset.schema)
        where = filters.selection(selection, self._referred_to(selection))
        only = None if look is None else filters.not_looking(look)
        if where is None:
            return 0
        return int(dataset.count_rows(filter=where if only is None else where & only))

    # --- orders ----------------------------------------------------------------------------------------------------

    def _check(self, order: Order) -> None:
        table = order.selection.table
        filters = self._filters(table, self._dataset(table).schema)
        filters.selection(order.selection, self._referred_to(order.selection))
        if isinstance(order, ChangeColumns):
            _changes(filters, order)

    def _carry_out(self, order: Order) -> int:
        filesystem, _ = self._place()
        table = order.selection.table
        dataset = self._dataset(table)
        for folder in {file.rpartition("/")[0] for file in dataset.files}:
            remove_leftovers(filesystem, folder)
        filters = self._filters(table, dataset.schema)
        where = filters.selection(order.selection, self._referred_to(order.selection))
        if where is None:
            return 0
        change = _without(where, dataset.schema)
        if isinstance(order, ChangeColumns):
            change = _with(where, dataset.schema, _changes(filters, order))
        touched, left = 0, len(dataset.files)
        for fragment in dataset.get_fragments():
            rows = fragment.count_rows(filter=where)
            if not rows:
                continue
            is_emptied = isinstance(order, DeleteRows) and rows == fragment.count_rows()
            rewrite(filesystem, fragment.path, change, keep_empty=left == 1)
            left -= is_emptied
            touched += rows
        return touched

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Let only our own errors out (law 1)."""
        try:
            yield
        except RightsflowError:
            raise
        except OSError:
            self._location = None
            raise _unavailable(self.system) from None
        except Exception:  # noqa: BLE001  # no foreign text may come out of a connector
            raise StepFailed(
                "a dataset could not be read or rewritten",
                where=self.system,
                remedy="run `rightsflow contracts check` against the live system, then resume",
            ) from None


def _unavailable(system: str) -> SystemUnavailable:
    return SystemUnavailable(
        "the folder of datasets could not be reached, or broke off",
        where=system,
        remedy="see that it is mounted, or the bucket reachable, then try again",
    )


def _is_data(info: fs.FileInfo, folder: str) -> bool:
    inside = str(info.path)[len(folder) :].strip("/").split("/")
    is_hidden = any(part.startswith(("_", ".")) for part in inside)
    return info.type == fs.FileType.File and info.extension == "parquet" and not is_hidden


# --- what an order makes of some rows ---------------------------------------------------------------------------------

_Changed = Mapping[str, tuple[pa.Array, pa.Array] | pa.Scalar]
"""Column to its constant, or to old values and their replacements."""


def _changes(filters: Filters, order: ChangeColumns) -> _Changed:
    changes: dict[str, Any] = {}
    for name, value in (dict.fromkeys(order.clear) | dict(order.set_to)).items():
        type_ = filters.type(name)
        fitted = None if value is None else filters.fitted(name, value)
        is_refused = fitted is NO_MATCH or (fitted is None and not filters.schema.field(name).nullable)
        if is_refused:
            raise _cannot_hold(filters, name)
        changes[name] = pa.scalar(fitted, type=type_)
    for name, values in order.replace.items():
        pairs = [(filters.fitted(name, old), filters.fitted(name, new)) for old, new in values.items()]
        pairs = [(old, new) for old, new in pairs if old is not NO_MATCH]
        if any(new is NO_MATCH for _, new in pairs):
            raise _cannot_hold(filters, name)
        type_ = filters.type(name)
        changes[name] = (pa.array([p[0] for p in pairs], type=type_), pa.array([p[1] for p in pairs], type=type_))
    return changes


def _cannot_hold(filters: Filters, name: str) -> ContractMismatch:
    return ContractMismatch(
        "the column cannot hold the value that it is to be given",
        where=filters.place(name),
        remedy="correct the column's type or its way of erasing in the contract, then try again",
    )


def _without(where: pc.Expression, schema: pa.Schema) -> Change:
    def change(table: pa.Table) -> pa.Table:
        return table.filter(pc.invert(_selected(table, where, schema)))

    return change


def _with(where: pc.Expression, schema: pa.Schema, changes: _Changed) -> Change:
    def change(table: pa.Table) -> pa.Table:
        selected = _selected(table, where, schema)
        for name, new in changes.items():
            place = table.schema.get_field_index(name)
            if place >= 0:  # a file older than the column holds nothing in it
                field = table.schema.field(place)
                table = table.set_column(place, field, _changed(table.column(place), selected, new).cast(field.type))
        return table

    return change


def _selected(table: pa.Table, where: pc.Expression, schema: pa.Schema) -> pa.ChunkedArray:
    """Whether each row is selected; columns that the file does not have count as empty."""
    for field in schema:
        if table.schema.get_field_index(field.name) < 0:
            table = table.append_column(field, pa.nulls(len(table), field.type))
    scanned = ds.dataset(table).scanner(columns={_MATCH: where}, use_threads=False).to_table()
    return pc.fill_null(scanned.column(_MATCH), fill_value=False)


def _changed(column: pa.ChunkedArray, selected: pa.ChunkedArray, new: Any) -> pa.ChunkedArray:  # noqa: ANN401
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if not isinstance(new, tuple):
        return pc.if_else(selected, new, column)
    place = pc.index_in(column, value_set=new[0].cast(column.type))
    return pc.if_else(pc.and_(selected, pc.is_valid(place)), new[1].cast(column.type).take(place), column)
