"""A system in memory: the same questions and orders, over lists of rows. For tests and for trying things out.

Rows are dictionaries by column name; values keep the type they were given with. Comparing is exact: a key of another
type matches only where it says the same (``"42"`` and 42).
"""

import copy
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from threading import RLock
from typing import Any, Final, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.connecting import LiveColumn, LiveReference, LiveSchema
from data_contracts.connectors.counting import note_counts
from data_contracts.connectors.held_keys import HeldKeys
from data_contracts.connectors.hiding import Undeclared
from data_contracts.connectors.keys import (
    ChangeColumns,
    Condition,
    Cutoff,
    DeleteRows,
    Key,
    Look,
    Order,
    Referrer,
    Selection,
    Spelling,
    When,
    each_of,
)
from data_contracts.connectors.rehearsing import Limits, MadeUpRow, Rehearsal, RehearsedTable
from data_contracts.connectors.witnessing import Budget, Looked, Testimony
from data_contracts.errors import ContractMismatch, SystemUnavailable
from integrations.systems.held_keys import columns_of, count_held
from integrations.systems.kinds import SystemKind
from integrations.systems.spelling import Sought, resolved
from integrations.systems.values import Kind, cutoff_local, fit, fits, when_values
from integrations.systems.witness.in_memory import MemoryWitness

Row: TypeAlias = dict[str, Any]

_BATCH_ROWS = 10_000
_REMEDY = "correct the contract, or bring the live schema back to it, then run `rightsflow contracts check`"
_ARROW: Mapping[str, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.decimal128(38, 9),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
}
_KINDS: Sequence[tuple[type, Kind]] = (
    (str, Kind.TEXT),
    (bool, Kind.BOOLEAN),
    (int, Kind.INTEGER),
    (Decimal, Kind.NUMBER),
    (float, Kind.FLOAT),
    (UUID, Kind.UUID),
    (bytes, Kind.BYTES),
    (date, Kind.DATE),
)


