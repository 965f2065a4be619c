# ruff: noqa: DTZ001  # times without zone are what some columns hold
"""Keys as a column can hold them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.systems.values import NO_MATCH, Kind, fit, fits, when_values

PARIS = ZoneInfo("Europe/Paris")
NO = NO_MATCH


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        ("42", Kind.INTEGER, 42), ("042", Kind.INTEGER, NO), (" 42", Kind.INTEGER, NO), ("٤٢", Kind.INTEGER, NO),
        (True, Kind.INTEGER, NO), (42.0, Kind.INTEGER, 42), (42.5, Kind.INTEGER, NO), (2**63, Kind.INTEGER, NO),
        (float("nan"), Kind.INTEGER, NO), (Decimal("Infinity"), Kind.NUMBER, NO), ("1e3", Kind.NUMBER, NO),
        ("42.50", Kind.NUMBER, Decimal("42.5")), (0.1, Kind.NUMBER, Decimal("0.1")), (42, Kind.TEXT, "42"),
        (Decimal("42.00"), Kind.TEXT, "42"), (date(2021, 1, 2), Kind.TEXT, "2021-01-02"), (b"x", Kind.TEXT, NO),
        ("a\0b", Kind.TEXT, NO), ("\ud800", Kind.TEXT, NO), ("AB  ", Kind.PADDED, "AB"), ("x", Kind.BYTES, NO),
        ("2021-02-30", Kind.DATE, NO), ("20210102", Kind.DATE, NO), (datetime(2021, 1, 2), Kind.DATE, date(2021, 1, 2)),
        (datetime(2021, 1, 2, 3), Kind.DATE, NO), (1, Kind.BOOLEAN, True), (2, Kind.BOOLEAN, NO), (None, Kind.ANY, NO),
        ("no uuid", Kind.UUID, NO), ("042", Kind.LOOSE, NO), ("a42", Kind.LOOSE, "a42"), (" 4", Kind.LOOSE, NO),
        (datetime(2021, 1, 1, 23, tzinfo=UTC), Kind.LOCAL_TIME, datetime(2021, 1, 2)), (10**20, Kind.LOOSE, NO),
    ],
)  # fmt: skip
def test_fit(value: object, kind: Kind, expected: object) -> None:
    """A value fits exactly or not at all."""
    assert fit(value, kind, PARIS) == expected


def test_fit_of_uuid_text() -> None:
    """A UUID is the same with and without hyphens, in any case."""
    key = UUID("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")

    assert {fit(key.hex.upper(), Kind.UUID, PARIS), fit(str(key), Kind.UUID, PARIS)} == {key}


@given(
    value=st.one_of(
        st.text(), st.integers(), st.floats(), st.decimals(), st.booleans(), st.dates(), st.datetimes(), st.binary(),
        st.uuids(), st.none(), st.lists(st.integers()),
    ),
    kind=st.sampled_from(Kind),
)  # fmt: skip
def test_fit_never_fails_and_is_stable(value: Any, kind: Kind) -> None:
    """Whatever the value, no error quotes it; what fits once fits again as itself."""
    fitted = fit(value, kind, PARIS)

    assert fitted is NO_MATCH or kind is Kind.ANY or fit(fitted, kind, PARIS) == fitted


_ID = UUID("0a0b0c0d-0102-0304-0506-0708090a0b0c")


@pytest.mark.parametrize(
    ("value", "kind", "ways"),
    [
        (_ID, Kind.TEXT, {str(_ID), str(_ID).upper(), _ID.hex, _ID.hex.upper(), f"{{{_ID}}}"}),
        (_ID, Kind.BYTES, {_ID.bytes, str(_ID).encode()}),
        (str(_ID), Kind.BYTES, {_ID.bytes, str(_ID).encode()}),
        (_ID.bytes, Kind.UUID, {_ID}),
        (str(_ID).encode(), Kind.UUID, {_ID}),
        (_ID.bytes, Kind.TEXT, {str(_ID)}),
        (b"C1", Kind.TEXT, {"C1"}),
        (bytearray(b"C1"), Kind.TEXT, {"C1"}),
        (b"\xff", Kind.TEXT, set()),
        (b"C1\0", Kind.TEXT, set()),
        ("\ud800", Kind.BYTES, set()),
        (Decimal("42.00"), Kind.TEXT, {"42"}),
        (None, Kind.TEXT, set()),
    ],
)
def test_a_key_of_another_type_has_every_spelling_that_says_the_same(
    value: object, kind: Kind, ways: set[object]
) -> None:
    """UUIDs are written in several ways, and bytes that are text may be kept as text."""
    assert set(fits(value, kind, PARIS)) == ways


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("true", Kind.BOOLEAN, (True,)),
        ("False", Kind.BOOLEAN, (False,)),
        ("true", Kind.INTEGER, (1,)),
        ("true", Kind.LOOSE, ("true", 1)),
        ("true", Kind.TEXT, ("true",)),
        ("7", Kind.INTEGER, (7,)),
        ("seven", Kind.INTEGER, ()),
        ("7", Kind.BOOLEAN, ()),
    ],
)
def test_what_a_condition_says_is_fitted_to_the_column(text: str, kind: Kind, values: tuple[object, ...]) -> None:
    """Truth values are numbers where a database keeps them so."""
    assert when_values(text, kind, PARIS) == values
