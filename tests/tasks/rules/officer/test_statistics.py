"""How long answers took, and which were late (Art. 12(3))."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.officer.statistics import ToldCase
from data_contracts.vocabulary import Right
from tasks.rules.clock.deadlines import Pause
from tasks.rules.officer.statistics import (
    days_stood_still,
    days_taken,
    is_late,
    month_of,
    months_before,
    response_times,
)

_PARIS = ZoneInfo("Europe/Paris")
_CASE = ToldCase(
    "C-1",
    Right.ACCESS,
    datetime(2026, 3, 2, 9, tzinfo=UTC),
    datetime(2026, 3, 12, 9, tzinfo=UTC),
    date(2026, 4, 2),
    is_extended=False,
    outcome="granted",
)


def told_after(days: int, *, due: int = 31) -> ToldCase:
    """A case that was answered after so many days."""
    return replace(
        _CASE, told_at=_CASE.received_at + timedelta(days=days), response_due=date(2026, 3, 2) + timedelta(days=due)
    )


def test_days_are_those_of_the_place() -> None:
    """23:30 UTC is the next day in Paris."""
    assert days_taken(replace(_CASE, received_at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC)), _PARIS) == 10


def test_last_day_is_in_time() -> None:
    """The day after it is late."""
    assert [is_late(told_after(days), _PARIS) for days in (30, 31, 32)] == [False, False, True]


def test_times_of_many() -> None:
    """Nearest ranks, as one would count them on a list."""
    cases = [told_after(days) for days in (1, 2, 3, 4, 5, 6, 7, 8, 9, 40)]

    times = response_times([*cases, replace(told_after(5), is_extended=True)], _PARIS)

    assert times is not None
    assert (times.answered, times.late, times.extended) == (11, 1, 1)
    assert (times.median, times.ninetieth, times.longest) == (5, 9, 40)


def test_days_that_stood_still_are_told_apart() -> None:
    """A pause ends with the telling at the latest; a proof that never came has no end of its own."""
    first, second = date(2026, 3, 3), date(2026, 3, 10)
    pauses = [Pause(first, date(2026, 3, 6)), Pause(second)]

    still = days_stood_still(_CASE, pauses, _PARIS)
    times = response_times([_CASE], _PARIS, {"C-1": still})

    assert still == 3 + 2
    assert times is not None
    assert (times.median, times.median_running) == (10, 5)


def test_no_answer_has_no_times() -> None:
    """Nothing is a result."""
    assert response_times([], _PARIS) is None


@given(st.lists(st.integers(0, 400), min_size=1, max_size=50))
def test_median_lies_between(days: list[int]) -> None:
    """Never above the ninetieth, nor that above the longest."""
    times = response_times([told_after(one) for one in days], _PARIS)

    assert times is not None
    assert min(days) <= times.median <= times.ninetieth <= times.longest == max(days)


@pytest.mark.parametrize(
    ("day", "first", "following"),
    [
        (date(2026, 1, 31), date(2026, 1, 1), date(2026, 2, 1)),
        (date(2028, 2, 29), date(2028, 2, 1), date(2028, 3, 1)),
        (date(2026, 12, 1), date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_months(day: date, first: date, following: date) -> None:
    """From the first day up to the first of the next."""
    assert month_of(day) == (first, following)


def test_months_before_cross_the_year() -> None:
    """The oldest first."""
    assert months_before(date(2026, 2, 28), 3) == [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)]
