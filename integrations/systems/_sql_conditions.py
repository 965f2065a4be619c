"""From a selection to WHERE clauses: how keys are bound, and when a database must be asked in several statements.

* PostgreSQL: one array for each column of a condition, however many keys (``= ANY``; ``unnest`` for composite keys).
* SQLite: one JSON text (``json_each``), or a list where a key is no text and no number.
* Others: lists (``IN``), as many keys in a statement as the database surely takes.

MariaDB and MySQL compare text without regard to case, accents or trailing blanks: there the index finds, and a second
comparison of the bytes decides, so that nobody else's row is taken for the data subject's (law 8).

A clause is built once for each *shape* of a selection; values are bound to it by name, so that the compiled statement
is found again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.type_api import TypeEngine

from data_contracts.errors import ContractMismatch, TerminalError
from data_contracts.keys import Condition, Cutoff
from integrations.systems._sql_tables import SqlColumn, SqlTable
from integrations.systems._values import (
    NO_MATCH,
    PHONE_NOISE,
    Kind,
    cutoff_local,
    cutoff_utc,
    fit,
    key_forms,
    normal_form,
)

Binding = Literal["array", "json", "list"]
Clause = sa.ColumnElement[bool]
Params = dict[str, Any]

_CAPACITY = {"postgresql": 1 << 62, "sqlite": 30_000, "mysql": 20_000, "mariadb": 20_000}
_OTHER_CAPACITY = 900
_WITHOUT_ROW_VALUES = frozenset({"mssql"})


class _Bpchar(sa.types.UserDefinedType[str]):
    """PostgreSQL's ``CHAR`` of any length; a cast to ``CHAR`` alone would cut to one character."""

    cache_ok = True

    def get_col_spec(self, **_kw: object) -> str:
        """The type's name in SQL."""
        return "BPCHAR"


# Without length or precision: a cast to VARCHAR(n) or NUMERIC(p, s) would cut or round a key until it matches.
_ARRAY_TYPES: Mapping[Kind, TypeEngine[Any]] = {
    Kind.PADDED: _Bpchar(),
    Kind.NUMBER: sa.Numeric(),
    Kind.FLOAT: sa.Double(),
    Kind.BOOLEAN: sa.Boolean(),
    Kind.DATE: sa.Date(),
    Kind.LOCAL_TIME: sa.TIMESTAMP(),
    Kind.INSTANT: sa.TIMESTAMP(timezone=True),
    Kind.UUID: sa.Uuid(),
    Kind.BYTES: sa.LargeBinary(),
}
_INTEGERS: Mapping[int, TypeEngine[Any]] = {16: sa.SmallInteger(), 32: sa.Integer(), 64: sa.BigInteger()}


@dataclass(frozen=True, slots=True)
class Term:
    """A condition whose keys are brought to the columns' types, ready to be bound."""

    columns: tuple[str, ...]
    normalise: str
    binding: Binding
    keys: tuple[tuple[Any, ...], ...] = field(repr=False)

    @property
    def shape(self) -> tuple[tuple[str, ...], str, Binding]:
        """What the clause depends on, apart from the values."""
        return self.columns, self.normalise, self.binding


@dataclass(frozen=True, slots=True)
class Part:
    """One statement's share of a selection: rows of ``include`` that no term of ``exclude`` selects.

    Attributes:
        every: every row is included, and ``include`` says nothing.
        earlier: terms too large to be excluded by the database, whose rows came in an earlier part: the
            caller must leave them out (:meth:`Conditions.came_earlier`).
    """

    include: tuple[Term, ...]
    exclude: tuple[Term, ...] = ()
    earlier: tuple[Term, ...] = ()
    every: bool = False

    @property
    def shape(self) -> tuple[object, ...]:
        """What the clause depends on, apart from the values."""
        return self.every, tuple(t.shape for t in self.include), tuple(t.shape for t in self.exclude)


_NO_TERM = Term((), "verbatim", "list", ())


