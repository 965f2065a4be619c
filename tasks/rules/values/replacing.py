"""Ways of erasing and live types: what takes the place of an erased value, in which type, and where nothing can.

One table of types and ways, asked by `check`, by the plan and by the act alike, so that what people approve can be
done. What a CHECK or a trigger refuses is no matter of types: the rehearsal finds it (law 13).

=============  ==========================  =======================================  ==================
live type      ``mask``                    ``token``, ``hmac``                      ``clear``
=============  ==========================  =======================================  ==================
text           ``***``, cut to its length  signs, cut to its length                 NULL
number         0                           digits                                   NULL
uuid           zeros                       a UUID made of the pseudonym             NULL
inet           ``0.0.0.0``                 an address of 2001:db8::/32 (RFC 3849)   NULL
json           ``{}``                      the pseudonym as a JSON text             NULL
array, map     empty                       the pseudonym as its one member          NULL
xml            ``<x/>``                    an element with the pseudonym            NULL
bytes          none, zeros where fixed     bytes of the pseudonym                   NULL
date, time     1900-01-01, 00:00           a day, a time                            NULL
enumeration    no way but `replacement`    no way                                   NULL
boolean        false                       no way                                   NULL
computed       no way                      no way                                   no way
=============  ==========================  =======================================  ==================

How a pseudonym looks in each type stands in :mod:`tasks.rules.values.pseudonyms`.

Source: Art. 17(1) and 5(1)(c) GDPR.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from data_contracts.company.contract import Column, Table
from data_contracts.connectors.connecting import Container, Holds, LiveColumn
from data_contracts.connectors.keys import KeyValue
from data_contracts.vocabulary import ColumnErasure
from tasks.rules.values.pseudonyms import Form, form_of, shape_of

MASKS: Final[Mapping[str, KeyValue]] = {
    "string": "***",
    "integer": 0,
    "number": 0,
    "boolean": False,
    "date": "1900-01-01",
    "timestamp": "1900-01-01T00:00:00",
    "time": "00:00:00",
}
"""What a masked value becomes, by ODCS logical type; dates as text, which the connector gives the column's type."""

_OF_CONTAINERS: Final[Mapping[Container, str]] = {
    Container.ARRAY: "[]",
    Container.JSON: "{}",
    Container.ENTRIES: "{}",
    Container.XML: "<x/>",
}
_NO_UUID: Final = "00000000-0000-0000-0000-000000000000"
_OF_TYPES: Final[Mapping[str, str]] = {
    "inet": "0.0.0.0",  # noqa: S104  # nobody’s address
    "cidr": "0.0.0.0/32",
    "inet4": "0.0.0.0",  # noqa: S104
    "uuid": _NO_UUID,
    "inet6": "::",
    "macaddr": "00:00:00:00:00:00",
    "macaddr8": "00:00:00:00:00:00:00:00",
    "interval": "00:00:00",
    "time": "00:00:00",
    "date": "1900-01-01",
    "tsvector": "",
    "year": "1901",
}
_TELLS_APART: Final = 10**9
"""Fewer keyed hashes would be the same for two people; of a token another is taken then."""
_WRITING: Final = frozenset({ColumnErasure.CLEAR, ColumnErasure.MASK, ColumnErasure.TOKEN, ColumnErasure.HMAC})
_TOKENS: Final = frozenset({ColumnErasure.TOKEN, ColumnErasure.HMAC})


def masked_value(column: Column) -> KeyValue:
    """What a value of ``column`` becomes when it is masked."""
    if column.replacement is not None:
        return column.replacement
    return MASKS.get(column.logical_type, "***")


def shaped(column: Column, pseudonym: str, turn: int = 0) -> KeyValue:
    """A pseudonym, given as 64 hexadecimal signs, as the live column holds it; the same for the same pseudonym.

    Args:
        column: brought to its live type by :func:`fitted`.
        pseudonym: what the value is made of.
        turn: above 0 where live rows hold the values of earlier turns.
    """
    return form(column).of(pseudonym, turn)


def form(column: Column) -> Form:
    """The form of the column's pseudonyms."""
    wanted = 64 if ColumnErasure.HMAC in _ways(column) else 16
    return form_of(column.held_as or "text", column.max_length, hexadecimal=wanted)


def fitted(table: Table, live: Mapping[str, LiveColumn]) -> Table:
    """``table``, its ways of erasing brought to the live types; columns without a way stay as they are."""
    return replace(table, columns=tuple(_fitted(column, live.get(column.name)) for column in table.columns))


