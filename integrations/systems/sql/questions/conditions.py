"""From a selection to WHERE clauses: how keys are bound, and when a database must be asked in several statements.

* PostgreSQL: one array for each column of a condition, however many keys (``= ANY``; ``unnest`` for composite keys).
* SQLite: one JSON text (``json_each``), or a list where a key is no text and no number.
* Others: lists (``IN``), as many keys in a statement as the database surely takes.

Some databases compare text without regard to case, accents or trailing blanks: there the index finds, and a second
comparison of the bytes decides, so that nobody else's row is taken for the data subject's (law 8). It is left out where
a condition says that the database's own equality counts.

A clause is built once for each *shape* of a selection; values are bound to it by name, so that the compiled statement
is found again.
"""

import json
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects.postgresql import ARRAY

from data_contracts.connectors.keys import Condition, Cutoff, When
from integrations.systems.sql.live.columns import SqlColumn
from integrations.systems.sql.live.tables import SqlTable
from integrations.systems.sql.live.types import array_type
from integrations.systems.sql.questions.cutoffs import Clause, as_clause, cutoff_clause, cutoff_values
from integrations.systems.sql.questions.odd_keys import are_raw, as_array, from_mysql, is_plain, odd_key, raw_ones
from integrations.systems.sql.questions.terms import Binding, Part, Term
from integrations.systems.values import NO_MATCH, Kind, cutoff_utc, fit, fits, when_values

Params = dict[str, Any]

_CAPACITY = {"postgresql": 1 << 62, "sqlite": 30_000, "mysql": 20_000, "mariadb": 20_000}
_OTHER_CAPACITY = 900
_WITHOUT_ROW_VALUES = frozenset({"mssql"})


