"""Changing a SQL database: the statements of an order, and the count of rows that do not look as ordered.

One order is one statement where it can be. Many values to replace go to PostgreSQL as one JSON object, and to SQLite
as a function. Elsewhere they are replaced some at a time; then columns that the selection itself looks at are changed
last, because a row that no longer matches would be left half changed.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Look, MoveKeys, Order, Selection
from data_contracts.errors import ContractMismatch
from integrations.systems.sql.live.containers import as_stored
from integrations.systems.sql.orders.moving import carry_out_at_once, held_off
from integrations.systems.sql.questions.cutoffs import Clause, either
from integrations.systems.sql.questions.query import Asked, Queries
from integrations.systems.sql.questions.terms import Part
from integrations.systems.values import NO_MATCH, Kind

_REPLACED_AT_ONCE = 2_000
_SENT_AT_ONCE = 400
_MOVED_AT_ONCE = 1_000

Changes: TypeAlias = Mapping[str, Any]
_Replacements: TypeAlias = Mapping[str, Mapping[Any, Any]]


class Orders:
    """Carries out orders on one connection, inside its transaction."""

    def __init__(self, queries: Queries, connection: Connection, copies: Collection[str] = ()) -> None:
        """``connection`` must be in a transaction; whoever opened it commits.

        Args:
            queries: of the system.
            connection: to the database.
            copies: tables that are materialised views: their rows change when they are refreshed afterwards.
        """
        self._copies = copies
        self._queries = queries
        self._connection = connection
        self._deletes_row_by_row = connection.dialect.name in {"mysql", "mariadb"}

    def carry_out(self, order: Order) -> int:
        """Carry out one order; the number of rows touched."""
        if isinstance(order, MoveKeys):
            return self._move(order)
        asked = self._queries.ask(order.selection)
        if not asked.parts:
            return 0
        if order.selection.table in self._copies:
            return self._queries.count(self._connection, asked)
        return self._delete(asked) if isinstance(order, DeleteRows) else self._change(asked, order)

    # --- rows ----------------------------------------------------------------------------------------------------

    def _delete(self, asked: Asked) -> int:
        statement = sa.delete(asked.table.clause)
        done = 0
        if asked.table.refers_to_itself and self._deletes_row_by_row:
            # InnoDB checks references row by row: take the rows that no other points at, again and again. The
            # plain statement afterwards fails if something outside the selection still points at what is left.
            polite = statement.prefix_with("IGNORE")
            while touched := self._run(asked, polite):
                done += touched
        return done + self._run(asked, statement)

    def _run(self, asked: Asked, statement: sa.Delete | sa.Update) -> int:
        return sum(self._run_part(asked, part, statement) for part in asked.parts)

    def _run_part(self, asked: Asked, part: Part, statement: sa.Delete | sa.Update, *only: Clause) -> int:
        bound = statement.where(self._queries.where(asked, part), *only)
        return self._connection.execute(bound, self._queries.params(asked, part)).rowcount

    # --- columns -------------------------------------------------------------------------------------------------

    def _change(self, asked: Asked, order: ChangeColumns) -> int:
        fixed = dict.fromkeys(order.clear) | {
            name: self._constant(asked, name, value) for name, value in order.set_to.items()
        }
        replace = {name: self._fitted(asked, name, values) for name, values in order.replace.items()}
        touched = self._queries.count(self._connection, asked)
        conditions = (*order.selection.conditions, *order.selection.spared)
        whens = [*order.selection.when, *(when for condition in conditions for when in condition.when)]
        looked_at = {c for condition in conditions for c in condition.columns} | {when.column for when in whens}
        looked_at |= {cutoff.column for cutoff in order.selection.cutoffs}
        free = {n: v for n, v in fixed.items() if n not in looked_at}
        free_replace = {n: v for n, v in replace.items() if n not in looked_at}
        for name in [n for n, v in free_replace.items() if self._is_divisible(asked, n, v)]:
            self._replace_in_turns(asked, name, free_replace.pop(name), {})
        self._change_at_once(asked, free, free_replace)
        bound = {n: v for n, v in fixed.items() if n in looked_at}
        bound_replace = {n: v for n, v in replace.items() if n in looked_at}
        divisible = [n for n, v in bound_replace.items() if self._is_divisible(asked, n, v)]
        if len(divisible) == 1 and not any(_chains(v) for v in bound_replace.values()):
            values = bound_replace.pop(divisible[0])
            self._replace_in_turns(asked, divisible[0], values, self._changes(asked, bound, bound_replace))
        self._change_at_once(asked, bound, bound_replace)
        return touched

    def written(self, asked: Asked, order: ChangeColumns) -> Changes:
        """What an order writes, by column, as values and expressions; not the columns that it leaves as they are."""
        fixed = dict.fromkeys(order.clear) | {n: self._constant(asked, n, value) for n, value in order.set_to.items()}
        return self._changes(asked, fixed, {n: self._fitted(asked, n, values) for n, values in order.replace.items()})

    # --- keys ----------------------------------------------------------------------------------------------------

    def _move(self, order: MoveKeys) -> int:
        """Replace keys everywhere at once: no reference leads nowhere, not even in between."""
        touched = self._queries.count(self._connection, self._queries.ask(order.selection))
        by_table: dict[str, list[str]] = {}
        for table, name in order.places:
            by_table.setdefault(table, []).append(name)
        with held_off(self._connection):
            for some in _chunks(order.replace, _MOVED_AT_ONCE):
                carry_out_at_once(
                    self._connection, [self._moving(table, names, some) for table, names in by_table.items()]
                )
        return touched

    def _moving(self, table: str, names: Sequence[str], values: Mapping[Any, Any]) -> sa.Update:
        asked = self._queries.ask(Selection(table, (Condition((names[0],), frozenset((v,) for v in values)),)))
        new = {name: self._fitted(asked, name, values) for name in names}
        rows = either([self._is_one_of(asked, name, own) for name, own in new.items() if own])
        changes = {name: self._case(asked, name, own) for name, own in new.items() if own}
        return sa.update(asked.table.clause).values(changes).where(rows)

    def _changes(self, asked: Asked, fixed: Changes, replace: _Replacements) -> dict[str, Any]:
        constants = {name: self._written(asked, name, value) for name, value in fixed.items()}
        return constants | {n: self._replacement(asked, n, v) for n, v in replace.items() if v}

    def _change_at_once(self, asked: Asked, fixed: Changes, replace: _Replacements) -> None:
        changes = self._changes(asked, fixed, replace)
        if changes:
            # A row that is as ordered is left alone: a trigger would write down that it changed, again and again.
            self._update(asked, changes, either(self._unlike(asked, fixed, replace)))

    def _unlike(self, asked: Asked, fixed: Changes, replace: _Replacements) -> Iterator[Clause]:
        """Signs of a row that is not yet as ordered."""
        for name, value in fixed.items():
            compared, bound = self._queries.conditions.exact(asked.table, name)
            yield compared.is_not(None) if value is None else compared.is_distinct_from(bound(value))
        for name, values in replace.items():
            if values:
                yield self._is_one_of(asked, name, values) if len(values) <= _SENT_AT_ONCE else sa.true()

    def _replace_in_turns(self, asked: Asked, name: str, values: Mapping[Any, Any], also: Changes) -> None:
        """Replace values some at a time; rows that hold one of them get the other changes in the same statement."""
        for some in _chunks(values, _REPLACED_AT_ONCE):
            changes = {**also, name: self._case(asked, name, some)}
            self._update(asked, changes, self._is_one_of(asked, name, some))

    def _update(self, asked: Asked, changes: Changes, *only: Clause) -> None:
        for table_part in asked.parts:
            self._run_part(asked, table_part, sa.update(asked.table.clause).values(dict(changes)), *only)

    def _is_divisible(self, asked: Asked, name: str, values: Mapping[Any, Any]) -> bool:
        return len(values) > _REPLACED_AT_ONCE and not _chains(values) and not self._looks_up(asked, name)

    def _looks_up(self, asked: Asked, name: str) -> bool:
        """Whether the database can look a replacement up, so that their number does not matter."""
        dialect, kind = self._connection.dialect.name, asked.table.column(name).kind
        return dialect == "sqlite" or (dialect == "postgresql" and kind in {Kind.TEXT, Kind.PADDED})

    def _replacement(self, asked: Asked, name: str, values: Mapping[Any, Any]) -> sa.ColumnElement[Any]:
        if len(values) <= _SENT_AT_ONCE or not self._looks_up(asked, name):
            return self._case(asked, name, values)
        column = asked.table.clause.c[name]
        if self._connection.dialect.name == "sqlite":
            function = f"rightsflow_replacement_{sorted(asked.table.columns).index(name)}"
            driver: Any = self._connection.connection.driver_connection
            driver.create_function(function, 1, lambda value: values.get(value, value))
            found: sa.ColumnElement[Any] = getattr(sa.func, function)(column)
            return found
        by_old = sa.cast(sa.literal(json.dumps(values), sa.Text()), postgresql.JSONB)
        return sa.func.coalesce(by_old.op("->>", return_type=sa.Text())(sa.cast(column, sa.Text())), column)

    def _case(self, asked: Asked, name: str, values: Mapping[Any, Any]) -> sa.ColumnElement[Any]:
        compared, bound = self._queries.conditions.exact(asked.table, name)
        column = asked.table.clause.c[name]
        made = {bound(old): self._written(asked, name, new) for old, new in values.items()}
        return sa.case(made, value=compared, else_=column)

    def _written(self, asked: Asked, name: str, new: object) -> object:
        live = asked.table.column(name)
        is_cast = self._connection.dialect.name == "postgresql" and live.kind is Kind.OTHER
        return as_stored(new, live.type) if is_cast and isinstance(new, str) else new

    def _is_one_of(self, asked: Asked, name: str, values: Mapping[Any, Any]) -> Clause:
        compared, bound = self._queries.conditions.exact(asked.table, name)
        clause: Clause = compared.in_([bound(old) for old in values])
        return clause

    def _constant(self, asked: Asked, name: str, value: object) -> object:
        fitted = None if value is None else _held(self._queries, asked, name, value)
        if fitted is NO_MATCH:
            raise ContractMismatch(
                "the column cannot hold the value that it is to be given",
                where=f"{asked.table.path}.{name}",
                remedy="declare a `replacement` that it holds, or another way of erasing, then try again",
            )
        return fitted

    def _fitted(self, asked: Asked, name: str, values: Mapping[Any, Any]) -> dict[Any, Any]:
        fitted = {self._queries.conditions.fitted(asked.table, name, old): new for old, new in values.items()}
        return {old: self._constant(asked, name, new) for old, new in fitted.items() if old is not NO_MATCH}


def _chunks(values: Mapping[Any, Any], size: int) -> Iterator[dict[Any, Any]]:
    pairs = iter(values.items())
    while chunk := dict(islice(pairs, size)):
        yield chunk


def _chains(values: Mapping[Any, Any]) -> bool:
    """Whether a value's replacement is itself replaced, so that replacing in turns would replace twice."""
    return not values.keys().isdisjoint(values.values())


