"""Which rows may hold an identity key, as a filter that a database evaluates quickly and that leaves none out.

Per row: its text has the signs of one of the keys in their order, more of them where it is ASCII alone (see
:mod:`integrations.systems.spelling`). What is left is decided by the normal form.
"""

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from data_contracts.connectors.keys import Spelling
from integrations.systems.spelling import patterns
from integrations.systems.sql.live.columns import SqlColumn
from integrations.systems.sql.questions.cutoffs import Clause, as_clause
from integrations.systems.values import Kind

_ESCAPE: Final = "!"
_TEXTS: Final = frozenset({Kind.TEXT, Kind.PADDED, Kind.OTHER, Kind.LOOSE, Kind.ANY, Kind.BYTES})
_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.FLOAT})


def may_hold(column: SqlColumn, rule: str) -> bool:
    """Whether a column of that type can hold a key of an identity kind in some spelling."""
    if rule == "verbatim":
        return column.kind in _TEXTS - {Kind.BYTES}
    return column.kind in _TEXTS or (rule == "phone" and column.kind in _NUMBERS)


def candidates(column: SqlColumn, spelling: Spelling, dialect: str) -> Clause:
    """Rows whose column may hold a key; keys are bound, never written into the statement."""
    present = as_clause(column.clause.is_not(None))
    wanted = patterns(spelling)
    view = _VIEWS.get(dialect)
    if wanted is None or view is None:
        return present
    text, is_odd = view(column)
    if spelling.rule == "email" and dialect != "sqlite":  # its LIKE ignores the case of ASCII anyway
        text = sa.func.lower(text)
    plain, other = (
        [text.like(_like(pieces), escape=_ESCAPE) for pieces in some] for some in (wanted.ascii, wanted.other)
    )
    return sa.and_(present, sa.or_(*plain, sa.and_(sa.or_(*other), is_odd)))


def _like(pieces: Sequence[str]) -> str:
    escaped = ("".join(f"{_ESCAPE}{sign}" if sign in f"%_{_ESCAPE}" else sign for sign in piece) for piece in pieces)
    return f"%{'%'.join(escaped)}%"


def _in_postgresql(column: SqlColumn) -> tuple[Any, Any]:
    if column.kind is Kind.BYTES:
        escaped = sa.func.encode(column.clause, "escape")  # what is not ASCII comes with a backslash
        return escaped, escaped.like("%\\%", escape=_ESCAPE)
    text = column.clause if column.kind is Kind.TEXT else sa.cast(column.clause, sa.Text())
    raw = sa.func.convert_to(text, "UTF8") if column.facts.charset else text
    # LIKE refuses a collation that takes different texts for the same.
    return sa.collate(text, "C"), sa.func.octet_length(raw) != sa.func.char_length(text)


def _in_mysql(column: SqlColumn) -> tuple[Any, Any]:
    if column.kind is Kind.BYTES:
        text = sa.cast(sa.func.hex(column.clause), mysql.CHAR(charset="latin1"))
        raw: sa.ColumnElement[Any] = sa.literal_column(f"CONVERT({_quoted(column)} USING latin1)")
        return _bytewise(raw), text.op("REGEXP")("^(..)*[89A-F]")
    text = sa.cast(column.clause, mysql.CHAR(charset="utf8mb4"))
    return _bytewise(text), sa.func.length(text) != sa.func.char_length(text)


def _bytewise(text: Any) -> Any:  # noqa: ANN401  # any SQL expression
    return sa.cast(text, mysql.CHAR(charset="utf8mb4")).collate("utf8mb4_bin")


def _quoted(column: SqlColumn) -> str:
    return mysql.dialect().identifier_preparer.quote(column.name)


def _in_sqlite(column: SqlColumn) -> tuple[Any, Any]:
    text = sa.cast(column.clause, sa.Text())
    size = sa.func.length(sa.cast(column.clause, sa.LargeBinary()))
    return text, sa.or_(sa.func.typeof(column.clause) == "blob", size != sa.func.length(text))


_VIEWS: Final = {
    "postgresql": _in_postgresql,
    "mysql": _in_mysql,
    "mariadb": _in_mysql,
    "sqlite": _in_sqlite,
}
"""For each database: a column as text that LIKE compares by its signs, and whether it holds more than ASCII."""
