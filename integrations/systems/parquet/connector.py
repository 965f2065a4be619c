"""The connector to Parquet datasets, on a disk or in S3.

A system is a folder; each table of the contract is a folder ``<name>/`` of files, or one file. Which files are Parquet
is told by what they hold (:mod:`integrations.systems.parquet.files`); folders ``key=value`` are columns.

Erasing rewrites only the files that hold selected rows (see :mod:`integrations.systems.parquet.rewrite`). There are no
transactions over files: each is replaced at once, and the same orders again finish what was cut off. The last file that
has a column stays, empty, because it is all that knows the column.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import fs

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.connecting import Holds, LiveColumn, LiveSchema
from data_contracts.connectors.held_keys import HeldKeys
from data_contracts.connectors.hiding import Undeclared
from data_contracts.connectors.keys import Condition, Key, Look, Order, Referrer, Selection, Spelling, each_of
from data_contracts.connectors.obstacles import Obstacle
from data_contracts.connectors.rehearsing import Limits, MadeUpRow, Rehearsal
from data_contracts.connectors.witnessing import Budget, Looked, Testimony
from data_contracts.errors import ContractMismatch, RightsflowError, StepFailed, SystemUnavailable
from integrations.systems.held_keys import columns_of, count_held
from integrations.systems.parquet import spelling as _parquet_spelling
from integrations.systems.parquet.carrying import carry_out
from integrations.systems.parquet.dataset import Dataset, Footers, Opened, Part, looked_at, parts_of
from integrations.systems.parquet.files import find_place, table_of
from integrations.systems.parquet.filter import REMEDY, Filters, kind_of
from integrations.systems.parquet.nested import container_of
from integrations.systems.parquet.nested import values as nested_values
from integrations.systems.parquet.orders import MATCH, Where, changes_of
from integrations.systems.parquet.rehearsal import rehearse
from integrations.systems.parquet.schema import batch_as
from integrations.systems.parquet.traces import masked
from integrations.systems.parquet.witness import FileWitness
from integrations.systems.spelling import resolved
from integrations.systems.values import HOLDS
from integrations.systems.witness.looking import cancelled

_BATCH_ROWS = 10_000


class ParquetConnector:
    """Implements :class:`data_contracts.connectors.connecting.Connector` over a folder of Parquet datasets.

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
        self._cancelled = 0
        self._footers = Footers()

    def describe(self) -> LiveSchema:
        """The live schema of the contract's tables that are there; files know no references and no keys."""
        tables: dict[str, dict[str, LiveColumn]] = {}
        obstacles: dict[str, tuple[Obstacle, ...]] = {}
        with self._guarded():
            for table in self._contract.tables:
                try:
                    dataset = self._look(table.name)
                except ContractMismatch:
                    continue  # what is not there is not described; whoever compares says so
                obstacles[table.name] = dataset.obstacles
                tables[table.name] = {
                    f.name: LiveColumn(
                        f.name,
                        str(f.type),
                        f.name in dataset.nullable,
                        _holds(f.type),
                        container=container_of(f.type),
                    )
                    for f in dataset.schema
                }
        return LiveSchema(tables, obstacles={name: some for name, some in obstacles.items() if some})

    def undeclared(self) -> list[str]:
        """What lies in the folder, of whatever kind, and the contract does not name."""
        with self._guarded():
            filesystem, base = self._place()
            there = {table_of(info) for info in filesystem.get_file_info(fs.FileSelector(base))}
        lives = (table.physical_name or table.name for table in self._contract.tables)
        return sorted(there - {"", *(part for live in lives for part in (live, live.partition("/")[0]))})

    def elsewhere(self) -> list[str]:
        """Nothing: another folder is another system."""
        return []

    def switched_off(self) -> list[tuple[str, str]]:
        """None: nothing is guarded here."""
        return []

    def resolve(self, table: str, spelling: Spelling) -> tuple[Condition, ...]:
        """The rows whose column holds one of the keys, however it is spelt, as conditions on what is stored."""
        with self._guarded():
            opened = self._open(table)
            found: list[Condition] = []
            for part, filters in opened.parts:
                found += _parquet_spelling.resolve(partial(opened.batches, part), filters, spelling)
        return tuple(dict.fromkeys(found))

    def find_keys(
        self, selection: Selection, columns: Sequence[tuple[str, ...]]
    ) -> dict[tuple[str, ...], frozenset[Key]]:
        """The different keys that the selected rows hold, for each tuple of columns asked for."""
        found: dict[tuple[str, ...], set[Key]] = {group: set() for group in columns}
        names = list(dict.fromkeys(name for group in columns for name in group))
        if not selection.is_empty:
            with self._guarded():
                for batch in self._scan(self._open(selection.table), selection, names):
                    values = {name: list(nested_values(batch.column(name))) for name in names}
                    for group, keys in found.items():
                        keys.update(k for k in zip(*(values[n] for n in group), strict=True) if None not in k)
        return {group: frozenset(keys) for group, keys in found.items()}

    def read(self, selection: Selection, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The selected rows, each exactly once, as a stream of record batches of one schema."""
        is_empty = True
        with self._guarded():
            opened = self._open(selection.table)
            for name in columns:
                for _, filters in opened.parts[:1]:
                    filters.type(name)
            schema = pa.schema([opened.dataset.schema.field(name) for name in columns])
            for batch in self._scan(opened, selection, columns):
                if batch.num_rows:
                    is_empty = False
                    yield self._as(batch, schema, opened.path)
            if is_empty:
                yield pa.RecordBatch.from_pylist([], schema=schema)

    def count(self, selections: Sequence[Selection]) -> list[int]:
        """How many rows each selection has."""
        with self._guarded():
            return [self._count(selection) for selection in selections]

    def count_unlike(self, selection: Selection, look: Look) -> int:
        """How many selected rows do not look as ``look`` says."""
        with self._guarded():
            return self._count(selection, look)

    def count_held_by_several(self, asked: HeldKeys) -> int:
        """How many different keys of a column two or more accounts hold."""
        with self._guarded():
            every = Selection(asked.table, (), reads_every_row=True)
            batches = self._scan(self._open(asked.table), every, columns_of(asked))
            return count_held((row for batch in batches for row in batch.to_pylist()), asked)

    def count_undeclared(self, selection: Selection) -> Undeclared:
        """In how many of the selected rows columns are not empty that the contract does not declare."""
        with self._guarded():
            declared = {column.name for column in self._contract.table(selection.table).columns}
            opened = self._open(selection.table)
            names = [name for name in opened.dataset.schema.names if name not in declared]
            counts = dict.fromkeys(names, 0)
            for batch in self._scan(opened, selection, names) if names and not selection.is_empty else ():
                for name in names:
                    counts[name] += sum(value not in (None, "") for value in nested_values(batch.column(name)))
        return Undeclared({name: count for name, count in counts.items() if count})

    def refresh_views(self) -> list[str]:
        """There are none."""
        return []

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Carry out ``orders`` in that order; the rows touched by each.

        Orders are compared with the live schema before the first file is touched.
        """
        with self._guarded(), self._erasing:
            for order in orders:
                for one in each_of(order):
                    self._attempt(one)
            return [sum(self._carry_out(one) for one in each_of(order)) for order in orders]

    def giver(self) -> None:
        """Nothing: files cannot be copied and changed in one transaction."""

    def rehearse(self, orders: Sequence[Order], _limits: Limits, _made_up: Sequence[MadeUpRow] = ()) -> Rehearsal:
        """Try names, types and values of ``orders`` on every file's schema; no file is written."""
        with self._guarded():
            return rehearse(self._attempt, [one for order in orders for one in each_of(order)])

    def plant(self, rows: Sequence[MadeUpRow]) -> None:
        """Refuse: several files are not written all or none.

        Raises:
            ContractMismatch: always.
        """
        what = f"a canary is not planted in a folder of files: its {len(rows)} rows could not be written all or none"
        remedy = "take `canary` out of the contract of this system"
        raise ContractMismatch(what, where=self.system, remedy=remedy)

    def _attempt(self, order: Order) -> None:
        where = self._where(order.selection)
        for _, filters in self._open(order.selection.table).parts:
            where(filters)
            changes_of(filters, order)

    def witness(self, asked: Testimony, budget: Budget) -> Iterator[Looked]:
        """Look for keys, raw, in every file below the folder, whatever it is."""
        with self._guarded():
            before = self._cancelled
            look = FileWitness(self._contract, *self._place(), self._expected, lambda: self._cancelled != before)
            for looked in look.look(asked, budget):
                yield looked
                if self._cancelled != before:
                    raise cancelled(self.system)

    def cancel(self) -> None:
        """Break off the looks that are under way; they end as StepFailed."""
        self._cancelled += 1

    def close(self) -> None:
        """Forget the file system; it is opened anew when needed."""
        self._location = None

    # --- datasets --------------------------------------------------------------------------------------------------

    def _place(self) -> tuple[fs.FileSystem, str]:
        if self._location is None:
            self._location = fs.FileSystem.from_uri(self._url)
        return self._location

    def _shown(self, table: str) -> Callable[[str], str]:
        return partial(masked, known=[c.name for c in self._contract.table(table).columns if not c.is_personal])

    def _look(self, table: str) -> Dataset:
        """What lies where the table should, whatever it is.

        Raises:
            ContractMismatch: when nothing lies there.
        """
        filesystem, base = self._place()
        declared = self._contract.table(table)
        others = [t.physical_name or t.name for t in self._contract.tables if t.name != table]
        place = find_place(filesystem, base, declared.physical_name or table, others)
        if place is None and isinstance(filesystem, fs.LocalFileSystem) and not Path(base).exists():
            raise _unavailable(self.system)
        if place is None or not (place.files or place.obstacles):
            raise ContractMismatch(
                "the live system has no such dataset, or no file in it", where=f"{self.system}.{table}", remedy=REMEDY
            )
        numbers = frozenset(c.name for c in declared.columns if c.logical_type == "integer")
        return looked_at(filesystem, place, self._footers, shown=self._shown(table), numbers=numbers)

    def _open(self, table: str) -> Opened:
        """The table, to be read.

        Raises:
            ContractMismatch: when something there cannot be read.
        """
        dataset, path = self._look(table), f"{self.system}.{table}"
        for obstacle in dataset.obstacles:
            place = f"{path}.{obstacle.column}".rstrip(".")
            raise ContractMismatch(obstacle.what, where=place, remedy=f"{obstacle.remedy}, then try again")
        filesystem, _ = self._place()
        parts = parts_of(filesystem, dataset)
        declared = {column.name: column for column in self._contract.table(table).columns}
        own = tuple((part, Filters(path, part.schema, self._zone, declared)) for part in parts)
        return Opened(filesystem, dataset, path, self._shown(table), own)

    def _where(self, selection: Selection) -> Where:
        exact = resolved(selection, self.resolve, self._zone.key)
        referred_to = [self._keys_in(referrer) for referrer in exact.referrers]
        return lambda filters: filters.selection(exact, referred_to)

    def _expected(self, table: str, conditions: Sequence[Condition]) -> tuple[pc.Expression | None, pa.Schema]:
        """Rows that fulfil one of some conditions."""
        where = self._where(Selection(table, tuple(conditions)))
        filters = next((filters for _, filters in self._open(table).parts), None)
        return (None, pa.schema([])) if filters is None else (where(filters), filters.schema)

    def _scan(self, opened: Opened, selection: Selection, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        where = self._where(selection)
        for part, filters in opened.parts:
            for name in columns:
                filters.type(name)
            expression = where(filters)
            if expression is not None:
                yield from opened.batches(part, list(columns), expression)

    @staticmethod
    def _as(batch: pa.RecordBatch, schema: pa.Schema, path: str) -> pa.RecordBatch:
        try:
            return batch_as(batch, schema)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise ContractMismatch(
                "a value of one file does not fit the type that other files give the column",
                where=path,
                remedy="write the files anew with one type, then try again",
            ) from None

    def _keys_in(self, referrer: Referrer) -> Condition:
        """The rows that rows of a referrer refer to. Their keys lie in memory: files know no joins."""
        keys: set[Key] = set()
        every = Selection(referrer.table, (), reads_every_row=True)
        for batch in self._scan(self._open(referrer.table), every, referrer.columns):
            keys.update(zip(*(batch.column(name).to_pylist() for name in referrer.columns), strict=True))
        return Condition(referrer.to_columns, frozenset(key for key in keys if None not in key))

    def _count(self, selection: Selection, look: Look | None = None) -> int:
        opened, where, found = self._open(selection.table), self._where(selection), 0
        for part, filters in opened.parts:
            expression = where(filters)
            only = None if look is None else filters.not_looking(look)
            if expression is None:
                continue
            nested = {n: old for n, old in look.replaced.items() if container_of(filters.type(n))} if look else {}
            if nested and only is not None:
                found += self._count_nested(opened, part, (expression, only), nested)
                continue
            with opened.naming(part):
                found += int(part.dataset.count_rows(filter=expression if only is None else expression & only))
        return found

    @staticmethod
    def _count_nested(
        opened: Opened, part: Part, rows: tuple[pc.Expression, pc.Expression], old: Mapping[str, frozenset[str]]
    ) -> int:
        """Selected rows that do not look so, or of which a container still holds an old value."""
        where, only = rows
        columns = {MATCH: only} | {name: pc.field(name) for name in old}
        found = 0
        for batch in opened.batches(part, columns, where):
            unlike = batch.column(MATCH).to_pylist()
            for name, values in old.items():
                held = nested_values(batch.column(name))
                unlike = [before or value in values for before, value in zip(unlike, held, strict=True)]
            found += sum(map(bool, unlike))
        return found

    # --- orders ----------------------------------------------------------------------------------------------------

    def _carry_out(self, order: Order) -> int:
        opened = self._open(order.selection.table)
        table = self._contract.table(order.selection.table)
        identities = tuple(column.name for column in table.identities)
        return carry_out(opened, order, self._where(order.selection), identities)

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
                remedy="read its files with another program: restore the one that cannot be read, or report this",
            ) from None


def _holds(type_: pa.DataType) -> Holds:
    type_ = type_.value_type if pa.types.is_dictionary(type_) else type_
    return Holds.CONTAINER if pa.types.is_nested(type_) else HOLDS.get(kind_of(type_), Holds.UNKNOWN)


def _unavailable(system: str) -> SystemUnavailable:
    return SystemUnavailable(
        "the folder of datasets could not be reached, or broke off",
        where=system,
        remedy="see that it is mounted, or the bucket reachable, then try again",
    )
