"""What a clock shows once, twice or never, where it is set on and back (Europe/Paris, 29 March and 25 October 2026)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from data_contracts.errors import RequestInvalid
from data_contracts.text.local_times import local_of, moments_of, one_moment, shown_times, typed_moment

PARIS = ZoneInfo("Europe/Paris")
BEIRUT = ZoneInfo("Asia/Beirut")
PLAIN = datetime(2026, 6, 1, 12, 0)  # noqa: DTZ001  # a time without zone is what this is about
NEVER = datetime(2026, 3, 29, 2, 30)  # noqa: DTZ001
TWICE = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001


@pytest.mark.parametrize(("local", "times"), [(PLAIN, 1), (NEVER, 0), (TWICE, 2)])
def test_how_often_a_clock_shows_it(local: datetime, times: int) -> None:
    """Once, but for the hour that is left out and the hour that is there twice; so many moments it is."""
    assert shown_times(local, PARIS) == times
    assert len(moments_of(local, PARIS)) == times


def test_twice_is_an_hour_apart() -> None:
    """By summer time first: at half past midnight, then half past one in UTC."""
    found = [moment.astimezone(UTC).hour for moment in moments_of(TWICE, PARIS)]

    assert found == [0, 1]


def test_moment_is_told_where_the_clock_tells_it() -> None:
    """12 o'clock in June is 10 o'clock in UTC; what is shown twice tells no moment."""
    assert local_of(datetime(2026, 6, 1, 10, 0, tzinfo=UTC), PARIS) == PLAIN
    assert local_of(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), PARIS) is None


def test_typed_time_is_one_moment_or_none() -> None:
    """Nobody guesses which of two was meant; midnight begins its day, where clocks are set on at midnight too."""
    midnight = datetime(2026, 3, 29)  # noqa: DTZ001

    assert typed_moment(PLAIN, PARIS) == datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
    assert typed_moment(TWICE, PARIS) is None
    assert shown_times(midnight, BEIRUT) == 0
    begun = typed_moment(midnight, BEIRUT)
    assert begun is not None
    assert begun.astimezone(UTC) == datetime(2026, 3, 28, 22, 0, tzinfo=UTC)


@pytest.mark.parametrize(("local", "said"), [(NEVER, "no clock showed"), (TWICE, "showed this time twice")])
def test_no_moment_is_refused_with_its_reason(local: datetime, said: str) -> None:
    """With how to write it."""
    with pytest.raises(RequestInvalid, match=said):
        one_moment(local, PARIS, where="taken")
    assert one_moment(PLAIN, PARIS, where="taken") == datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
