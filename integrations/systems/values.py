"""Key values as a column can hold them.

A key often comes from another system, where it had another type: ``"42"`` may have to be looked for in an integer
column. :func:`fit` brings it to the column's type when that is exact. What no value of the column can equal becomes
:data:`NO_MATCH`, so that nothing is compared wrongly and no database error ever quotes the key.

>>> fit("42", Kind.INTEGER, ZoneInfo("UTC")), fit("042", Kind.INTEGER, ZoneInfo("UTC")) is NO_MATCH
(42, True)
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from data_contracts.connectors.connecting import Holds
from data_contracts.text.local_times import local_of, moments_of, shown_times


class Kind(StrEnum):
    """What a column can hold, as far as comparing keys with it goes."""

    TEXT = "text"
    PADDED = "padded"
    """Text of fixed length whose trailing blanks do not count (SQL ``CHAR(n)``)."""
    INTEGER = "integer"
    NUMBER = "number"
    FLOAT = "float"
    BOOLEAN = "boolean"
    DATE = "date"
    LOCAL_TIME = "local_time"
    """A timestamp without zone, read in the system's own time zone."""
    INSTANT = "instant"
    """A timestamp with zone."""
    UUID = "uuid"
    BYTES = "bytes"
    LOOSE = "loose"
    """SQLite's numeric affinity: numbers where it can, text as it came where not (dates among them)."""
    ANY = "any"
    """Values keep the type they came with (an untyped SQLite column, an in-memory row)."""
    OTHER = "other"
    """A type we compare and read as its text."""


HOLDS: Final[Mapping[Kind, Holds]] = {
    Kind.TEXT: Holds.TEXT,
    Kind.PADDED: Holds.TEXT,
    Kind.INTEGER: Holds.NUMBER,
    Kind.NUMBER: Holds.NUMBER,
    Kind.FLOAT: Holds.NUMBER,
    Kind.BOOLEAN: Holds.BOOLEAN,
    Kind.DATE: Holds.MOMENT,
    Kind.LOCAL_TIME: Holds.MOMENT,
    Kind.INSTANT: Holds.MOMENT,
    Kind.UUID: Holds.UUID,
    Kind.BYTES: Holds.BYTES,
}
"""What a column of each kind can hold, as a contract's checks ask."""


class _NoMatch:
    """The type of :data:`NO_MATCH`."""


NO_MATCH: Final = _NoMatch()
"""No value of the column can equal the key."""

