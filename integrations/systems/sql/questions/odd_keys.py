"""Keys that only one database knows: no calendar, no arithmetic and no other system has such a value.

A row whose key holds one (``valid_to = infinity`` is common in a primary key) is found again all the same.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from typing import Final

from integrations.systems.far_times import far_time
from integrations.systems.sql.live.columns import SqlColumn
from integrations.systems.values import NO_MATCH, Kind

TIMES: Final = frozenset({Kind.DATE, Kind.LOCAL_TIME, Kind.INSTANT})
_ZERO: Final = re.compile(r"\d{4}-(0\d|1[0-2])-([0-2]\d|3[01])( ([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,6})?)?", re.ASCII)


def odd_key(value: object, column: SqlColumn, dialect: str) -> object:
    """The value as the database itself compares it; :data:`NO_MATCH` where it knows no such value."""
    return _KNOWN.get(dialect, _none)(value, column)


def _none(_value: object, _column: SqlColumn) -> object:
    return NO_MATCH


def _in_postgresql(value: object, column: SqlColumn) -> object:
    if isinstance(value, str) and column.kind in TIMES:
        return far_time(value, column.kind) or NO_MATCH
    if isinstance(value, float | Decimal) and not _is_finite(value) and column.kind in {Kind.NUMBER, Kind.FLOAT}:
        return Decimal(str(value)) if column.kind is Kind.NUMBER else float(value)
    return NO_MATCH


def _in_mysql(value: object, column: SqlColumn) -> object:
    is_zero = isinstance(value, str) and column.kind in TIMES and _ZERO.fullmatch(value)
    return value if is_zero else NO_MATCH


def _in_sqlite(value: object, column: SqlColumn) -> object:
    if isinstance(value, str):
        return value if "\0" in value and column.kind in {Kind.TEXT, Kind.LOOSE, Kind.ANY} else NO_MATCH
    return value if isinstance(value, float) and column.kind in {Kind.LOOSE, Kind.ANY} else NO_MATCH


def _is_finite(value: float | Decimal) -> bool:
    return value.is_finite() if isinstance(value, Decimal) else isfinite(value)


_KNOWN: Final[Mapping[str, Callable[[object, SqlColumn], object]]] = {
    "postgresql": _in_postgresql,
    "mysql": _in_mysql,
    "mariadb": _in_mysql,
    "sqlite": _in_sqlite,
}


def is_plain(value: object) -> bool:
    """Whether JSON tells SQLite the value as it is."""
    if isinstance(value, str):
        return "\0" not in value
    return isfinite(value) if isinstance(value, float) else isinstance(value, int)


def are_raw(values: Iterable[object]) -> bool:
    """Whether some are bytes that SQLite may hold as text, because nobody made sure that it is UTF-8."""
    return any(map(_is_raw, values))


def raw_ones(values: Iterable[object]) -> list[object]:
    """Those of the values that are such bytes."""
    return [value for value in values if _is_raw(value)]


def _is_raw(value: object) -> bool:
    if not isinstance(value, bytes):
        return False
    try:
        value.decode()
    except UnicodeDecodeError:
        return True
    return False


def as_array(values: list[object], column: SqlColumn) -> list[object]:
    """Values of one type: where some are text because Python has no such time, all are."""
    if column.kind not in TIMES or not any(isinstance(value, str) for value in values):
        return values
    return [str(value) for value in values]


def from_mysql(value: object, column: SqlColumn) -> object:
    """A value as it was read, with the time zone that our connections ask for."""
    is_instant = column.kind is Kind.INSTANT and isinstance(value, datetime) and value.tzinfo is None
    return value.replace(tzinfo=UTC) if is_instant and isinstance(value, datetime) else value
