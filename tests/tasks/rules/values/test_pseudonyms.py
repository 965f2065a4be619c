"""Pseudonyms in live types: each value is one that the type has, made of the pseudonym alone (Art. 17(1))."""

import json
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from data_contracts.connectors.connecting import Container, Holds, LiveColumn
from tasks.rules.values.pseudonyms import form_of, shape_of

_PSEUDONYM = "0123456789abcdef" * 4
_LAST = "f" * 64


def _live(
    type_: str, holds: Holds = Holds.TEXT, container: Container = Container.NONE, length: int | None = None
) -> LiveColumn:
    return LiveColumn("a", type_, nullable=True, holds=holds, container=container, length=length)


@pytest.mark.parametrize(
    ("live", "shape"),
    [
        (_live("VARCHAR(20)"), "text"),
        (_live("INTEGER[]", Holds.CONTAINER, Container.ARRAY), "array_of_number"),
        (_live("TEXT[]", Holds.CONTAINER, Container.ARRAY), "array_of_text"),
        (_live("SMALLINT[]", Holds.CONTAINER, Container.ARRAY), "array_of_below 32766"),
        (_live("BOOLEAN[]", Holds.CONTAINER, Container.ARRAY), ""),
        (_live("POINT[]", Holds.CONTAINER, Container.ARRAY), "array_of_text"),
        (_live("ARRAY<INT>", Holds.CONTAINER, Container.ARRAY), ""),
        (_live("BINARY(8)", Holds.BYTES, length=20), "bytes 20"),
        (_live("VARBINARY(40)", Holds.UNKNOWN, length=40), "bytes 16"),
        (_live("VARBINARY(4)", Holds.UNKNOWN, length=4), "bytes 4"),
        (_live("BYTEA", Holds.UNKNOWN), "bytes 16"),
        (_live("NUMERIC(10, 2)", Holds.NUMBER), "decimal 10 2"),
        (_live("DECIMAL(4, 4)", Holds.NUMBER), "decimal 4 4"),
        (_live("NUMERIC(12, 2)", Holds.NUMBER), "number"),
        (_live("NUMERIC(11, 2)", Holds.NUMBER), "number"),
        (_live("BIT(3)", Holds.NUMBER), "flags 3"),
        (_live("BIT(3)"), "bits 3"),
        (_live("BIT"), "bits 1"),
        (_live("TINYINT", Holds.NUMBER), "below 126"),
        (_live("DOUBLE", Holds.NUMBER), "number"),
        (_live("BOOLEAN", Holds.BOOLEAN), ""),
        (_live("INT8RANGE", Holds.UNKNOWN), "int8range"),
        (_live("FLOATRANGE", Holds.UNKNOWN), ""),
    ],
    ids=lambda value: value.type if isinstance(value, LiveColumn) else None,
)
def test_live_type_has_its_form(live: LiveColumn, shape: str) -> None:
    """By its name, its sizes and what it holds; one that has none is said to have none."""
    assert shape_of(live) == shape


@pytest.mark.parametrize(
    ("shape", "value"),
    [
        ("array_of_integer", lambda text: isinstance(json.loads(text)[0], int)),
        ("array_of_number", lambda text: isinstance(json.loads(text)[0], int)),
        ("array_of_below 32766", lambda text: 0 < json.loads(text)[0] <= 32_766),
        ("array_of_text", lambda text: json.loads(text) == [_PSEUDONYM[:16]]),
        ("array_of_date", lambda text: date(1000, 1, 1) <= date.fromisoformat(json.loads(text)[0]) < date(1800, 1, 1)),
        ("array_of_uuid", lambda text: UUID(json.loads(text)[0]).version == 8),
        ("daterange", lambda text: len(set(text.strip("[]").split(","))) == 1),
        ("int4range", lambda text: all(part.isdigit() for part in text.strip("[]").split(","))),
        ("bytes 20", lambda value: len(value) == 20 and value.endswith(bytes(4)) and value[:2] == b"\x01\x23"),
        ("bytes 4", lambda value: len(value) == 4),
        ("decimal 4 2", lambda text: Decimal(0) <= Decimal(text) < 100 and text[-3] == "."),
        ("decimal 4 0", lambda text: "." not in text),
        ("time", lambda text: text < "24:00:00" and int(text[3:5]) < 60),
    ],
)
def test_value_is_one_that_the_type_has(shape: str, value: object) -> None:
    """A database takes it, and reads back what was written."""
    assert callable(value)
    assert value(form_of(shape, None).of(_PSEUDONYM))


@pytest.mark.parametrize(
    "shape", ["integer", "date", "time", "timestamp", "uuid", "text", "bytes 4", "bytes 20", "decimal 4 2"]
)
def test_next_turn_is_another_value(shape: str) -> None:
    """One that a live row holds already is passed over, also at the end of what there is."""
    form = form_of(shape, None)

    for pseudonym in (_PSEUDONYM, _LAST):
        assert len({form.of(pseudonym, turn) for turn in range(4)}) == 4


def test_same_pseudonym_is_the_same_value() -> None:
    """An erasure that runs again writes what it wrote."""
    assert (
        form_of("integer", None).of(_PSEUDONYM)
        == form_of("integer", None).of(_PSEUDONYM)
        == str(int(_PSEUDONYM[:16], 16) % 10**9)
    )
    assert form_of("text", None).of(_PSEUDONYM) == _PSEUDONYM[:16]
    assert form_of("text", None).of(_PSEUDONYM, 1) == f"{int(_PSEUDONYM, 16) + (1 << 240):064x}"[:16]


@pytest.mark.parametrize(
    ("shape", "length", "is_narrow"),
    [
        ("text", 7, True),
        ("text", 8, False),
        ("uuid", None, False),
        ("integer", None, True),
        ("bytes 5", None, False),
        ("bytes 4", None, True),
    ],
)
def test_narrow_form_asks_live_rows(shape: str, length: int | None, *, is_narrow: bool) -> None:
    """Where two people may get the same value; from 2⁴⁰ values on nobody does."""
    assert form_of(shape, length).is_narrow is is_narrow