_WIDE = frozenset({Kind.INTEGER, Kind.LOOSE})
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
_SQLITE_NUMBER = re.compile(r"\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def fit(value: object, kind: Kind, zone: ZoneInfo, bits: int = 64) -> object:
    """``value`` as a column of ``kind`` would hold it.

    Args:
        value: one part of a key.
        kind: the column's.
        zone: of timestamps without zone.
        bits: the width of an integer column.

    Returns:
        An equal value of the column's type; :data:`NO_MATCH` for None and where there is none.
    """
    if value is None:
        return NO_MATCH
    fitted = _FITTERS[kind](value, zone)
    if kind in _WIDE and isinstance(fitted, int) and not -(1 << bits - 1) <= fitted < 1 << bits - 1:
        return NO_MATCH
    return fitted


def _text(value: object, _zone: ZoneInfo) -> object:
    if isinstance(value, str):
        # No database holds a NUL or half a surrogate pair in text; drivers refuse them and quote the value.
        return value if "\0" not in value and _is_unicode(value) else NO_MATCH
    if isinstance(value, bool | bytes | bytearray | memoryview):
        return NO_MATCH
    if isinstance(value, float | Decimal) and not _is_finite(value):
        return NO_MATCH
    if isinstance(value, Decimal):
        return format(value.to_integral_value() if value == value.to_integral_value() else value, "f")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _is_unicode(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _padded(value: object, zone: ZoneInfo) -> object:
    text = _text(value, zone)
    return text.rstrip(" ") if isinstance(text, str) else text


def _integer(value: object, _zone: ZoneInfo) -> object:
    if isinstance(value, str):
        return int(value) if _INTEGER.fullmatch(value) else NO_MATCH
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return NO_MATCH
    return int(value) if _is_finite(value) and value == int(value) else NO_MATCH


def _is_finite(value: float | Decimal) -> bool:
    return value.is_finite() if isinstance(value, Decimal) else value == value and abs(value) != float("inf")  # noqa: PLR0124  # NaN


def _number(value: object, _zone: ZoneInfo) -> object:
    if isinstance(value, str):
        return Decimal(value) if _NUMBER.fullmatch(value) else NO_MATCH
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal) or not _is_finite(value):
        return NO_MATCH
    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


def _float(value: object, zone: ZoneInfo) -> object:
    number = _number(value, zone)
    return float(number) if isinstance(number, Decimal) else number


def _boolean(value: object, _zone: ZoneInfo) -> object:
    return bool(value) if isinstance(value, int) and value in {0, 1} else NO_MATCH


def _date(value: object, _zone: ZoneInfo) -> object:
    if isinstance(value, str):
        return _parsed(date.fromisoformat, value) if _DATE.fullmatch(value) else NO_MATCH
    if isinstance(value, datetime):
        is_day = value.tzinfo is None and value.time() == value.min.time()
        return value.date() if is_day else NO_MATCH
    return value if isinstance(value, date) else NO_MATCH


def _local_time(value: object, zone: ZoneInfo) -> object:
    moment = _parsed(datetime.fromisoformat, value) if isinstance(value, str) else value
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return moment if shown_times(moment, zone) else NO_MATCH
    if isinstance(moment, datetime):
        return local_of(moment, zone) or NO_MATCH  # a time that the clock shows twice would be read as another moment
    return datetime(moment.year, moment.month, moment.day) if isinstance(moment, date) else NO_MATCH  # noqa: DTZ001


def _instant(value: object, zone: ZoneInfo) -> object:
    moment = _parsed(datetime.fromisoformat, value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        return NO_MATCH
    if moment.tzinfo is not None:
        return moment
    found = moments_of(moment, zone)
    return found[0] if len(found) == 1 else NO_MATCH


def _parsed(parse: Callable[[str], date], value: str) -> object:
    try:
        return parse(value)
    except ValueError:
        return NO_MATCH


def _uuid(value: object, _zone: ZoneInfo) -> object:
    if isinstance(value, UUID):
        return value
    try:
        return UUID(value) if isinstance(value, str) else NO_MATCH
    except ValueError:
        return NO_MATCH


def _bytes(value: object, _zone: ZoneInfo) -> object:
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else NO_MATCH


def _loose(value: object, zone: ZoneInfo) -> object:
    number = _number(value, zone) if not isinstance(value, bool) else Decimal(value)
    if isinstance(number, Decimal):
        is_whole = number == number.to_integral_value() and not isinstance(value, float)
        return int(number) if is_whole else float(number)
    if isinstance(value, str) and _reads_as_number(value):
        return NO_MATCH  # "042" is another key than 42, but SQLite would compare it as that number
    return _text(value, zone)


def _reads_as_number(value: str) -> bool:
    return _SQLITE_NUMBER.fullmatch(value) is not None


_FITTERS: dict[Kind, Callable[[object, ZoneInfo], object]] = {
    Kind.TEXT: _text,
    Kind.PADDED: _padded,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.FLOAT: _float,
    Kind.BOOLEAN: _boolean,
    Kind.DATE: _date,
    Kind.LOCAL_TIME: _local_time,
    Kind.INSTANT: _instant,
    Kind.UUID: _uuid,
    Kind.BYTES: _bytes,
    Kind.LOOSE: _loose,
    Kind.ANY: lambda value, _zone: value,
    Kind.OTHER: _text,
}


# --- spellings -------------------------------------------------------------------------------------------------------

_UUID_BYTES: Final = 16
_TEXTS: Final = frozenset({Kind.TEXT, Kind.PADDED, Kind.OTHER})


def fits(value: object, kind: Kind, zone: ZoneInfo, bits: int = 64) -> tuple[object, ...]:
    """Every way in which a column of ``kind`` may hold what ``value`` says; none where it cannot.

    A UUID is written as text in several ways, and kept as bytes; bytes that are text may be kept as text.
    """
    ways = [fit(value, kind, zone, bits), *_inexact(value, kind, zone)]
    if isinstance(value, memoryview | bytearray):
        value = bytes(value)
    if kind in _TEXTS and isinstance(value, UUID):
        ways += [str(value).upper(), value.hex, value.hex.upper(), f"{{{value}}}"]
    if kind in _TEXTS and isinstance(value, bytes):
        ways += [_decoded(value), *(str(UUID(bytes=value)) for _ in range(len(value) == _UUID_BYTES))]
    if kind is Kind.OTHER and isinstance(value, str) and isinstance(found := _uuid(value, zone), UUID):
        ways.append(str(found))  # a type of the database's own that is read as its text
    if kind is Kind.BYTES and isinstance(value, UUID):
        ways += [value.bytes, str(value).encode()]
    if kind is Kind.BYTES and isinstance(value, str):
        found = _uuid(value, zone)
        ways += [
            value.encode() if _is_unicode(value) else NO_MATCH,
            *([found.bytes] if isinstance(found, UUID) else []),
        ]
    if kind is Kind.UUID and isinstance(value, bytes):
        ways += [UUID(bytes=value) if len(value) == _UUID_BYTES else _uuid(_decoded(value), zone)]
    return tuple(dict.fromkeys(way for way in ways if way is not NO_MATCH))


def _inexact(value: object, kind: Kind, zone: ZoneInfo) -> Iterator[object]:
    """How a moment may be stored that fits no column without zone exactly: to be found, never to be written."""
    moment = _parsed(datetime.fromisoformat, value) if isinstance(value, str) else value
    if not isinstance(moment, datetime) or kind not in {Kind.LOCAL_TIME, Kind.INSTANT}:
        return
    if kind is Kind.LOCAL_TIME:
        yield moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None, fold=0)
    elif moment.tzinfo is None:
        yield from (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))


def _decoded(value: bytes) -> object:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return NO_MATCH
    return text if text.isprintable() else NO_MATCH


def when_values(text: str, kind: Kind, zone: ZoneInfo, bits: int = 64) -> tuple[object, ...]:
    """What a column of ``kind`` holds where the contract says ``text``; ``true`` and ``false`` are numbers too."""
    word = {"true": True, "false": False}.get(text.lower())
    if word is None or kind in _TEXTS:
        return fits(text, kind, zone, bits)
    if kind is Kind.BOOLEAN:
        return (word,)
    return (*fits(text, kind, zone, bits), *fits(int(word), kind, zone, bits))


def cutoff_local(before: datetime, zone: ZoneInfo, *, is_doubtful: bool = False) -> datetime:
    """A cutoff as the local time of a system that stores times without zone.

    Args:
        before: the cutoff.
        zone: of the times.
        is_doubtful: they may be UTC as well, so that nothing goes early by either.
    """
    local = before.astimezone(zone).replace(tzinfo=None, fold=0)
    return min(local, cutoff_utc(before)) if is_doubtful else local


def cutoff_utc(before: datetime) -> datetime:
    """A cutoff as a UTC time without zone."""
    return before.astimezone(UTC).replace(tzinfo=None)