class MemoryConnector:
    """Implements :class:`data_contracts.connectors.connecting.Connector` over rows held here.

    Args:
        contract: what the system holds.
        rows: by table name; a table of the contract that is left out is missing from the system. Copied.
        time_zone: IANA name; of times without zone.

    Attributes:
        is_up: set it to False and every method raises SystemUnavailable.
    """

    def __init__(self, contract: SystemContract, rows: Mapping[str, Sequence[Row]], *, time_zone: str) -> None:
        self.system = contract.name
        self.is_up = True
        self._contract = contract
        self._rows: dict[str, list[Row]] = {name: [dict(row) for row in table] for name, table in rows.items()}
        self._zone = ZoneInfo(time_zone)
        self._lock = RLock()

    @property
    def rows(self) -> dict[str, list[Row]]:
        """A copy of all rows by table, to look at what was done."""
        return copy.deepcopy(self._rows)

    def describe(self) -> LiveSchema:
        """The contract's tables that are there; references are those the contract declares."""
        self._check_up()
        tables = [t for t in self._contract.tables if t.name in self._rows]
        return LiveSchema(
            {t.name: {c.name: LiveColumn(c.name, c.logical_type, not c.required) for c in t.columns} for t in tables},
            tuple(
                LiveReference(t.name, r.columns, r.to_table, r.to_columns)
                for t in tables
                for r in t.references
                if r.to_system == self.system
            ),
            {t.name: t.primary_key for t in tables},
        )

    def undeclared(self) -> list[str]:
        """Tables that are there and that the contract does not name."""
        self._check_up()
        return sorted(self._rows.keys() - {table.name for table in self._contract.tables})

    def elsewhere(self) -> list[str]:
        """There is nothing else."""
        return []

    def switched_off(self) -> list[tuple[str, str]]:
        """None: nothing is guarded here."""
        return []

    def resolve(self, table: str, spelling: Spelling) -> tuple[Condition, ...]:
        """The rows whose column holds one of the keys, however it is spelt, as conditions on what is stored."""
        sought = Sought(spelling)
        rows = self._all_rows(table, [*sought.columns, *(when.column for when in spelling.when)])
        for row in rows if spelling.keys else ():
            if all(self._fulfils(row, when) for when in spelling.when):
                sought.look(*(row.get(name) for name in sought.columns))
        return sought.conditions()

    def find_keys(
        self, selection: Selection, columns: Sequence[tuple[str, ...]]
    ) -> dict[tuple[str, ...], frozenset[Key]]:
        """The different keys that the selected rows hold, for each tuple of columns asked for."""
        rows = self._selected(selection, [name for group in columns for name in group])
        keys = {group: {tuple(row.get(name) for name in group) for row in rows} for group in columns}
        return {group: frozenset(key for key in found if None not in key) for group, found in keys.items()}

    def read(self, selection: Selection, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The selected rows, each exactly once, as record batches typed as the contract says."""
        rows = self._selected(selection, columns)
        table = self._contract.table(selection.table)
        schema = pa.schema([(name, _ARROW.get(table.column(name).logical_type, pa.string())) for name in columns])
        for start in range(0, max(len(rows), 1), _BATCH_ROWS):
            batch = [{name: row.get(name) for name in columns} for row in rows[start : start + _BATCH_ROWS]]
            yield pa.RecordBatch.from_pylist(_storable(batch, schema), schema=schema)

    def count(self, selections: Sequence[Selection]) -> list[int]:
        """How many rows each selection has."""
        with self._lock:
            return [len(self._selected(selection, ())) for selection in selections]

    def count_unlike(self, selection: Selection, look: Look) -> int:
        """How many selected rows do not look as ``look`` says."""
        names = [*look.cleared, *look.holding, *look.replaced]
        return sum(not _looks_so(row, look) for row in self._selected(selection, names))

    def count_held_by_several(self, asked: HeldKeys) -> int:
        """How many different keys of a column two or more accounts hold."""
        return count_held(self._selected(Selection(asked.table, (), reads_every_row=True), columns_of(asked)), asked)

    def count_undeclared(self, selection: Selection) -> Undeclared:
        """What the selected rows hold beside the contract's columns."""
        names = {column.name for column in self._contract.table(selection.table).columns}
        filled = (name for row in self._selected(selection, ()) for name in row if row[name] not in {None, ""})
        return Undeclared(Counter(name for name in filled if name not in names))

    def refresh_views(self) -> list[str]:
        """There are none."""
        return []

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Carry out ``orders``, all or nothing; the rows touched by each."""
        with self._lock:
            before = copy.deepcopy(self._rows)
            try:
                touched = [sum(self._carry_out(one) for one in each_of(order)) for order in orders]
                note_counts(touched)
            except ContractMismatch:
                self._rows = before
                raise
            return touched

    def giver(self) -> None:
        """Nothing: rows in memory are not copied in one transaction."""

    def rehearse(self, orders: Sequence[Order], _limits: Limits, _made_up: Sequence[MadeUpRow] = ()) -> Rehearsal:
        """Carry ``orders`` out and take everything back."""
        tables = {order.selection.table: RehearsedTable(order.selection.table) for order in orders}
        with self._lock:
            before = copy.deepcopy(self._rows)
            try:
                for one in (one for order in orders for one in each_of(order)):
                    self._carry_out(one)
            finally:
                self._rows = before
        return Rehearsal(tuple(tables.values()))

    def plant(self, rows: Sequence[MadeUpRow]) -> None:
        """Insert rows of a canary in that order."""
        self._check_up()
        with self._lock:
            for row in rows:
                self._rows[row.table].append(dict(row.values))

    def witness(self, asked: Testimony, budget: Budget) -> Iterator[Looked]:
        """Look for keys, raw, in every row, declared or not."""
        self._check_up()
        with self._lock:
            looked = MemoryWitness(self._contract, self._rows, lambda one: self._selected(one, ())).look(asked, budget)
            yield from list(looked)

    def close(self) -> None:
        """Nothing is held open."""

    # --- orders ----------------------------------------------------------------------------------------------------

    def _carry_out(self, order: DeleteRows | ChangeColumns) -> int:
        if isinstance(order, DeleteRows):
            gone = {id(row) for row in self._selected(order.selection, ())}
            table = self._rows[order.selection.table]
            self._rows[order.selection.table] = [row for row in table if id(row) not in gone]
            return len(gone)
        rows = self._selected(order.selection, [*order.clear, *order.set_to, *order.replace])
        for row in rows:
            row.update(dict.fromkeys(order.clear) | dict(order.set_to))
            row.update({n: new.get(str(row[n]), row[n]) for n, new in order.replace.items() if row.get(n) is not None})
        return len(rows)

    # --- rows ------------------------------------------------------------------------------------------------------

    def _check_up(self) -> None:
        if not self.is_up:
            raise SystemUnavailable("the system in memory was switched off", where=self.system, remedy="switch it on")

    def _all_rows(self, table: str, columns: Iterable[str]) -> list[Row]:
        """The rows of a table that has these columns; raises ContractMismatch when it has not."""
        self._check_up()
        path = f"{self.system}.{table}"
        if table not in self._rows:
            raise ContractMismatch("the live system has no such table", where=path, remedy=_REMEDY)
        known = {column.name for column in self._contract.table(table).columns}
        for name in columns:
            if name not in known:
                raise ContractMismatch("the live table has no such column", where=f"{path}.{name}", remedy=_REMEDY)
        return self._rows[table]

    def _selected(self, selection: Selection, columns: Sequence[str]) -> list[Row]:
        conditions = (*selection.conditions, *selection.spared)
        named = [c for condition in conditions for c in condition.columns]
        named += [when.column for condition in conditions for when in condition.when]
        named += [*(when.column for when in selection.when), *(cutoff.column for cutoff in selection.cutoffs), *columns]
        all_rows = self._all_rows(selection.table, named)
        selection = resolved(selection, self.resolve, self._zone.key)
        tests = [self._test(condition) for condition in selection.conditions]
        spared = [self._test(condition) for condition in selection.spared]
        rows = [
            row
            for row in all_rows
            if (selection.takes_every_row or any(test(row) for test in tests))
            and not any(test(row) for test in spared)
            and all(self._is_within(row, cutoff) for cutoff in selection.cutoffs)
            and all(self._fulfils(row, when) for when in selection.when)
        ]
        return [row for row in rows if not any(self._refers_to(row, referrer) for referrer in selection.referrers)]

    def _refers_to(self, row: Row, referrer: Referrer) -> bool:
        key = tuple(row.get(name) for name in referrer.to_columns)
        children = self._rows.get(referrer.table, [])
        return None not in key and any(tuple(child.get(name) for name in referrer.columns) == key for child in children)

    def _fulfils(self, row: Row, when: When) -> bool:
        return _fulfils(row, when, self._zone)

    def _test(self, condition: Condition) -> "_Test":
        return _Test(condition, self._zone)

    def _is_within(self, row: Row, cutoff: Cutoff) -> bool:
        value = row.get(cutoff.column)
        if cutoff.unread:
            read = fit(value, Kind.LOCAL_TIME, self._zone) if isinstance(value, str) else value
            return value is not None and not isinstance(read, date)
        return self._is_over(value, cutoff.before) is cutoff.over

    def _is_over(self, value: object, before: datetime) -> bool:
        local = cutoff_local(before, self._zone)
        if isinstance(value, str):
            value = fit(value, Kind.LOCAL_TIME, self._zone)
        if isinstance(value, datetime):
            return value < local if value.tzinfo is None else value < before
        return isinstance(value, date) and value < local.date()


class _Test:
    """Whether a row holds one of a condition's keys, in the types that the row has."""

    def __init__(self, condition: Condition, zone: ZoneInfo) -> None:
        self._condition = condition
        self._zone = zone
        self._fitted: dict[tuple[Kind, ...], frozenset[Key]] = {}

    def __call__(self, row: Row) -> bool:
        values = tuple(row.get(name) for name in self._condition.columns)
        if None in values or not all(_fulfils(row, when, self._zone) for when in self._condition.when):
            return False
        kinds = tuple(_kind(value) for value in values)
        if kinds not in self._fitted:
            fitted = ([fits(v, k, self._zone) for v, k in zip(key, kinds, strict=True)] for key in self._condition.keys)
            self._fitted[kinds] = frozenset(way for ways in fitted for way in product(*ways))
        return values in self._fitted[kinds]


def _fulfils(row: Row, when: When, zone: ZoneInfo) -> bool:
    return _is_one_of(row.get(when.column), when, zone) is not when.negated


def _is_one_of(value: object, when: When, zone: ZoneInfo) -> bool:
    if value is None:
        return None in when.values
    kind = _kind(value)
    return any(value in when_values(text, kind, zone) for text in when.values if text is not None)


def _kind(value: object) -> Kind:
    if isinstance(value, datetime):
        return Kind.LOCAL_TIME if value.tzinfo is None else Kind.INSTANT
    return next((kind for known, kind in _KINDS if isinstance(value, known)), Kind.ANY)


def _looks_so(row: Row, look: Look) -> bool:
    is_cleared = all(row.get(name) is None for name in look.cleared)
    is_masked = all(row.get(name) == value for name, value in look.holding.items())
    return is_cleared and is_masked and all(str(row.get(n)) not in old for n, old in look.replaced.items())


def _storable(rows: list[Row], schema: pa.Schema) -> list[Row]:
    text = {field.name for field in schema if pa.types.is_string(field.type)}
    return [{n: str(v) if n in text and v is not None else v for n, v in row.items()} for row in rows]


def _open(
    contract: SystemContract, url: str, *, time_zone: str, beside: Iterable[SystemContract], apart: Collection[str]
) -> MemoryConnector:
    del url, beside, apart  # it lies apart from every other system
    return MemoryConnector(contract, {}, time_zone=time_zone)


KIND: Final = SystemKind(open=_open)