def _held(queries: Queries, asked: Asked, name: str, value: object) -> object:
    """A constant as the column holds it; :data:`NO_MATCH` where it cannot."""
    fitted = queries.conditions.fitted(asked.table, name, value)
    if fitted is NO_MATCH and isinstance(value, bool):
        # MariaDB keeps yes and no as TINYINT(1), which its driver reads as an integer.
        return queries.conditions.fitted(asked.table, name, int(value))
    return fitted


def count_unlike(queries: Queries, connection: Connection, asked: Asked, look: Look) -> int:
    """How many selected rows do not look as ``look`` says."""
    table, conditions = asked.table, queries.conditions
    signs: list[Clause] = [table.column(name).clause.is_not(None) for name in look.cleared]
    for name, value in look.holding.items():
        compared, bound = conditions.exact(table, name)
        held = _held(queries, asked, name, value)
        # A value that the column cannot hold is in no row.
        signs.append(sa.true() if held is NO_MATCH else compared.is_distinct_from(bound(held)))
    old = {name: _old_values(queries, asked, name, values) for name, values in look.replaced.items()}
    is_few = sum(map(len, old.values())) <= _SENT_AT_ONCE
    count = _count_in_database if is_few else _count_here
    return count(queries, connection, asked, [either(signs)], old)


