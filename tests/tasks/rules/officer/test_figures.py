"""Where days belong in what is shown, and who of the operators can decide."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.gates.operators import Operator
from data_contracts.officer.figures import AGES, DEADLINES, STANDS_STILL, OpenDay, Retained
from data_contracts.vocabulary import OperatorRole, Right
from tasks.rules.officer.figures import age_bucket, by_age, by_deadline, deadline_bounds, deadline_bucket, standing_of

_NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
_TODAY = _NOW.date()


@pytest.mark.parametrize(
    ("days", "bucket"),
    [(-5, "overdue"), (0, "0-2"), (2, "0-2"), (3, "3-5"), (6, "6-10"), (11, "11-20"), (20, "11-20"), (21, "over 20")],
)
def test_days_to_the_deadline(days: int, bucket: str) -> None:
    """The edges belong to the nearer bucket."""
    assert deadline_bucket(days) == bucket


@given(st.integers(-10_000, 10_000))
def test_later_is_never_a_nearer_bucket(days: int) -> None:
    """The order of buckets is that of days."""
    assert DEADLINES.index(deadline_bucket(days)) <= DEADLINES.index(deadline_bucket(days + 1))
    assert AGES.index(age_bucket(days)) <= AGES.index(age_bucket(days + 1))


@given(st.integers(-10_000, 10_000))
def test_bounds_are_those_of_the_bucket(days: int) -> None:
    """Whoever asks for a bucket by its bounds gets the days that are counted in it, and no others."""
    within = [
        bucket
        for bucket in DEADLINES
        for least, most in [deadline_bounds(bucket)]
        if bucket != STANDS_STILL and (least is None or least <= days) and (most is None or days <= most)
    ]

    assert within == [deadline_bucket(days)]


def test_cases_are_summed_by_bucket() -> None:
    """Every open case is counted once."""
    days = [
        OpenDay(Right.ACCESS, _TODAY, 2),
        OpenDay(Right.ACCESS, _TODAY + timedelta(days=1), 3),
        OpenDay(Right.ERASURE, date(2026, 3, 1), 1),
    ]

    assert by_deadline(days, _TODAY) == {(Right.ACCESS, "0-2"): 5, (Right.ERASURE, "overdue"): 1}
    assert by_age(days, _TODAY) == {(Right.ACCESS, "0-7"): 5, (Right.ERASURE, "15-30"): 1}


@pytest.mark.parametrize(
    ("changed", "standing"),
    [
        ({}, "in_force"),
        ({"is_active": False}, "lapsed"),
        ({"valid_until": _NOW}, "lapsed"),
        ({"valid_until": _NOW + timedelta(days=1)}, "in_force"),
        ({"training_until": _NOW}, "untrained"),
        ({"training_until": _NOW + timedelta(days=1)}, "in_force"),
        ({"locked_until": _NOW + timedelta(minutes=1)}, "locked"),
        ({"locked_until": _NOW}, "in_force"),
    ],
)
def test_standing_of_an_operator(changed: dict[str, Any], standing: str) -> None:
    """Who cannot decide now is told with the reason."""
    facts: dict[str, Any] = {"valid_until": None, "training_until": None, **changed}

    assert standing_of(Operator("ada", (OperatorRole.DPO,), **facts), _NOW) == standing


def test_what_was_erased_is_the_rest() -> None:
    """Over, less what was spared and what waits for others."""
    assert Retained(over=10, spared=3, left=2).erased == 5