class Conditions:
    """Turns selections into clauses for one database."""

    def __init__(self, dialect: str, zone: ZoneInfo) -> None:
        """``zone``: of times without zone."""
        self._dialect = dialect
        self._zone = zone
        self.capacity = _CAPACITY.get(dialect, _OTHER_CAPACITY)

    # --- keys ----------------------------------------------------------------------------------------------------

    def terms(self, table: SqlTable, conditions: Sequence[Condition]) -> list[Term]:
        """Conditions with at least one key that a row could hold."""
        terms = (self._term(table, condition) for condition in conditions)
        return [term for term in terms if term.keys]

    def _term(self, table: SqlTable, condition: Condition) -> Term:
        columns = [table.column(name) for name in condition.columns]
        if condition.normalise != "verbatim":
            keys = tuple((form,) for form in key_forms(condition, self._zone))
            return Term(condition.columns, condition.normalise, self._binding(keys), keys)
        fitted = {tuple(self._fit(v, c) for v, c in zip(key, columns, strict=True)) for key in condition.keys}
        kept = tuple(key for key in fitted if NO_MATCH not in key)
        return Term(condition.columns, "verbatim", self._binding(kept), kept)

    def _fit(self, value: object, column: SqlColumn) -> object:
        fitted = fit(value, column.kind, self._zone, column.bits)
        if column.kind is Kind.INSTANT and fitted is not NO_MATCH and self._is_mysql:
            return cutoff_utc(fitted)  # type: ignore[arg-type]  # an INSTANT fits as an aware datetime
        return fitted

    @property
    def _is_mysql(self) -> bool:
        return self._dialect in {"mysql", "mariadb"}

    def _binding(self, keys: Sequence[tuple[Any, ...]]) -> Binding:
        if self._dialect == "postgresql":
            return "array"
        if self._dialect == "sqlite" and all(isinstance(v, str | int | float) for key in keys for v in key):
            return "json"
        return "list"

    # --- statements ------------------------------------------------------------------------------------------------

    def spare(self, parts: Sequence[Part], spared: Sequence[Term], path: str) -> list[Part]:
        """The parts without the rows that a term of ``spared`` selects.

        Raises:
            TerminalError: when the database does not take as many keys in a statement.
        """
        if sum(self._weight(term) for term in spared) > self.capacity:
            raise TerminalError(
                "more rows are spared than this database takes in one statement",
                where=path,
                remedy="tell the maintainers; nothing was changed",
            )
        return [replace(part, exclude=(*part.exclude, *spared)) for part in parts]

    def parts(self, terms: Sequence[Term]) -> list[Part]:
        """Statements that together give each selected row once; none when nothing can be selected."""
        if not terms:
            return []
        if sum(self._weight(t) for t in terms) <= self.capacity:
            return [Part(tuple(terms))]
        room = self.capacity // 2
        large = sorted(terms, key=self._weight)
        small: list[Term] = []
        while large and sum(map(self._weight, [*small, large[0]])) <= room:
            small.append(large.pop(0))
        parts = [Part(tuple(small))] if small else []
        for i, term in enumerate(large):
            parts += [Part((chunk,), tuple(small), tuple(large[:i])) for chunk in self._chunks(term, room)]
        return parts

    def earlier_test(self, table: SqlTable, part: Part) -> tuple[tuple[str, ...], Callable[[Sequence[Any]], bool]]:
        """Columns to read along with a part, and a test of their values: did the row come in an earlier part?"""
        names = tuple(dict.fromkeys(c for term in part.earlier for c in term.columns))
        tests = [
            ([names.index(c) for c in t.columns], [table.column(c) for c in t.columns], t.normalise, frozenset(t.keys))
            for t in part.earlier
        ]

        def came_earlier(values: Sequence[Any]) -> bool:
            return any(
                tuple(self._stored(values[i], c, normalise) for i, c in zip(places, columns, strict=True)) in keys
                for places, columns, normalise, keys in tests
            )

        return names, came_earlier

    def _stored(self, value: Any, column: SqlColumn, normalise: str) -> object:  # noqa: ANN401  # a driver's value
        return self._fit(value, column) if normalise == "verbatim" else normal_form(value, normalise)

    def exact(self, table: SqlTable, column: str) -> tuple[Any, Callable[[object], object]]:
        """An expression that tells the column's values apart byte by byte, and how to bind a value to compare."""
        live = table.column(column)
        if not self._is_loose(table, column, _NO_TERM):
            return live.clause, lambda value: value
        return self._by_bytes(live.clause), _encoded if self._is_mysql else lambda value: value

    def fitted(self, table: SqlTable, column: str, value: object) -> object:
        """``value`` as the column would hold it, else :data:`NO_MATCH`."""
        return self._fit(value, table.column(column))

    @staticmethod
    def _weight(term: Term) -> int:
        return len(term.keys) * len(term.columns) if term.binding == "list" else 0

    def _chunks(self, term: Term, room: int) -> list[Term]:
        if term.binding != "list":
            return [term]
        size = max(1, room // len(term.columns))
        starts = range(0, len(term.keys), size)
        return [Term(term.columns, term.normalise, term.binding, term.keys[i : i + size]) for i in starts]

    # --- clauses ---------------------------------------------------------------------------------------------------

    def where(self, table: SqlTable, part: Part, cutoffs: Sequence[Cutoff]) -> Clause:
        """The clause of a part; its bound values come from :meth:`params`."""
        terms = [self._clause(table, term, f"rf_k{i}") for i, term in enumerate(part.include)]
        included = sa.true() if part.every else sa.or_(sa.false(), *terms)
        excluded = [self._clause(table, term, f"rf_x{i}") for i, term in enumerate(part.exclude)]
        without = [sa.not_(sa.func.coalesce(clause, sa.false())) for clause in excluded]
        bounds = [self._cutoff(table, cutoff, f"rf_c{i}") for i, cutoff in enumerate(cutoffs)]
        return sa.and_(included, *without, *bounds)

    def params(self, table: SqlTable, part: Part, cutoffs: Sequence[Cutoff]) -> Params:
        """Values by the names that :meth:`where` gave them."""
        params: Params = {}
        for prefix, terms in (("rf_k", part.include), ("rf_x", part.exclude)):
            for i, term in enumerate(terms):
                params |= self._values(table, term, f"{prefix}{i}")
        for i, cutoff in enumerate(cutoffs):
            params |= self._cutoff_values(table, cutoff, f"rf_c{i}")
        return params

    def _clause(self, table: SqlTable, term: Term, name: str) -> Clause:
        columns = [self._normal(table.column(c), term.normalise) for c in term.columns]
        if term.binding == "array":
            return self._in_arrays(columns, [table.column(c) for c in term.columns], term, name)
        loose = [self._is_loose(table, c, term) for c in term.columns]
        if term.normalise != "verbatim" and any(loose):
            return self._in(self._exact(columns, loose), term, f"{name}b")
        found = self._in(columns, term, name)
        return sa.and_(found, self._in(self._exact(columns, loose), term, f"{name}b")) if any(loose) else found

    @staticmethod
    def _is_loose(table: SqlTable, column: str, term: Term) -> bool:
        is_text = table.column(column).kind in {Kind.TEXT, Kind.PADDED, Kind.OTHER, Kind.LOOSE, Kind.ANY}
        return table.compares_loosely and (is_text or term.normalise != "verbatim")

    def _exact(self, columns: Sequence[Any], loose: Sequence[bool]) -> list[Any]:
        return [self._by_bytes(c) if is_loose else c for c, is_loose in zip(columns, loose, strict=True)]

    def _by_bytes(self, column: Any) -> Any:  # noqa: ANN401  # any SQL expression
        if self._is_mysql:
            return sa.cast(sa.cast(column, mysql.CHAR(charset="utf8mb4")), mysql.BINARY)
        return sa.collate(column, "BINARY")

    def _in(self, columns: Sequence[Any], term: Term, name: str) -> Clause:
        if term.binding == "json":
            return _in_json(columns, name)
        if len(columns) == 1:
            return _as_clause(columns[0].in_(sa.bindparam(name, expanding=True)))
        if self._dialect in _WITHOUT_ROW_VALUES:
            return _any_row(columns, len(term.keys), name)
        return _as_clause(sa.tuple_(*columns).in_(sa.bindparam(name, expanding=True)))

    @staticmethod
    def _in_arrays(columns: Sequence[Any], live: Sequence[SqlColumn], term: Term, name: str) -> Clause:
        is_text = term.normalise != "verbatim"
        types = [sa.String() if is_text else _array_type(column) for column in live]
        arrays = [sa.bindparam(f"{name}_{i}", type_=ARRAY(t)) for i, t in enumerate(types)]
        if len(columns) == 1:
            return _as_clause(columns[0] == sa.any_(arrays[0]))
        names = [f"v{i}" for i in range(len(arrays))]
        rows = sa.func.unnest(*arrays).table_valued(*names).render_derived()
        return _as_clause(sa.tuple_(*columns).in_(sa.select(*(rows.c[n] for n in names))))

    def _normal(self, column: SqlColumn, normalise: str) -> Any:  # noqa: ANN401  # any SQL expression
        if normalise == "verbatim":
            return column.clause
        clause = column.clause if column.kind in {Kind.TEXT, Kind.PADDED} else sa.cast(column.clause, self._text())
        if normalise == "email":
            return sa.func.lower(sa.func.trim(clause))
        for noise in PHONE_NOISE:
            clause = sa.func.replace(clause, noise, "")
        return clause

    def _text(self) -> TypeEngine[str]:
        return mysql.CHAR(charset="utf8mb4") if self._is_mysql else sa.Text()

    def _values(self, table: SqlTable, term: Term, name: str) -> Params:
        if term.binding == "array":
            return {f"{name}_{i}": list(values) for i, values in enumerate(zip(*term.keys, strict=True))}
        loose = [self._is_loose(table, c, term) for c in term.columns]
        single = len(term.columns) == 1
        keys = [k[0] for k in term.keys] if single else list(term.keys)
        if term.binding == "json":
            text = json.dumps(keys)
            return {name: text, f"{name}b": text} if any(loose) else {name: text}
        if self._dialect in _WITHOUT_ROW_VALUES and not single:
            return {f"{name}_{i}_{j}": v for i, key in enumerate(term.keys) for j, v in enumerate(key)}
        if not any(loose):
            return {name: keys}
        raw = [tuple(_encoded(v) if b else v for v, b in zip(k, loose, strict=True)) for k in term.keys]
        exact = {f"{name}b": [k[0] for k in raw] if single else raw}
        if self._dialect == "sqlite":
            exact = {f"{name}b": keys}
        return exact if term.normalise != "verbatim" else {name: keys} | exact

    # --- cutoffs ---------------------------------------------------------------------------------------------------

    def _cutoff(self, table: SqlTable, cutoff: Cutoff, name: str) -> Clause:
        column = table.column(cutoff.column)
        bound: sa.BindParameter[Any] = sa.bindparam(name)
        if column.kind in {Kind.DATE, Kind.LOCAL_TIME, Kind.INSTANT}:
            over = _as_clause(column.clause < sa.bindparam(name, type_=_ARRAY_TYPES[column.kind]))
        elif self._dialect == "sqlite" and not _holds_numbers(column):
            over = _sqlite_over(column, bound, sa.bindparam(f"{name}_utc"))
        elif column.kind in {Kind.TEXT, Kind.PADDED}:
            # ISO 8601 text; anything else is no date, and what has no date is still held.
            over = sa.and_(column.clause.like("____-__-__%"), sa.func.substr(column.clause, 1, 10) < bound)
        else:
            raise ContractMismatch(
                "the column that a retention period starts from holds neither dates nor times",
                where=f"{table.path}.{cutoff.column}",
                remedy="name a date or timestamp column in the contract's retention",
            )
        return over if cutoff.over else sa.not_(sa.func.coalesce(over, sa.false()))

    def _cutoff_values(self, table: SqlTable, cutoff: Cutoff, name: str) -> Params:
        kind = table.column(cutoff.column).kind
        local = cutoff_local(cutoff.before, self._zone)
        if kind is Kind.INSTANT:
            return {name: cutoff_utc(cutoff.before) if self._is_mysql else cutoff.before}
        if kind is Kind.LOCAL_TIME:
            return {name: local}
        if kind is Kind.DATE:
            return {name: local.date()}
        utc = {f"{name}_utc": cutoff_utc(cutoff.before).isoformat(sep=" ", timespec="seconds")}
        return {name: local.date().isoformat()} | (utc if self._dialect == "sqlite" else {})


def _array_type(column: SqlColumn) -> TypeEngine[Any]:
    if column.kind is Kind.INTEGER:
        return _INTEGERS.get(column.bits, sa.BigInteger())
    return _ARRAY_TYPES.get(column.kind, sa.String())


def _in_json(columns: Sequence[Any], name: str) -> Clause:
    row = sa.func.json_each(sa.bindparam(name)).table_valued("value").c.value
    if len(columns) == 1:
        return _as_clause(columns[0].in_(sa.select(row)))
    paths: list[sa.ColumnElement[Any]] = [sa.literal_column(f"'$[{i}]'") for i in range(len(columns))]
    return _as_clause(sa.tuple_(*columns).in_(sa.select(*(sa.func.json_extract(row, path) for path in paths))))


def _any_row(columns: Sequence[Any], count: int, name: str) -> Clause:
    rows = ([c == sa.bindparam(f"{name}_{i}_{j}") for j, c in enumerate(columns)] for i in range(count))
    return sa.or_(*(sa.and_(*row) for row in rows))


def _holds_numbers(column: SqlColumn) -> bool:
    return isinstance(column.type, sa.Integer | sa.Numeric | sa.LargeBinary) and type(column.type) is not sa.Numeric


def _sqlite_over(column: SqlColumn, local: Any, utc: Any) -> Clause:  # noqa: ANN401  # SQL expressions
    day = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*"
    has_zone = sa.or_(column.clause.op("GLOB")("*:*[+-][0-9][0-9]:[0-9][0-9]"), column.clause.op("GLOB")("*:*Z"))
    before = sa.case((has_zone, sa.func.datetime(column.clause) < utc), else_=column.clause < local)
    return sa.and_(sa.func.typeof(column.clause) == "text", column.clause.op("GLOB")(day), before)


def _encoded(value: object) -> object:
    return value.encode() if isinstance(value, str) else value


def _as_clause(expression: Any) -> Clause:  # noqa: ANN401  # SQLAlchemy types comparisons of Any as Any
    clause: Clause = expression
    return clause
