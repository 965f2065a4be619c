"""Whether a value can be one of a column: its type, its length, and what else the contract says of single values.

Pure. The same rule judges a new value before it is planned and what the database holds after it was written.

>>> from data_contracts.company.contract import Column
>>> born = Column("born", "date")
>>> read_value(born, "1980-02-30").broken
'logicalType'
>>> read_value(born, " 1980-02-29 ").value
datetime.date(1980, 2, 29)
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from ipaddress import IPv4Address, IPv6Address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import ZoneInfo

from data_contracts.company.contract import Column
from data_contracts.connectors.keys import KeyValue
from data_contracts.text.local_times import local_of, shown_times
from data_contracts.text.normal_form import normal_form

_YES = frozenset({"true", "yes", "oui", "ja", "1"})
_NO = frozenset({"false", "no", "non", "nee", "0"})
_EMAIL = re.compile(r"[^@\s\x00-\x1f]{1,64}@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f.]+")
_LONGEST_EMAIL = 254
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Reading:
    """A text as a column's value.

    Attributes:
        value: in the column's type; None where the text is empty or cannot be one.
        broken: the ODCS key of the first rule that it breaks; empty when it can be a value.
    """

    value: KeyValue = field(repr=False)
    broken: str = ""


def read_value(column: Column, text: str, *, normalise: str = "", region: str = "", zone: str = "") -> Reading:
    """The value that a text is in a column.

    Args:
        column: where it shall stand.
        text: as typed, or a stored value as text; empty to have the value removed.
        normalise: how the column's identity kind is compared, where the column holds one.
        region: country of a telephone number without its country code.
        zone: of moments without one; empty: whether a clock shows them is not looked at.
    """
    written = text.strip()
    if not written:
        return Reading(None, "required" if column.required else "")
    if normalise and not normal_form(normalise, written, region):
        return Reading(None, "identity")
    if normalise and column.normalised:
        written = normal_form(normalise, written, region)
    try:
        value = _parsed(column.logical_type, written)
        broken = _broken(column, value)
        if isinstance(value, datetime) and zone and not _is_one_moment(column, value, ZoneInfo(column.zone or zone)):
            return Reading(None, "logicalType")
    except (ValueError, TypeError, InvalidOperation):  # also a time with a zone beside bounds without one
        return Reading(None, "logicalType")
    return Reading(None, broken) if broken else Reading(value)


def _is_one_moment(column: Column, value: datetime, zone: ZoneInfo) -> bool:
    """Whether it is one moment that the column can hold: no clock skips it, and no other one would be read back."""
    if value.tzinfo is not None:
        return column.is_zoned or local_of(value, zone) is not None
    times = shown_times(value, zone)
    return times == 1 or (times > 1 and not column.is_zoned)


def is_value(column: Column, stored: KeyValue, *, normalise: str = "", region: str = "") -> bool:
    """Whether what a database holds is a value of the column, in the form that the column stores."""
    text = "" if stored is None else str(stored)
    reading = read_value(column, text, normalise=normalise, region=region)
    is_form = not (normalise and column.normalised) or reading.value == stored
    return not reading.broken and is_form


def same(column: Column, one: KeyValue, other: str, *, normalise: str = "", region: str = "") -> bool:
    """Whether a stored value is the one that somebody named, however it was written."""
    text, named = str(one).strip(), other.strip()
    if normalise:
        return normal_form(normalise, text, region) == (normal_form(normalise, named, region) or named)
    try:
        return bool(_parsed(column.logical_type, text) == _parsed(column.logical_type, named))
    except (ValueError, InvalidOperation):
        return text == named


def _parsed(logical_type: str, text: str) -> Any:  # noqa: ANN401  # any value of a column
    return _TYPES.get(logical_type, str)(text)


def _boolean(text: str) -> bool:
    word = text.lower()
    if word not in _YES | _NO:
        raise ValueError
    return word in _YES


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError
    return int(text)


def _number(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError
    return value


_TYPES: Mapping[str, Callable[[str], Any]] = {
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
    "time": time.fromisoformat,
}


def _broken(column: Column, value: Any) -> str:  # noqa: ANN401  # any value of a column
    """The first rule that a value of the right type breaks."""
    rules, text = column.rules, _text(value)
    checks = {
        "maxLength": column.max_length is None or not isinstance(value, str) or len(text) <= column.max_length,
        "minLength": len(text) >= rules.min_length,
        "format": rules.format not in _FORMATS or _holds(_FORMATS[rules.format], text),
        "pattern": all(re.fullmatch(pattern, text) for pattern in rules.patterns),
        "validValues": not rules.valid_values or text in rules.valid_values,
    }
    return next((name for name, holds in checks.items() if not holds), "") or _beyond(column, value)


def _beyond(column: Column, value: Any) -> str:  # noqa: ANN401  # any value of a column
    rules, kind = column.rules, column.logical_type
    bounds: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
        "minimum": (rules.minimum, lambda bound: value >= bound),
        "maximum": (rules.maximum, lambda bound: value <= bound),
        "exclusiveMinimum": (rules.above, lambda bound: value > bound),
        "exclusiveMaximum": (rules.below, lambda bound: value < bound),
    }
    return next((name for name, (text, holds) in bounds.items() if text and not holds(_parsed(kind, text))), "")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _holds(check: Callable[[str], object], text: str) -> bool:
    try:
        return bool(check(text))
    except ValueError:
        return False


def _is_uri(text: str) -> bool:
    parts = urlsplit(text)
    return bool(parts.scheme and (parts.netloc or parts.path)) and not re.search(r"\s", text)


_FORMATS: Mapping[str, Callable[[str], object]] = {
    "email": lambda text: len(text) <= _LONGEST_EMAIL and _EMAIL.fullmatch(text),
    "uri": _is_uri,
    "uuid": UUID,
    "hostname": lambda text: all(_LABEL.fullmatch(label) for label in text.split(".")),
    "ipv4": IPv4Address,
    "ipv6": IPv6Address,
}

__all__ = ["Reading", "is_value", "read_value", "same"]
