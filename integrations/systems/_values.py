"""Key values as a column can hold them, and the normal forms that identity keys are compared in.

A key often comes from another system, where it had another type: ``"42"`` may have to be looked for in an integer
column. :func:`fit` brings it to the column's type when that is exact. What no value of the column can equal becomes
:data:`NO_MATCH`, so that nothing is compared wrongly and no database error ever quotes the key.

>>> fit("42", Kind.INTEGER, ZoneInfo("UTC")), fit("042", Kind.INTEGER, ZoneInfo("UTC")) is NO_MATCH
(42, True)
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import phonenumbers
from babel.core import get_global

from data_contracts.keys import Condition


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


class _NoMatch:
    """The type of :data:`NO_MATCH`."""


NO_MATCH: Final = _NoMatch()
"""No value of the column can equal the key."""

PHONE_NOISE = (" ", "\u00a0", "\u202f", ".", "-", "/", "(", ")")
"""What people write between the digits of a telephone number."""

_WIDE = frozenset({Kind.INTEGER, Kind.LOOSE})
_INTEGER = re.compile(r"-?(0|[1-9][0-9]*)", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", re.ASCII)
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
    if isinstance(moment, datetime):
        return moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)
    return datetime(moment.year, moment.month, moment.day) if isinstance(moment, date) else NO_MATCH  # noqa: DTZ001


def _instant(value: object, zone: ZoneInfo) -> object:
    moment = _parsed(datetime.fromisoformat, value) if isinstance(value, str) else value
    if isinstance(moment, datetime):
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    return NO_MATCH


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
        return int(number) if number == number.to_integral_value() else float(number)
    if isinstance(value, str) and _reads_as_number(value):
        return NO_MATCH  # "042" is another key than 42, but SQLite would compare it as that number
    return _text(value, zone)


def _reads_as_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


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


# --- normal forms of identity keys ----------------------------------------------------------------------------------


def key_forms(condition: Condition, zone: ZoneInfo) -> frozenset[object]:
    """Every form in which a column may hold a key of a normalised condition, once the column is normalised too."""
    values = [key[0] for key in condition.keys if isinstance(key[0], str)]
    forms = _email_forms if condition.normalise == "email" else lambda value: phone_forms(value, zone.key)
    return frozenset(form for value in values if _is_unicode(value) and "\0" not in value for form in forms(value))


def _email_forms(value: str) -> frozenset[str]:
    lower = value.strip().lower()
    # Databases may leave letters beyond ASCII as they are when they lower a text: look for capitals as well.
    return frozenset({lower, lower if lower.isascii() else "".join(c if c.isascii() else c.upper() for c in lower)})


@lru_cache(maxsize=4096)
def phone_forms(value: str, zone_key: str) -> frozenset[str]:
    """E.164, ``00`` and, for numbers of the zone's own country, national form of a telephone number.

    The national form of a foreign number is left out: in this country it is somebody else's (law 8).

    >>> sorted(phone_forms("+33612345678", "Europe/Paris"))
    ['+330612345678', '+33612345678', '00330612345678', '0033612345678', '0612345678']
    >>> sorted(phone_forms("+32475123456", "Europe/Paris"))[0]
    '+320475123456'
    """
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return frozenset({strip_phone(value)})
    code, digits = str(number.country_code), phonenumbers.national_significant_number(number)
    national = "".join(
        c for c in phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL) if c.isdigit()
    )
    # "+33 (0)6 …" is common: without its parentheses the trunk prefix follows the country code.
    forms = {f"{sign}{code}{rest}" for sign in ("+", "00") for rest in (digits, national)}
    return frozenset(forms | {national}) if _home_code(zone_key) == number.country_code else frozenset(forms)


@lru_cache(maxsize=32)
def _home_code(zone_key: str) -> int:
    territory = get_global("zone_territories").get(zone_key, "")
    return phonenumbers.country_code_for_region(territory)


def strip_phone(value: str) -> str:
    """A telephone number as stored, without what people write between its digits."""
    for noise in PHONE_NOISE:
        value = value.replace(noise, "")
    return value


def normal_form(value: object, normalise: str) -> object:
    """A stored value in the form that :func:`key_forms` are compared with; ``verbatim`` leaves it as it is."""
    if value is None or normalise == "verbatim":
        return value
    text = value if isinstance(value, str) else str(value)
    return strip_phone(text) if normalise == "phone" else text.strip(" ").lower()


def cutoff_local(before: datetime, zone: ZoneInfo) -> datetime:
    """A cutoff as the local time of a system that stores times without zone."""
    return before.astimezone(zone).replace(tzinfo=None)


def cutoff_utc(before: datetime) -> datetime:
    """A cutoff as a UTC time without zone."""
    return before.astimezone(UTC).replace(tzinfo=None)