def why_not(column: Column, live: LiveColumn) -> str:
    """Why the live column cannot be erased as the contract says; empty where it can."""
    if column.erase not in _WRITING or column.inside is not None:
        return ""
    if live.is_computed:
        return "the database computes the column by itself, and nothing can be written to it"
    if column.erase is ColumnErasure.MASK:
        return _why_not_masked(column, live)
    return _why_not_token(column, live) if column.erase in _TOKENS else ""


def remedy(column: Column, live: LiveColumn) -> str:
    """What makes a column erasable of which :func:`why_not` says something."""
    if live.is_computed:
        return "write `erase: computed`: it changes with the columns that it is computed from"
    if column.unique and (live.labels or not shape_of(live)):
        return "no way writes different values there: write `erase: delete` at the table, or drop the UNIQUE"
    if column.replacement is not None or live.labels:
        labels = ", ".join(live.labels)
        return f"write `erase: mask` with a `replacement` that it holds{f': one of {labels}' if labels else ''}"
    clear = ", or `erase: clear`" if live.nullable else ""
    return f"write `erase: mask` with a `replacement` that it holds{clear}"


def _ways(column: Column) -> frozenset[ColumnErasure | None]:
    """Every way in which rows erase it: its own, and those of the cases in which other rules hold."""
    return frozenset((column.erase, *(case.rules.erase for case in column.cases)))


def _fitted(column: Column, live: LiveColumn | None) -> Column:
    if live is None or not _ways(column) & _WRITING or column.inside is not None:
        return column
    lengths = [length for length in (column.max_length, live.length) if length is not None]
    replacement = column.replacement if column.replacement is not None else _mask(column, live)
    return replace(column, replacement=replacement, max_length=min(lengths, default=None), held_as=shape_of(live))


def _mask(column: Column, live: LiveColumn) -> KeyValue:
    """The constant that the live type holds; None where the contract's own does."""
    name = _name(live)
    if live.holds is Holds.BYTES or name == "blob":
        return bytes(live.length or 0) if name == "binary" else b""
    if name == "bit" and live.holds is not Holds.NUMBER:
        return form_of(shape_of(live), None).value(0)
    if live.since:
        return f"{live.since}T00:00:00"
    ways: tuple[KeyValue, ...] = (
        _OF_CONTAINERS.get(live.container),
        _NO_UUID if live.holds is Holds.UUID else None,
        "empty" if name.endswith("range") else _OF_TYPES.get(name),
        _OF_HOLDS.get(live.holds),
    )
    if found := [way for way in ways if way is not None]:
        return found[0]
    text = masked_value(column)
    return text[: live.length] if isinstance(text, str) and live.length is not None else None


_OF_HOLDS: Final[Mapping[Holds, KeyValue]] = {
    Holds.NUMBER: 0,
    Holds.BOOLEAN: False,
    Holds.MOMENT: "1900-01-01T00:00:00",
}


def _why_not_masked(column: Column, live: LiveColumn) -> str:
    value = column.replacement
    if _name(live) == "money" and value is None:
        return "`erase: mask` has no constant for money: each server writes it in its own way"
    if live.labels and (value if value is not None else MASKS["string"]) not in live.labels:
        given = "the declared replacement" if value is not None else "`erase: mask`"
        return f"{given} is none of the values of its enumeration"
    if live.length is not None and value is not None and live.holds is Holds.TEXT and len(str(value)) > live.length:
        return f"the declared replacement has more than the {live.length} signs that it takes"
    return ""


def _why_not_token(column: Column, live: LiveColumn) -> str:
    """What a pseudonym would need."""
    kind = f"`erase: {column.erase}`"
    if live.labels:
        return f"{kind} writes none of the values of its enumeration"
    shape = shape_of(live)
    if not shape:
        return f"{kind} has no form for {live.type.lower()}"
    space = form_of(shape, live.length).space
    if column.erase is ColumnErasure.HMAC and 0 < space < _TELLS_APART:
        return f"{kind} has {space} different values in {live.type.lower()}, too few to tell people apart"
    return ""


def _name(live: LiveColumn) -> str:
    """The type's bare name.

    >>> _name(LiveColumn("c", "VARCHAR(20)", True))
    'varchar'
    """
    words = live.type.lower().replace("(", " ").split()
    return words[0] if words else ""
