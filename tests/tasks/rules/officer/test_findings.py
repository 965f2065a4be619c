"""What a person may make of a finding."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from data_contracts.areas import Severity
from data_contracts.errors import RequestInvalid
from data_contracts.officer.findings import Finding, FindingChange, FindingKind, FindingMove, FindingState
from tasks.rules.officer.findings import accepted, assigned, closed, is_late, late

DAY = date(2026, 3, 31)
NOW = datetime(2026, 3, 1, tzinfo=UTC)
OPEN = Finding(
    finding_id="F-1",
    kind=FindingKind.TABLE_UNDECLARED,
    place="crm.stray",
    severity=Severity.HIGH,
    facts={},
    what="",
    remedy="",
    state=FindingState.OPEN,
    owner="dpo",
    due=DAY,
    first_run="R-1",
    last_run="R-1",
    opened_at=NOW,
    closed_at=None,
)
CLOSED = replace(OPEN, state=FindingState.CLOSED)


def test_late_once_its_day_has_passed() -> None:
    """The day itself still counts; what is closed is never late, an accepted risk is once its day is over."""
    morrow = DAY + timedelta(days=1)

    assert not is_late(OPEN, DAY)
    assert late([OPEN, CLOSED, replace(OPEN, due=morrow)], morrow) == [OPEN]
    assert is_late(replace(OPEN, state=FindingState.ACCEPTED), morrow)


def test_moves_say_what_changes() -> None:
    """Hand on, accept until a day, close."""
    until = date(2026, 6, 30)

    assert assigned(OPEN, "marc") == (FindingMove.ASSIGNED, FindingChange(owner="marc"))
    accepts = FindingChange(state=FindingState.ACCEPTED, due=until)
    assert accepted(OPEN, until, "it goes in June", DAY) == (FindingMove.ACCEPTED, accepts)
    assert closed(OPEN, "declared") == (FindingMove.CLOSED, FindingChange(state=FindingState.CLOSED))


@pytest.mark.parametrize("until", [DAY, DAY - timedelta(days=1), DAY + timedelta(days=367)])
def test_risk_is_accepted_for_a_year_at_most(until: date) -> None:
    """Art. 24(1): measures are reviewed; nothing is accepted for ever, or for yesterday."""
    with pytest.raises(RequestInvalid, match="coming year"):
        accepted(OPEN, until, "because", DAY)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_reason_is_needed(reason: str) -> None:
    """Art. 5(2): whoever accepts or closes says why."""
    with pytest.raises(RequestInvalid, match="reason"):
        closed(OPEN, reason)
    with pytest.raises(RequestInvalid, match="reason"):
        accepted(OPEN, DAY + timedelta(days=1), reason, DAY)


def test_closed_stays_closed_until_it_is_found_again() -> None:
    """Only an audit opens it again."""
    with pytest.raises(RequestInvalid, match="closed"):
        assigned(CLOSED, "marc")
    with pytest.raises(RequestInvalid, match="closed"):
        closed(CLOSED, "again")
