"""Art. 5(1)(e) GDPR: the last day held, and the bound that tells rows that are over."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.company.contract import Retention
from data_contracts.errors import ContractInvalid, SettingsInvalid
from data_contracts.vocabulary import RetentionAction, RetentionStart
from tasks.rules.act.retention import cutoff, held_until

_VALUE = RetentionStart.VALUE
_YEAR_END = RetentionStart.FINANCIAL_YEAR_END
PARIS = "Europe/Paris"


def a_period(value: int, unit: str, start: RetentionStart = _VALUE) -> Retention:
    """A retention period of that length."""
    return Retention("invoice-kept", "invoice", "issued_on", value, unit, start=start, then=RetentionAction.DELETE)


@pytest.mark.parametrize(
    ("period", "value", "year_end", "last_day"),
    [
        pytest.param(a_period(5, "y"), date(2020, 3, 5), "12-31", date(2025, 3, 5), id="years"),
        pytest.param(a_period(1, "y"), date(2024, 2, 29), "12-31", date(2025, 2, 28), id="leap day"),
        pytest.param(a_period(1, "mo"), date(2027, 1, 31), "12-31", date(2027, 2, 28), id="month end"),
        pytest.param(a_period(30, "d"), date(2027, 1, 31), "12-31", date(2027, 3, 2), id="days"),
        pytest.param(a_period(0, "d"), date(2027, 1, 31), "12-31", date(2027, 1, 31), id="no day"),
        pytest.param(a_period(10, "y", _YEAR_END), date(2016, 5, 4), "12-31", date(2026, 12, 31), id="year end"),
        pytest.param(a_period(10, "y", _YEAR_END), date(2016, 12, 31), "12-31", date(2026, 12, 31), id="on year end"),
        pytest.param(a_period(10, "y", _YEAR_END), date(2016, 7, 1), "06-30", date(2027, 6, 30), id="June year"),
        pytest.param(a_period(1, "y", _YEAR_END), date(2023, 3, 1), "02-29", date(2025, 2, 28), id="end of February"),
        pytest.param(a_period(10, "y"), date(9999, 12, 31), "12-31", date.max, id="no end yet"),
        pytest.param(a_period(10, "y", _YEAR_END), date(9999, 12, 31), "06-30", date.max, id="no year end yet"),
    ],
)
def test_last_day_held(period: Retention, value: date, year_end: str, last_day: date) -> None:
    """A period ends with the same date, or the last day of a shorter month, and that day is still held."""
    assert held_until(period, value, financial_year_end=year_end) == last_day


def test_cutoff_is_local_midnight() -> None:
    """The bound is a moment of the place: midnight in Paris, not in UTC."""
    bound = cutoff(a_period(1, "y"), today=date(2027, 7, 2), time_zone=PARIS)

    assert bound == datetime(2026, 7, 2, tzinfo=ZoneInfo(PARIS))
    assert bound.utcoffset() == timedelta(hours=2)


def test_cutoff_at_the_end_of_a_longer_month() -> None:
    """On 31 March all of February is over that is held for a month: 28 February was held until 28 March."""
    assert cutoff(a_period(1, "mo"), today=date(2027, 3, 31), time_zone=PARIS).date() == date(2027, 3, 1)


def test_accounting_documents_of_a_year_end_together() -> None:
    """C. com. L123-22: on 1 January all invoices of the financial year that is eleven years back are over."""
    ten_years = a_period(10, "y", _YEAR_END)

    assert cutoff(ten_years, today=date(2026, 12, 31), time_zone=PARIS).date() == date(2016, 1, 1)
    assert cutoff(ten_years, today=date(2027, 1, 1), time_zone=PARIS).date() == date(2017, 1, 1)


@given(
    value=st.integers(0, 36),
    unit=st.sampled_from(["d", "mo", "y"]),
    start=st.sampled_from([_VALUE, _YEAR_END]),
    year_end=st.sampled_from(["12-31", "06-30", "03-31", "02-29", "04-15"]),
    today=st.dates(date(2000, 1, 1), date(2060, 12, 31)),
    near=st.integers(-400, 400),
)
def test_over_exactly_when_the_last_day_has_passed(
    *, value: int, unit: str, start: RetentionStart, year_end: str, today: date, near: int
) -> None:
    """A day is before the cut-off if and only if the last day it is held has passed."""
    period = a_period(value, unit, start)

    bound = cutoff(period, today=today, time_zone=PARIS, financial_year_end=year_end).date()

    for day in (bound - timedelta(1), bound, bound + timedelta(near)):
        assert (day < bound) == (held_until(period, day, financial_year_end=year_end) < today)


@given(today=st.dates(date(2000, 1, 1), date(2060, 12, 30)), value=st.integers(0, 40))
def test_cutoff_never_goes_back(today: date, value: int) -> None:
    """What is over today is over tomorrow."""
    period = a_period(value, "mo")

    later = cutoff(period, today=today + timedelta(1), time_zone=PARIS)

    assert cutoff(period, today=today, time_zone=PARIS) <= later


def test_unknown_unit_is_refused() -> None:
    """A unit that no contract may use is refused by name of the period."""
    with pytest.raises(ContractInvalid, match="invoice: invoice-kept: the unit"):
        held_until(a_period(3, "weeks"), date(2027, 1, 1))


def test_period_longer_than_the_calendar_is_refused() -> None:
    """A period that began before year 1 is a mistake in the contract."""
    with pytest.raises(ContractInvalid, match="longer than the calendar"):
        cutoff(a_period(3000, "y"), today=date(2027, 1, 1), time_zone=PARIS)


@pytest.mark.parametrize("year_end", ["13-01", "06-31", "0630", "1-2-3", "xx-yy"])
def test_wrong_year_end_is_refused(year_end: str) -> None:
    """The end of the financial year must be a day of the year, whichever question is asked."""
    period = a_period(1, "y", _YEAR_END)

    with pytest.raises(SettingsInvalid, match="financial_year_end"):
        cutoff(period, today=date(2027, 1, 1), time_zone=PARIS, financial_year_end=year_end)
    with pytest.raises(SettingsInvalid, match="financial_year_end"):
        held_until(period, date(2027, 1, 1), financial_year_end=year_end)


def test_unknown_time_zone_is_refused() -> None:
    """A place that nobody knows is a wrong setting."""
    with pytest.raises(SettingsInvalid, match="time_zone"):
        cutoff(a_period(1, "y"), today=date(2027, 1, 1), time_zone="Europe/Atlantis")
