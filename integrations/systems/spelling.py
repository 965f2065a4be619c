"""Looking for identity keys in columns that may hold them in any spelling.

A system gives candidates, by whatever filter is quick there and leaves none out; :class:`Sought` decides which hold a
key, by :func:`data_contracts.text.normal_form.normal_forms`, and says it as conditions on what is stored.

A filter by *pattern* asks for the letters and digits of the key, in that order, with anything between them. Where the
stored text is not ASCII alone, it asks for those that no other sign can be folded to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final, TypeAlias

import phonenumbers
from babel.core import get_global

from data_contracts.connectors.keys import Condition, Key, Selection, Spelling, When
from data_contracts.inside.values import values_inside
from data_contracts.text.normal_form import normal_forms
from data_contracts.text.plain_text import as_text, plain

MOST_PATTERNS: Final = 64
"""For more keys than these, every value is a candidate: that many patterns cost more than looking at each."""
_TAIL: Final = 4
_LAST_DIGITS: Final = 9

Resolve: TypeAlias = Callable[[str, Spelling], tuple[Condition, ...]]


@dataclass(slots=True)
class Sought:
    """What is looked for in one column, and what was found."""

    spelling: Spelling
    _found: set[tuple[object, object]] = field(default_factory=set, repr=False)
    _rows: set[Key] = field(default_factory=set, repr=False)
    _tails: frozenset[str] = field(default=frozenset(), repr=False)

    def __post_init__(self) -> None:
        """Keep the last digits of each number, by which most others are told to be none of them."""
        self._tails = frozenset(key[-_TAIL:] for key in self.spelling.keys)

    @property
    def columns(self) -> tuple[str, ...]:
        """What is to be read of each row, in the order in which :meth:`look` takes it."""
        spelling = self.spelling
        if spelling.inside is not None:
            return spelling.column, *spelling.key
        return (spelling.column, spelling.country) if spelling.country else (spelling.column,)

    def look(self, stored: object, *beside: object) -> None:
        """Look at a stored value, and at what the row says beside it: its key, or its country."""
        if stored is None:
            return
        value = bytes(stored) if isinstance(stored, bytearray | memoryview) else stored
        if self.spelling.inside is not None:
            if any(self._is_key(one) for one in values_inside(self.spelling.inside, value)):
                self._rows.add(beside)
            return
        (country,) = beside or (None,)
        if self._is_key(value, country):
            self._found.add((value, country))

    def _is_key(self, value: object, country: object = None) -> bool:
        spelling = self.spelling
        if spelling.rule == "phone" and not self._may_be(as_text(value)):
            return False
        region = _region(as_text(country), spelling.region)
        return not normal_forms(spelling.rule, value, region).isdisjoint(spelling.keys)

    def _may_be(self, text: str) -> bool:
        digits = "".join(sign for sign in text if sign.isdigit())
        if not digits.isascii():
            return True
        return any(digits[i : i + _TAIL] in self._tails for i in range(len(digits) - _TAIL + 1))

    def conditions(self) -> tuple[Condition, ...]:
        """The rows whose value was found to hold a key; none when no row does.

        By what is stored; rows with a key inside a value by their primary key, since no two values need be the same.
        """
        if self.spelling.inside is not None:
            return (Condition(self.spelling.key, frozenset(self._rows)),) if self._rows else ()
        column, country, when = self.spelling.column, self.spelling.country, self.spelling.when
        alone = frozenset((value,) for value, place in self._found if place is None)
        pairs = frozenset(pair for pair in self._found if pair[1] is not None)
        nowhere = (*when, When(country, (None,))) if country else when
        found = (Condition((column,), alone, when=nowhere), Condition((column, country), pairs, when=when))
        return tuple(condition for condition in found if condition.keys)


@lru_cache(maxsize=1024)
def _region(country: str, home: str) -> str:
    """The region of a row; of one whose country nobody understands: none, so that no stranger is found (law 8)."""
    code = plain(country).strip().upper()
    if not code:
        return home
    if code.startswith("+") and code[1:].isdigit():
        region = phonenumbers.region_code_for_country_code(int(code[1:]))
        return "" if region == "ZZ" else region
    known = get_global("territory_aliases").get(code, [code])
    return known[0] if len(known) == 1 and known[0] in phonenumbers.SUPPORTED_REGIONS else ""


@dataclass(frozen=True, slots=True)
class Patterns:
    """What text that holds a key has, piece by piece in this order.

    Attributes:
        ascii: of text that is ASCII alone.
        other: of text with other signs as well, by those of its signs that nothing else can be folded to.
    """

    ascii: tuple[tuple[str, ...], ...]
    other: tuple[tuple[str, ...], ...]


def patterns(spelling: Spelling) -> Patterns | None:
    """What to filter by; None when there are too many keys for it."""
    if len(spelling.keys) > MOST_PATTERNS:
        return None
    made = {"email": _of_email, "phone": _of_phone}.get(spelling.rule, _of_text)
    found = [made(key) for key in sorted(spelling.keys)]
    escaped = (_ANY_SIGN_ESCAPED,) if spelling.rule == "email" else ()
    ways = (*escaped, *(_ESCAPED_INSIDE if spelling.inside is not None else ()))
    plain_ones = dict.fromkeys([*(tuple(pieces) for pieces, _ in found if pieces), *ways])
    return Patterns(tuple(plain_ones), tuple(dict.fromkeys([*(tuple(pieces) for _, pieces in found), *ways])))


_ANY_SIGN_ESCAPED: Final = ("mailto:", "%")
"""RFC 6068: any sign may be written as %xx there."""
_ESCAPED_INSIDE: Final = (("\\u",), ("&#",))
"""In JSON and XML any sign may be written by its number."""
_FROM_OTHERS: Final = "kK;`"
"""NFC makes these of signs beyond ASCII: the sign of the Kelvin, the Greek question mark."""


def _own(text: str) -> list[str]:
    return [sign for sign in text if sign.isascii() and sign.isprintable() and sign not in _FROM_OTHERS]


def _of_email(key: str) -> tuple[list[str], list[str]]:
    local, _, domain = key.rpartition("@")
    labels = (label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in domain.split("."))
    whole = [sign for sign in f"{local}@{'.'.join(labels)}".lower() if sign.isalnum() or sign == "@"]
    # Name servers fold a domain by rules of their own (UTS 46), so of it nothing is said.
    return whole if local.isascii() else [], [sign for sign in _own(local.lower()) if sign.isalnum()]


def _of_phone(key: str) -> tuple[list[str], list[str]]:
    try:
        number = phonenumbers.parse(key, None)
    except phonenumbers.NumberParseException:
        return [], []  # no number, which no value holds
    return list(phonenumbers.national_significant_number(number)[-_LAST_DIGITS:]), []  # digits of any script


def _of_text(key: str) -> tuple[list[str], list[str]]:
    is_plain = key.isascii() and key.isprintable()  # a normal form has no other signs
    return key.split() if is_plain else [], [sign for sign in _own(key) if sign != " "]


def resolved(selection: Selection, resolve: Resolve, zone_key: str) -> Selection:
    """The selection, with what its conditions want normalised looked up first."""
    conditions = (*selection.conditions, *selection.spared)
    if all(condition.normalise == "verbatim" for condition in conditions):
        return selection

    def looked_up(some: Sequence[Condition]) -> tuple[Condition, ...]:
        return tuple(one for condition in some for one in _looked_up(condition, selection.table, resolve, zone_key))

    return replace(selection, conditions=looked_up(selection.conditions), spared=looked_up(selection.spared))


def _looked_up(condition: Condition, table: str, resolve: Resolve, zone_key: str) -> tuple[Condition, ...]:
    if condition.normalise == "verbatim":
        return (condition,)
    region = get_global("zone_territories").get(zone_key, "")
    forms = (normal_forms(condition.normalise, key[0], region) for key in condition.keys)
    keys = frozenset(form for found in forms for form in found)
    return resolve(table, Spelling(condition.columns[0], condition.normalise, keys, region, when=condition.when))
