"""A rehearsal in a SQL database: the orders in one transaction, on a connection that cannot commit (law 13).

The order:

1. what cannot be taken back is found out first, and left alone (:mod:`integrations.systems.sql.orders.obstacles`);
2. each order is carried out behind a savepoint; one that is refused is taken back, and the next is tried;
3. an order for several columns that is refused without naming one is tried column by column, to find it;
4. what the database would look at when committing (deferred constraints) is looked at;
5. rows that appeared where no contract looks are counted, and everything is rolled back.
"""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.connecting import LiveSchema
from data_contracts.connectors.keys import ChangeColumns, DeleteRows, MoveKeys, Order
from data_contracts.connectors.rehearsing import (
    Appeared,
    Limits,
    MadeUpRow,
    NotRehearsed,
    Refusal,
    RefusalKind,
    Rehearsal,
    RehearsedTable,
)
from data_contracts.errors import ContractMismatch
from integrations.systems.sql.connection.engine import Engines, limit
from integrations.systems.sql.connection.errors import why_not_rehearsed
from integrations.systems.sql.connection.refusals import refusal_of
from integrations.systems.sql.orders.obstacles import counts, more, surroundings
from integrations.systems.sql.orders.planting import stored
from integrations.systems.sql.orders.statements import Orders
from integrations.systems.sql.questions.query import Queries

_UNSAID: Final = frozenset(
    {RefusalKind.TYPE, RefusalKind.LENGTH, RefusalKind.CHECK, RefusalKind.OTHER, RefusalKind.GENERATED}
)
"""Refusals whose column is looked for, where the database does not name it."""
_DEFERRED: Final = sa.text("SELECT name FROM sqlite_master WHERE sql LIKE '%initially%deferred%' AND type = 'table'")


