"""Pseudonyms in live types: as many different values as a type has, each of which its columns hold (Art. 17(1)).

A pseudonym is 64 hexadecimal signs (SHA-256, keyed). A form makes a value of it, and of each next number another, so
that one which a live row already holds is passed over. Nothing of the erased value goes into it but the pseudonym.

====================  ==========================================================  =================
live type             value                                                       different values
====================  ==========================================================  =================
text                  16 hexadecimal signs, or letters and digits where it is     36 by its length
                      shorter than 8 signs
integers              digits, as many as surely fit                               from 126 on
exact numbers         digits before and behind the point                          10 by its precision
floating point        digits                                                      10⁹, 16 million
uuid, inet, macaddr   one made of the pseudonym                                   10¹² at least
bytes                 16 bytes, or as many as it takes                            256 by its length
arrays                one member                                                  as the member
dates                 a day of the years 1000 to 1799                             292,000
times, intervals      a time of the day                                           86,400
timestamps            a second of the years 1971 to 2036                          2 · 10⁹
year, bits            one of its values                                           254, 2 by its length
json, xml, hstore     a text in it                                                10¹⁹
ranges                one number, day or second                                   as its bound
====================  ==========================================================  =================

Source: RFC 3849 (addresses for documentation); RFC 9562 (UUID version 8).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

from data_contracts.connectors.connecting import Container, Holds, LiveColumn
from data_contracts.connectors.keys import KeyValue

_SIGNS: Final = 64
_HEX: Final = 16
_ENOUGH: Final = 1 << 40
"""So many different values that two people never get the same."""
_LEAST_HEX: Final = 8
_LETTERS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_NAME: Final = re.compile(r"(\w+)(?:\((\d+)(?:, ?(\d+))?\))?")
_INTEGERS: Final[Mapping[str, int]] = {"tinyint": 126, "smallint": 32_766, "mediumint": 8_388_606}
_FLOATS: Final[Mapping[str, int]] = {"real": 1 << 24, "float": 1 << 24}
_DIGITS: Final = 9
_NUMBERS: Final = 10**_DIGITS
_DAYS: Final = (date(1800, 1, 1) - date(1000, 1, 1)).days
_SECONDS_OF_A_DAY: Final = 86_400
_FIRST_SECOND: Final = datetime(1971, 1, 1, tzinfo=UTC)
_SECONDS: Final = 65 * 365 * _SECONDS_OF_A_DAY
_YEARS: Final = (1902, 254)
_RANGES: Final[Mapping[str, str]] = {
    "int4range": "integer",
    "int8range": "integer",
    "numrange": "integer",
    "daterange": "date",
    "tsrange": "timestamp",
    "tstzrange": "timestamp",
}
_BYTES: Final = frozenset({"bytea", "blob", "tinyblob", "mediumblob", "longblob", "varbinary", "binary"})


@dataclass(frozen=True, slots=True)
class Form:
    """Values that a type has.

    Attributes:
        space: how many different ones there are; 0: more than anybody can count, of which none is met twice.
        value: the value of a number below ``space``; where that is 0, of a pseudonym.
    """

    space: int
    value: Callable[[int], KeyValue]

    @property
    def is_narrow(self) -> bool:
        """Whether two people may get the same, so that live rows are asked."""
        return bool(self.space) and self.space < _ENOUGH

    def of(self, pseudonym: str, turn: int = 0) -> KeyValue:
        """The value of a pseudonym; at each next turn the next one."""
        if not self.space:
            return self.value((int(pseudonym, 16) + (turn << 240)) % (1 << 256))
        return self.value((int(pseudonym[:_HEX], 16) + turn) % self.space)


def form_of(held_as: str, length: int | None, *, hexadecimal: int = _HEX) -> Form:
    """The form of a column: by what :func:`shape_of` says, else as text of so many signs."""
    name, *sizes = held_as.split()
    return _FORMS[name](*map(int, sizes)) if name != "text" else _text(length, hexadecimal)


def shape_of(live: LiveColumn) -> str:
    """The name of the form in a live type, with its sizes; ``text`` for texts, empty where there is none."""
    if live.labels or live.holds is Holds.BOOLEAN:
        return ""
    ways = (_of_container(live), _of_sizes(live), "uuid" * (live.holds is Holds.UUID), _NAMED.get(_parts(live.type)[0]))
    return next(filter(None, ways), None) or _by_what_it_holds(live)


def _of_container(live: LiveColumn) -> str:
    if live.container in {Container.JSON, Container.XML}:
        return str(live.container)
    if live.container is not Container.ARRAY or not live.type.endswith("[]"):
        return ""
    if live.type.lower().startswith("bool"):
        return ""
    member = shape_of(LiveColumn("", live.type.lower().removesuffix("[]"), nullable=True))
    return f"array_of_{member}" if member in _MEMBERS else ""


def _of_sizes(live: LiveColumn) -> str:
    """Of types whose length or width says how many values there are."""
    name, first, second = _parts(live.type)
    if name in _BYTES and (live.length is not None or not name.endswith("binary")):
        return f"bytes {live.length if name == 'binary' else min(live.length or _HEX, _HEX)}"
    if name in {"numeric", "decimal"} and first and 0 <= first - second < _DIGITS:
        return f"decimal {first} {second}"
    if name == "bit":
        return f"{'flags' if live.holds is Holds.NUMBER else 'bits'} {first or 1}"
    size = _INTEGERS.get(name) or _FLOATS.get(name)
    return f"below {size}" if size else ""


def _by_what_it_holds(live: LiveColumn) -> str:
    if live.holds is Holds.NUMBER:
        return "number"
    is_text = live.holds in {Holds.TEXT, Holds.UNKNOWN} and live.container is Container.NONE
    return "text" if is_text and not _parts(live.type)[0].endswith("range") else ""


def _parts(type_: str) -> tuple[str, int, int]:
    """A type's bare name and its two numbers.

    >>> _parts("NUMERIC(5, 2)"), _parts("TIMESTAMP WITH TIME ZONE")
    (('numeric', 5, 2), ('timestamp', 0, 0))
    """
    found = _NAME.match(type_.lower())
    return (found[1], int(found[2] or 0), int(found[3] or 0)) if found else ("", 0, 0)


# --- forms ------------------------------------------------------------------------------------------------------------


def _text(length: int | None, hexadecimal: int) -> Form:
    signs = min(length or hexadecimal, hexadecimal)
    if signs >= _LEAST_HEX:
        return Form(0, lambda number: f"{number:0{_SIGNS}x}"[:signs])
    return Form(36**signs, lambda number: _letters(number, signs))


def _letters(number: int, signs: int) -> str:
    made = ""
    for _ in range(signs):
        number, place = divmod(number, len(_LETTERS))
        made += _LETTERS[place]
    return made


def _hex(number: int) -> str:
    return f"{number:0{_SIGNS}x}"


def _uuid(number: int) -> str:
    text = _hex(number)
    return str(UUID(hex=text[:12] + "8" + text[13:16] + "8" + text[17:32]))


def _address(number: int) -> str:
    text = _hex(number)
    return f"2001:db8:{':'.join(text[i : i + 4] for i in range(0, 24, 4))}"


def _link(number: int, parts: int) -> str:
    text = _hex(number)
    return ":".join(["02", *(text[i : i + 2] for i in range(0, 2 * parts, 2))])


def _bytes(length: int) -> Form:
    if length >= _LEAST_HEX:
        return Form(0, lambda number: bytes.fromhex(_hex(number)[: 2 * _HEX]).ljust(length, b"\0")[:length])
    return Form(256**length, lambda number: number.to_bytes(length, "big"))


def _decimal(precision: int, scale: int) -> Form:
    """Digits in ``numeric(precision, scale)``, none of them lost."""
    digits = min(precision, max(_DIGITS, scale))
    shown = min(scale, digits)

    def value(number: int) -> str:
        text = f"{number:0{shown + 1}d}"
        return f"{text[:-shown]}.{text[-shown:]}" if shown else text

    return Form(10**digits, value)


def _day(number: int) -> str:
    return (date(1000, 1, 1) + timedelta(number)).isoformat()


def _second(number: int) -> str:
    return (_FIRST_SECOND + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S")


def _time(number: int) -> str:
    return f"{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}"


def _below(size: int) -> Form:
    return Form(size, lambda number: str(number + 1))


_PLAIN: Final[Mapping[str, Form]] = {
    "number": Form(_NUMBERS, str),
    "integer": Form(_NUMBERS, str),
    "date": Form(_DAYS, _day),
    "time": Form(_SECONDS_OF_A_DAY, _time),
    "timestamp": Form(_SECONDS, _second),
    "uuid": Form(0, _uuid),
    "text": Form(0, lambda number: _hex(number)[:_HEX]),
}
_MEMBERS: Final = frozenset({*_PLAIN, *(f"below {size}" for size in (*_INTEGERS.values(), *_FLOATS.values()))})


def _array(member: str) -> Callable[..., Form]:
    def made(*sizes: int) -> Form:
        own = _FORMS[member](*sizes) if sizes or member not in _PLAIN else _PLAIN[member]
        is_number = member in {"number", "integer", "below"}
        return Form(own.space, lambda number: f"[{own.value(number) if is_number else json.dumps(own.value(number))}]")

    return made


def _range(bound: str) -> Callable[..., Form]:
    own = _PLAIN[bound]
    return lambda: Form(own.space, lambda number: f"[{own.value(number)},{own.value(number)}]")


_FORMS: Final[Mapping[str, Callable[..., Form]]] = {
    **{name: (lambda form=form: form) for name, form in _PLAIN.items()},
    **{f"array_of_{name}": _array(name) for name in (*_PLAIN, "below")},
    **{name: _range(bound) for name, bound in _RANGES.items()},
    "below": _below,
    "decimal": _decimal,
    "bytes": _bytes,
    "bits": lambda length: Form(1 << length, lambda number: f"{number:0{length}b}"),
    "flags": lambda length: Form(1 << length, str),
    "year": lambda: Form(_YEARS[1], lambda number: str(_YEARS[0] + number)),
    "money": lambda: Form(_NUMBERS, str),
    "inet": lambda: Form(0, _address),
    "cidr": lambda: Form(0, lambda number: f"{_address(number)}/128"),
    "inet4": lambda: Form(1 << 24, lambda number: f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"),
    "macaddr": lambda: Form(0, lambda number: _link(number, 5)),
    "macaddr8": lambda: Form(0, lambda number: _link(number, 7)),
    "json": lambda: Form(0, lambda number: json.dumps(_hex(number)[:_HEX])),
    "xml": lambda: Form(0, lambda number: f"<x>{_hex(number)[:_HEX]}</x>"),
    "hstore": lambda: Form(0, lambda number: json.dumps({_hex(number)[:_HEX]: None})),
    "tsvector": lambda: Form(0, lambda number: f"'{_hex(number)[:_HEX]}'"),
}
_NAMED: Final[Mapping[str, str]] = {
    **{name: name for name in ("inet", "cidr", "inet4", "macaddr", "macaddr8", "hstore", "tsvector", "money", "year")},
    **{name: name for name in ("date", "time", "timestamp", *_RANGES)},
    **dict.fromkeys(("int", "integer", "bigint", "numeric", "double"), "number"),
    "uuid": "uuid",
    "inet6": "inet",
    "datetime": "timestamp",
    "interval": "time",
}
