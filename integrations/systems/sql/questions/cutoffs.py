"""Cutoffs as SQL: a bound on what a column stores, be it dates, times or ISO 8601 text."""

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from data_contracts.connectors.keys import Cutoff
from integrations.systems.sql.live.columns import SqlColumn
from integrations.systems.sql.live.tables import SqlTable
from integrations.systems.sql.live.types import BOUND_TYPES
from integrations.systems.values import Kind, cutoff_local, cutoff_utc

Clause = sa.ColumnElement[bool]
_MOST_AT_ONCE = 500
_MYSQL = frozenset({"mysql", "mariadb"})


def as_clause(expression: Any) -> Clause:  # noqa: ANN401  # SQLAlchemy types comparisons of Any as Any
    """The same, as what it is."""
    clause: Clause = expression
    return clause


def either(clauses: Iterable[Clause]) -> Clause:
    """Whether one of the clauses is true; of as many as a table has columns.

    SQLite takes an expression of a thousand levels, and counts one for each ``OR``.
    """
    given = list(clauses)
    if len(given) <= _MOST_AT_ONCE:
        return sa.or_(sa.false(), *given)
    some = (given[i : i + _MOST_AT_ONCE] for i in range(0, len(given), _MOST_AT_ONCE))
    return either(as_clause(sa.case((sa.or_(*part), 1), else_=0) == 1) for part in some)


def cutoff_clause(table: SqlTable, cutoff: Cutoff, name: str, dialect: str) -> Clause:
    """Whether a row is before the bound, or not; its bound values come from :func:`cutoff_values`."""
    column = table.column(cutoff.column)
    if cutoff.unread:
        return _unread(column, dialect)
    bound: sa.BindParameter[Any] = sa.bindparam(name)
    if column.kind in {Kind.DATE, Kind.LOCAL_TIME, Kind.INSTANT}:
        over = as_clause(column.clause < sa.bindparam(name, type_=BOUND_TYPES[column.kind]))
        if dialect in _MYSQL:
            over = sa.and_(over, sa.func.year(column.clause) > 0)  # a zero date is no date: the row is still held
    elif dialect == "sqlite" and not _holds_numbers(column):
        over = _sqlite_over(column, bound, sa.bindparam(f"{name}_utc"))
    elif column.kind in {Kind.TEXT, Kind.PADDED}:
        # ISO 8601 text; anything else is no date, and what has no date is still held.
        over = sa.and_(_begins_with_day(column), sa.func.substr(column.clause, 1, 10) < bound)
    else:
        over = as_clause(sa.false())  # numbers are no dates: each of them is unread, and its row still held
    return over if cutoff.over else sa.not_(sa.func.coalesce(over, sa.false()))


def cutoff_values(table: SqlTable, cutoff: Cutoff, name: str, *, dialect: str, zone: ZoneInfo) -> dict[str, Any]:
    """Values by the names that :func:`cutoff_clause` gave them."""
    column = table.column(cutoff.column)
    kind = column.kind
    if cutoff.unread or not _is_legible(column, dialect):
        return {}
    local = cutoff_local(cutoff.before, column.zone or zone, is_doubtful=column.is_doubtful)
    if kind is Kind.INSTANT:
        return {name: cutoff_utc(cutoff.before) if dialect in _MYSQL else cutoff.before}
    if kind is Kind.LOCAL_TIME:
        return {name: local}
    if kind is Kind.DATE:
        return {name: local.date()}
    utc = {f"{name}_utc": cutoff_utc(cutoff.before).isoformat(sep=" ", timespec="seconds")}
    if dialect == "sqlite" and column.is_shifted:
        return {name: local.isoformat(sep=" ", timespec="seconds")} | utc
    return {name: local.date().isoformat()} | (utc if dialect == "sqlite" else {})


def _is_legible(column: SqlColumn, dialect: str) -> bool:
    """Whether any value of the column can be read as a date."""
    if dialect == "sqlite" and not _holds_numbers(column):
        return True
    return column.kind in {Kind.DATE, Kind.LOCAL_TIME, Kind.INSTANT, Kind.TEXT, Kind.PADDED}


def _holds_numbers(column: SqlColumn) -> bool:
    return isinstance(column.type, sa.Integer | sa.Numeric | sa.LargeBinary) and type(column.type) is not sa.Numeric


def _unread(column: SqlColumn, dialect: str) -> Clause:
    """Whether a row's column holds something that is no date."""
    holds = as_clause(column.clause.is_not(None))
    if not _is_legible(column, dialect):
        return holds
    if dialect == "sqlite":
        return sa.and_(holds, sa.not_(sa.func.coalesce(_sqlite_day(column), sa.false())))
    if column.kind in {Kind.DATE, Kind.LOCAL_TIME, Kind.INSTANT}:
        return sa.and_(holds, sa.func.year(column.clause) == 0) if dialect in _MYSQL else as_clause(sa.false())
    return sa.and_(holds, sa.not_(_begins_with_day(column)))


def _begins_with_day(column: SqlColumn) -> Clause:
    """Whether a text begins with a day as ISO 8601 writes it."""
    return as_clause(column.clause.regexp_match("^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"))


def _sqlite_day(column: SqlColumn) -> Clause:
    """Whether a value is text that begins with a day, and a moment where it has a time."""
    day = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*"
    is_text = sa.and_(sa.func.typeof(column.clause) == "text", column.clause.op("GLOB")(day))
    moment = sa.case((_has_zone(column), column.clause), else_=sa.func.substr(column.clause, 1, 10))
    return sa.and_(is_text, sa.func.datetime(moment).is_not(None))


def _has_zone(column: SqlColumn) -> Clause:
    return sa.or_(column.clause.op("GLOB")("*:*[+-][0-9][0-9]:[0-9][0-9]"), column.clause.op("GLOB")("*:*Z"))


def _sqlite_over(column: SqlColumn, local: Any, utc: Any) -> Clause:  # noqa: ANN401  # SQL expressions
    own = column.clause
    if column.is_shifted:  # days of the column begin at another moment
        day = sa.func.substr(own, 1, 10) + " 00:00:00"
        own = sa.func.coalesce(sa.func.datetime(own), day)
    before = sa.case((_has_zone(column), sa.func.datetime(column.clause) < utc), else_=own < local)
    return sa.and_(_sqlite_day(column), before)