class SqlRehearsal:
    """One rehearsal; use it once.

    Args:
        contract: what the system holds.
        live: what it really holds.
        queries: of the system.
        limits: how much others may be held up.
        copies: materialised views, whose rows change when they are refreshed afterwards.
    """

    def __init__(
        self, contract: SystemContract, live: LiveSchema, queries: Queries, limits: Limits, copies: Collection[str] = ()
    ) -> None:
        self._live = live
        self._copies = copies
        self._queries = queries
        self._limits = limits
        self._names = {(t.physical_name or t.name).rpartition(".")[2]: t.name for t in contract.tables}
        self._places = {name: place for place, name in self._names.items()}
        self._known = {place: set(live.tables.get(name, ())) for place, name in self._names.items()}
        self._until = time.monotonic() + limits.total_seconds
        self._found: dict[str, RehearsedTable] = {}

    def run(self, engines: Engines, orders: Sequence[Order], made_up: Sequence[MadeUpRow] = ()) -> Rehearsal:
        """Carry the orders out and take everything back; selections must be exact already."""
        for order in orders:
            self._found.setdefault(order.selection.table, RehearsedTable(order.selection.table))
        appeared: tuple[Appeared, ...] = ()
        try:
            with engines.rehearsing(self._limits.lock_seconds, self._limits.total_seconds) as connection:
                appeared = self._carry_out(connection, orders, made_up)
        except sa.exc.DBAPIError as error:
            if (why := why_not_rehearsed(error)) is None:
                raise
            self._stop(why, orders)
        return Rehearsal(tuple(self._found.values()), appeared)

    def _carry_out(
        self, connection: Connection, orders: Sequence[Order], made_up: Sequence[MadeUpRow]
    ) -> tuple[Appeared, ...]:
        hanging = surroundings(connection)
        touched = {self._places.get(table, table) for table in self._found}
        for table in self._found:
            if (obstacle := hanging.obstacle(self._places.get(table, table))) is not None:
                self._leave_out(table, *obstacle)
        reached = {name for place in touched for name in hanging.reached(place)} - self._places_declared()
        for row in made_up:
            self._insert(connection, row)
        before, dangling = counts(connection, reached), _dangling(connection)
        for number, order in enumerate(orders):
            if (why := self._try(connection, order)) is not None:
                self._stop(why, orders[number:])
                break
        else:
            self._look_as_at_commit(connection, dangling)
        after = counts(connection, reached)
        return tuple(Appeared(name, rows) for name, rows in more(before, after, self._places_declared()))

    def _places_declared(self) -> set[str]:
        return set(self._names)

    def _insert(self, connection: Connection, row: MadeUpRow) -> None:
        """Insert a row that is made up; a table without one is not rehearsed."""
        live = self._queries.tables[row.table]
        if row.table not in self._found or self._found[row.table].not_rehearsed is not None:
            return
        point = connection.begin_nested()
        values = {name: stored(connection, live.column(name), value) for name, value in row.values.items()}
        try:
            connection.execute(sa.insert(live.clause).values(values))
        except sa.exc.DBAPIError as error:
            point.rollback()
            why = why_not_rehearsed(error)
            found = replace(refusal_of(error, self._known, row.table), statement="insert")
            about = ".".join(filter(None, (found.column, found.constraint))) or found.kind.value
            self._leave_out(row.table, why or NotRehearsed.NO_ROW, "" if why else about)
        else:
            point.commit()

    def _try(self, connection: Connection, order: Order) -> NotRehearsed | None:
        """Try one order; why no other can be tried, where the transaction is lost or the time is over."""
        table = order.selection.table
        if self._found[table].not_rehearsed is not None:
            return None
        if (left := self._until - time.monotonic()) <= 0:
            return NotRehearsed.TOO_LONG
        limit(connection, left)
        error = self._refused(connection, order)
        if isinstance(error, ContractMismatch):
            column = error.where.rpartition(".")[2]
            self._note(table, Refusal(table, RefusalKind.TYPE, "update", column))
        elif error is not None and (why := why_not_rehearsed(error)) is not None:
            if why is NotRehearsed.TOO_LONG or self._is_lost(connection):
                return why
            self._leave_out(table, why)
        elif error is not None:
            found = self._named(connection, order, error)
            if found.kind is RefusalKind.FOREIGN_KEY and (child := self._refused_referrer(table)):
                self._leave_out(table, NotRehearsed.FOLLOWS, child)
            else:
                self._note(table, found)
        return None

    def _refused_referrer(self, table: str) -> str:
        """A table that refers to this one and whose rows are still there, because they were refused."""
        children = (one.table for one in self._live.references if one.to_table == table != one.table)
        return next((c for c in children if c in self._found and not self._found[c].is_accepted), "")

    def _refused(
        self, connection: Connection, order: Order, *, stays: bool = True
    ) -> sa.exc.DBAPIError | ContractMismatch | None:
        """The error of an order; one that is carried out stays for the next ones, where it is said so."""
        point = connection.begin_nested()
        try:
            Orders(self._queries, connection, self._copies).carry_out(order)
        except (sa.exc.DBAPIError, ContractMismatch) as error:
            if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
                raise
            with suppress(sa.exc.DBAPIError):  # a deadlock has taken the savepoint away
                point.rollback()
            return error
        point.commit() if stays else point.rollback()
        return None

    @staticmethod
    def _is_lost(connection: Connection) -> bool:
        """Whether the database rolled the whole transaction back by itself."""
        return not connection.in_transaction() or connection.invalidated

    def _named(self, connection: Connection, order: Order, error: sa.exc.DBAPIError) -> Refusal:
        """The refusal, with the contract's table, and its column where it can be found."""
        place = self._places.get(order.selection.table, order.selection.table)
        found = refusal_of(error, self._known, place)
        found = replace(found, table=self._names.get(found.table, found.table))
        if found.kind is RefusalKind.FOREIGN_KEY and not found.constraint:
            return replace(found, constraint=", ".join(self._referring(order)))
        is_sought = not found.column and found.kind in _UNSAID and isinstance(order, ChangeColumns)
        if is_sought and found.table == order.selection.table:
            return replace(found, column=self._column(connection, order))
        return found

    def _referring(self, order: Order) -> Iterator[str]:
        """References that may be what refuses, where the database (SQLite) does not name it."""
        table = order.selection.table
        for one in self._live.references:
            refers = one.to_table == table and one.on_delete in {"", "RESTRICT"}
            changes = isinstance(order, ChangeColumns | MoveKeys) and table in {one.table, one.to_table}
            if changes or (isinstance(order, DeleteRows) and refers):
                yield f"{one.table}({', '.join(one.columns)})"

    def _column(self, connection: Connection, order: Order) -> str:
        """The one column of an order that is refused by itself; empty where it is none or several."""
        assert isinstance(order, ChangeColumns)  # noqa: S101  # of those alone it is asked
        names = [*order.clear, *order.set_to, *order.replace]
        if len(names) == 1:
            return names[0]
        refused = [name for name in names if self._refused(connection, _only(order, name), stays=False)]
        return refused[0] if len(refused) == 1 else ""

    def _look_as_at_commit(self, connection: Connection, dangling: Mapping[str, set[Any]]) -> None:
        """Look at deferred constraints now, as committing would."""
        if connection.dialect.name == "postgresql":
            point = connection.begin_nested()
            try:
                connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
            except sa.exc.DBAPIError as error:
                point.rollback()
                self._note_deferred(error)
        elif connection.dialect.name == "sqlite":
            self._look_in_sqlite(dangling, _dangling(connection))

    def _note_deferred(self, error: sa.exc.DBAPIError) -> None:
        if (why := why_not_rehearsed(error)) is not None:
            for table in self._found:
                self._leave_out(table, why)
            return
        found = refusal_of(error, self._known)
        owner = self._names.get(found.table, found.table)
        table = owner if owner in self._found else next(iter(self._found))
        self._note(table, replace(found, table=owner))

    def _look_in_sqlite(self, before: Mapping[str, set[Any]], now: Mapping[str, set[Any]]) -> None:
        """Rows whose deferred foreign keys lead nowhere now; those that did before are no matter."""
        for child, rows in now.items():
            for parent in sorted({self._names.get(row[2], row[2]) for row in rows - before.get(child, set())}):
                table = parent if parent in self._found else next(iter(self._found))
                self._note(table, Refusal(parent, RefusalKind.FOREIGN_KEY, "delete", constraint=child))

    # --- what was found --------------------------------------------------------------------------------------------

    def _note(self, table: str, refusal: Refusal) -> None:
        if self._found[table].refusal is None:
            self._found[table] = replace(self._found[table], refusal=refusal)

    def _leave_out(self, table: str, why: NotRehearsed, about: str = "") -> None:
        if self._found[table].refusal is None and self._found[table].not_rehearsed is None:
            self._found[table] = replace(self._found[table], not_rehearsed=why, about=about)

    def _stop(self, why: NotRehearsed, orders: Sequence[Order]) -> None:
        for order in orders:
            self._leave_out(order.selection.table, why)


def _dangling(connection: Connection) -> dict[str, set[Any]]:
    """Rows of tables with deferred foreign keys that refer to nothing, by table (SQLite)."""
    if connection.dialect.name != "sqlite":
        return {}
    quote = connection.dialect.identifier_preparer.quote
    names = connection.execute(_DEFERRED).scalars().all()
    return {n: set(map(tuple, connection.exec_driver_sql(f"PRAGMA foreign_key_check({quote(n)})"))) for n in names}


def _only(order: ChangeColumns, name: str) -> ChangeColumns:
    """The order for one of its columns."""

    def of(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: values[name]} if name in values else {}

    cleared = (name,) if name in order.clear else ()
    return ChangeColumns(order.selection, clear=cleared, set_to=of(order.set_to), replace=of(order.replace))