class Conditions:
    """Turns selections into clauses for one database."""

    def __init__(self, dialect: str, zone: ZoneInfo) -> None:
        """``zone``: of times without zone."""
        self.dialect = dialect
        self.zone = zone
        self.is_mysql = dialect in {"mysql", "mariadb"}
        self.capacity = _CAPACITY.get(dialect, _OTHER_CAPACITY)

    # --- keys ----------------------------------------------------------------------------------------------------

    def terms(self, table: SqlTable, conditions: Sequence[Condition]) -> list[Term]:
        """Conditions with at least one key that a row could hold."""
        terms = (self._term(table, condition) for condition in conditions)
        return [term for term in terms if not term.is_impossible]

    def _term(self, table: SqlTable, condition: Condition) -> Term:
        columns = [table.column(name) for name in condition.columns]
        keys = {
            key
            for given in condition.keys
            for key in product(*(self._fits(value, c) for value, c in zip(given, columns, strict=True)))
        }
        guards = tuple(self.guard(table, when) for when in condition.when)
        kept = tuple(keys)
        return Term(condition.columns, self._binding(kept), kept, condition.as_database, guards=guards)

    def guard(self, table: SqlTable, when: When) -> Term:
        """A condition on another column, in the types of that column."""
        column = table.column(when.column)
        texts = [text for text in when.values if text is not None]
        values = (
            value for text in texts for value in when_values(text, column.kind, column.zone or self.zone, column.bits)
        )
        keys = tuple(dict.fromkeys((value,) for value in values if _is_taken(value, column)))
        return Term((when.column,), self._binding(keys), keys, or_null=None in when.values, negated=when.negated)

    def _fits(self, value: object, column: SqlColumn) -> tuple[object, ...]:
        if column.kind is Kind.INSTANT and self.is_mysql:
            fitted = self.fitted_to(value, column)
            return () if fitted is NO_MATCH else (fitted,)
        ways = fits(value, column.kind, column.zone or self.zone, column.bits)
        if not ways and (odd := odd_key(value, column, self.dialect)) is not NO_MATCH:
            return (odd,)
        if self.dialect == "sqlite" and isinstance(value, bytes):
            ways = (value, *ways)  # any column may hold a BLOB there
        if self.dialect == "sqlite" and isinstance(column.type, sa.LargeBinary):
            ways = (*ways, *fits(value, Kind.BYTES, self.zone))
        return tuple(way for way in dict.fromkeys(ways) if _is_taken(way, column))

    def fitted_to(self, value: object, column: SqlColumn) -> object:
        """``value`` as the column would hold it, else :data:`NO_MATCH`."""
        fitted = fit(value, column.kind, column.zone or self.zone, column.bits)
        if fitted is NO_MATCH:
            return odd_key(value, column, self.dialect)
        if column.kind is Kind.INSTANT and self.is_mysql:
            return cutoff_utc(fitted)  # type: ignore[arg-type]  # an INSTANT fits as an aware datetime
        return fitted

    def fitted(self, table: SqlTable, column: str, value: object) -> object:
        """``value`` as the column of that name would hold it, else :data:`NO_MATCH`."""
        if self.dialect == "sqlite" and isinstance(value, bytes):
            return value
        live = table.column(column)
        return self.fitted_to(from_mysql(value, live) if self.is_mysql else value, live)

    def _binding(self, keys: Sequence[tuple[Any, ...]]) -> Binding:
        if self.dialect == "postgresql":
            return "array"
        if self.dialect == "sqlite" and all(is_plain(v) for key in keys for v in key):
            return "json"
        is_raw = self.dialect == "sqlite" and are_raw(value for key in keys for value in key)
        return "raw" if is_raw else "list"

    def exact(self, table: SqlTable, column: str) -> tuple[Any, Callable[[object], object]]:
        """An expression that tells the column's values apart byte by byte, and how to bind a value to compare."""
        live = table.column(column)
        if not live.is_loose:
            return live.clause, lambda value: value
        return self.by_bytes(live.clause), _encoded if self.is_mysql else lambda value: value

    # --- clauses ---------------------------------------------------------------------------------------------------

    def where(self, table: SqlTable, part: Part, cutoffs: Sequence[Cutoff]) -> Clause:
        """The clause of a part; its bound values come from :meth:`params`."""
        clauses = {name: self.clause(table, term, name) for name, term in part.named()}
        included = [clauses[f"rf_k{i}"] for i in range(len(part.include))]
        excluded = [clauses[f"rf_x{i}"] for i in range(len(part.exclude))]
        return sa.and_(
            sa.true() if part.every else sa.or_(sa.false(), *included),
            *(sa.not_(sa.func.coalesce(clause, sa.false())) for clause in excluded),
            *(clauses[f"rf_g{i}"] for i in range(len(part.guards))),
            *(cutoff_clause(table, cutoff, f"rf_c{i}", self.dialect) for i, cutoff in enumerate(cutoffs)),
        )

    def params(self, table: SqlTable, part: Part, cutoffs: Sequence[Cutoff]) -> Params:
        """Values by the names that :meth:`where` gave them."""
        params: Params = {}
        for name, term in part.named():
            params |= self.values(table, term, name)
        for i, cutoff in enumerate(cutoffs):
            params |= cutoff_values(table, cutoff, f"rf_c{i}", dialect=self.dialect, zone=self.zone)
        return params

    def clause(self, table: SqlTable, term: Term, name: str) -> Clause:
        """The clause of one term; its bound values come from :meth:`values`."""
        found = self._holds(table, term, name)
        if term.or_null:
            found = sa.or_(table.column(term.columns[0]).clause.is_(None), found)
        if term.negated:
            found = sa.not_(sa.func.coalesce(found, sa.false()))
        return sa.and_(found, *(self.clause(table, guard, f"{name}g{i}") for i, guard in enumerate(term.guards)))

    def _holds(self, table: SqlTable, term: Term, name: str) -> Clause:
        live = [table.column(column) for column in term.columns]
        columns = [c.own if term.by_database and c.is_citext else c.clause for c in live]
        compare = self._in_arrays if term.binding == "array" else self._in
        found = compare(columns, live, term, name)
        if term.by_database or not any(column.is_loose for column in live):
            return found
        exact = [self.by_bytes(c) if column.is_loose else c for c, column in zip(columns, live, strict=True)]
        return sa.and_(found, compare(exact, live, term, name if term.binding == "array" else f"{name}b"))

    def by_bytes(self, column: Any) -> Any:  # noqa: ANN401  # any SQL expression
        """Text that compares byte by byte."""
        if self.is_mysql:
            return sa.cast(sa.cast(column, mysql.CHAR(charset="utf8mb4")), mysql.BINARY)
        return sa.collate(column, "C" if self.dialect == "postgresql" else "BINARY")

    def _in(self, columns: Sequence[Any], _live: Sequence[SqlColumn], term: Term, name: str) -> Clause:
        if term.binding == "json":
            return _in_json(columns, name)
        if term.binding == "raw":
            columns = [_raw(column, f"{name}r{i}") for i, column in enumerate(columns)]
        if len(columns) == 1:
            return as_clause(columns[0].in_(sa.bindparam(name, expanding=True)))
        if self.dialect in _WITHOUT_ROW_VALUES:
            return _any_row(columns, len(term.keys), name)
        return as_clause(sa.tuple_(*columns).in_(sa.bindparam(name, expanding=True)))

    @staticmethod
    def _in_arrays(columns: Sequence[Any], live: Sequence[SqlColumn], term: Term, name: str) -> Clause:
        types = [array_type(column, by_database=term.by_database) for column in live]
        arrays = [sa.bindparam(f"{name}_{i}", type_=ARRAY(t)) for i, t in enumerate(types)]
        if len(columns) == 1:
            return as_clause(columns[0] == sa.any_(arrays[0]))
        names = [f"v{i}" for i in range(len(arrays))]
        rows = sa.func.unnest(*arrays).table_valued(*names).render_derived()
        return as_clause(sa.tuple_(*columns).in_(sa.select(*(rows.c[n] for n in names))))

    def values(self, table: SqlTable, term: Term, name: str) -> Params:
        """Values of a term's clause, and of its guards', by name."""
        params = self._own_values(table, term, name)
        for i, guard in enumerate(term.guards):
            params |= self.values(table, guard, f"{name}g{i}")
        return params

    def _own_values(self, table: SqlTable, term: Term, name: str) -> Params:
        if term.binding == "array":
            by_column = zip(*term.keys, strict=True) if term.keys else ((),) * len(term.columns)
            live = [table.column(column) for column in term.columns]
            made = (as_array(list(values), c) for values, c in zip(by_column, live, strict=True))
            return {f"{name}_{i}": values for i, values in enumerate(made)}
        loose = [table.column(column).is_loose and not term.by_database for column in term.columns]
        single = len(term.columns) == 1
        keys = [k[0] for k in term.keys] if single else list(term.keys)
        if term.binding == "json":
            text = json.dumps(keys)
            return {name: text, f"{name}b": text} if any(loose) else {name: text}
        if self.dialect in _WITHOUT_ROW_VALUES and not single:
            return {f"{name}_{i}_{j}": v for i, key in enumerate(term.keys) for j, v in enumerate(key)}
        if term.binding == "raw":
            held = {"": keys} | {f"r{i}": raw_ones(values) for i, values in enumerate(zip(*term.keys, strict=True))}
            return {f"{name}{b}{r}": v for b in ("", "b")[: 1 + any(loose)] for r, v in held.items()}
        if not any(loose):
            return {name: keys}
        raw = [
            tuple(_encoded(v) if b and self.is_mysql else v for v, b in zip(k, loose, strict=True)) for k in term.keys
        ]
        return {name: keys, f"{name}b": [k[0] for k in raw] if single else raw}


