"""What is sealed comes back with its type, because a database compares by type."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_contracts.case.plan import Located
from data_contracts.connectors.keys import Condition, When
from data_contracts.vocabulary import Right
from tasks.case.sealed import (
    LOCATED,
    keep_json,
    keys_of,
    plain_keys,
    read_json,
    read_located,
    write_json,
    write_located,
)
from tasks.services import services
from tests.flows.company import House

_VALUES = st.one_of(
    st.text(max_size=8),
    st.integers(-(2**63), 2**63),
    st.booleans(),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, UTC])),
    st.times(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.uuids(),
    st.binary(max_size=8),
)
_KEYS = st.dictionaries(
    st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=3).map(tuple),
    st.frozensets(st.lists(_VALUES, min_size=1, max_size=2).map(tuple), max_size=4),
    max_size=4,
)
_SOME = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def case_id(house: House) -> str:
    """A case to seal something for."""
    return house.open(Right.ACCESS)


@pytest.mark.parametrize(
    "value",
    [
        date(2024, 2, 29),
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 2, 30, 0, 123456),  # noqa: DTZ001  # a time without zone, as a database gives it
        time(23, 59, 59),
        Decimal("10.00"),
        UUID(int=42),
        b"\x00\xff",
        {"#date": "2024-02-29", "more": 1},
        {"#unknown": "x"},
        None,
    ],
)
def test_value_keeps_its_type(case_id: str, value: object) -> None:
    """A date stays a date, ten euros stay exact, and what only looks like a tag is left alone."""
    write_json(case_id, "value", {"v": value})

    found = read_json(case_id, "value")["v"]

    assert (found, type(found)) == (value, type(value))


def test_unknown_type_is_a_mistake(case_id: str) -> None:
    """A value that could not be read back is not written, and its text is not told."""
    with pytest.raises(TypeError, match=r"^complex$"):
        write_json(case_id, "value", {"v": 1j})

    assert not services().vault.has(case_id, "value")


@given(keys=_KEYS)
@_SOME
def test_keys_come_back_as_they_were(case_id: str, keys: dict[tuple[str, ...], frozenset[tuple[object, ...]]]) -> None:
    """Keys by slot, of every type a driver gives, survive sealing."""
    write_json(case_id, "keys", plain_keys(keys))

    assert keys_of(read_json(case_id, "keys")) == keys


@given(keys=st.frozensets(st.tuples(_VALUES), min_size=1, max_size=4))
@_SOME
def test_located_comes_back_as_it_was(case_id: str, keys: frozenset[tuple[object, ...]]) -> None:
    """Where the rows are, what is shared, what was done by hand and how many people were reached."""
    way = Condition(("email",), keys, normalise="email")
    located = Located(
        conditions={("crm", "customer"): (way,), ("crm", "order"): ()},
        shared={("crm", "household"): (Condition(("a", "b"), frozenset({(1, "x")})),)},
        own_keys={("crm", "order+shared"): (Condition(("a",), keys, when=(When("b", ("c",)),)),)},
        by_hand={"support": "TICKET-1"},
        subjects={"customer_no": 1},
    )

    write_located(case_id, located)

    assert read_located(case_id) == located


def test_what_was_located_before_keys_of_others_were_known_is_read(case_id: str) -> None:
    """A case that was under way when the software was replaced goes on."""
    write_json(case_id, LOCATED, {"conditions": [], "shared": [], "by_hand": {}, "subjects": {}})

    assert read_located(case_id) == Located(conditions={})


def test_nothing_is_kept_where_there_is_nothing(case_id: str) -> None:
    """An empty value takes away what was there, and leaves nothing where nothing was."""
    keep_json(case_id, "rows", [])
    keep_json(case_id, "value", [1])
    first = read_json(case_id, "value")
    keep_json(case_id, "value", [])

    assert first == [1]
    assert [services().vault.has(case_id, name) for name in ("rows", "value")] == [False, False]
