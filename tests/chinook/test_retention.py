"""Retention over a database that we did not make: invoices go with their lines when their ten years are over."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from data_contracts.vocabulary import Gate, Right
from flows.duties.retention import carry_out
from tests.chinook.test_life import house  # noqa: F401  # a fixture
from tests.flows.company import House, Rows, lost, sqlite_rows

_OLD = "SELECT InvoiceId FROM Invoice WHERE InvoiceDate < ?"


def erased(house: House, now: datetime) -> tuple[Rows, Rows]:  # noqa: F811  # the fixture's value
    """Rows that a run of that day takes away, and rows that are new."""
    house.clock.moment = now
    before = sqlite_rows(house.database("chinook"))
    done = carry_out("", "claire", house.code("claire"))
    assert (done.outcome, done.failed) == ("proven", {})
    after = sqlite_rows(house.database("chinook"))
    return lost(before, after), lost(after, before)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        pytest.param(datetime(2031, 12, 31, 12, tzinfo=UTC), "2021-01-01", id="none"),
        pytest.param(datetime(2033, 1, 1, 12, tzinfo=UTC), "2023-01-01", id="some"),
        pytest.param(datetime(2036, 1, 1, 12, tzinfo=UTC), "2026-01-01", id="all"),
    ],
)
def test_invoices_go_with_their_lines(house: House, now: datetime, before: str) -> None:  # noqa: F811  # as above
    """C. com. L123-22: whoever's invoices they are, from the day after; lines without a date go with them; no more."""
    invoices = house.ask("chinook", _OLD, before)
    lines = house.ask("chinook", f"SELECT InvoiceLineId FROM InvoiceLine WHERE InvoiceId IN ({_OLD})", before)  # noqa: S608  # our own words

    gone, new = erased(house, now)

    counted = {table: rows.total() for table, rows in gone.items()}
    assert counted == +Counter({"Invoice": len(invoices), "InvoiceLine": len(lines)})
    assert new == {}


def test_invoices_of_an_open_case_stay_with_their_lines(house: House) -> None:  # noqa: F811  # as above
    """What people decide about is not taken away; the rest goes."""
    house.clock.moment = datetime(2036, 1, 1, 12, tzinfo=UTC)
    house.until(Gate.APPROVAL, house.open(Right.ACCESS))

    erased(house, house.clock.moment + timedelta(minutes=2))

    assert house.ask("chinook", "SELECT DISTINCT CustomerId FROM Invoice") == [(1,)]
    assert house.ask("chinook", "SELECT count(*) FROM InvoiceLine") == [(38,)]