def _is_taken(value: object, column: SqlColumn) -> bool:
    return not isinstance(value, str) or column.facts.takes(value)


def _in_json(columns: Sequence[Any], name: str) -> Clause:
    row = sa.func.json_each(sa.bindparam(name)).table_valued("value").c.value
    if len(columns) == 1:
        return as_clause(columns[0].in_(sa.select(row)))
    paths: list[sa.ColumnElement[Any]] = [sa.literal_column(f"'$[{i}]'") for i in range(len(columns))]
    return as_clause(sa.tuple_(*columns).in_(sa.select(*(sa.func.json_extract(row, path) for path in paths))))


def _raw(column: Any, name: str) -> Any:  # noqa: ANN401  # SQL expressions
    """The column, but the bytes of a text that is no UTF-8 and one of those sought."""
    stored = sa.cast(column, sa.LargeBinary())
    is_sought = sa.and_(sa.func.typeof(column) == "text", stored.in_(sa.bindparam(name, expanding=True)))
    return sa.type_coerce(sa.case((is_sought, stored), else_=column), sa.types.NullType())


def _any_row(columns: Sequence[Any], count: int, name: str) -> Clause:
    rows = ([c == sa.bindparam(f"{name}_{i}_{j}") for j, c in enumerate(columns)] for i in range(count))
    return sa.or_(*(sa.and_(*row) for row in rows))


def _encoded(value: object) -> object:
    return value.encode() if isinstance(value, str) else value