def _old_values(queries: Queries, asked: Asked, name: str, values: frozenset[Any]) -> frozenset[Any]:
    fitted = (queries.conditions.fitted(asked.table, name, value) for value in values)
    return frozenset(value for value in fitted if value is not NO_MATCH)


def _count_in_database(
    queries: Queries, connection: Connection, asked: Asked, signs: Sequence[Clause], old: Mapping[str, frozenset[Any]]
) -> int:
    signs = list(signs)
    for name, values in old.items():
        compared, bound = queries.conditions.exact(asked.table, name)
        signs.append(compared.in_([bound(value) for value in values]))
    return queries.count(connection, asked, either(signs))


def _count_here(
    queries: Queries, connection: Connection, asked: Asked, signs: Sequence[Clause], old: Mapping[str, frozenset[Any]]
) -> int:
    """Too many old values to send: look at each row's values, without keeping any."""
    names = tuple(old)
    flag = sa.case((either(signs), 1), else_=0)
    live = [asked.table.column(name) for name in names]
    found = 0
    for batch in queries.rows(connection, asked, names, also=[flag]):
        for row in batch:
            stored = (queries.conditions.fitted(asked.table, c.name, v) for c, v in zip(live, row, strict=False))
            found += bool(row[len(names)]) or any(v in old[n] for n, v in zip(names, stored, strict=True))
    return found
