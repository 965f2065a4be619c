"""What becomes of findings: who gets a new one and until when, and what a person may make of one (Art. 24(1)). Pure."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from data_contracts.company.company import Policy
from data_contracts.errors import RequestInvalid
from data_contracts.officer.findings import Finding, FindingChange, FindingMove, FindingState, Found, area_of

_OTHERWISE: Final = "dpo"
_DAYS: Final = 30
_LONGEST: Final = 500
_LONGEST_RISK: Final = timedelta(days=366)
"""A risk is accepted for a year at most; then somebody must look again (Art. 24(1): reviewed and updated)."""


def owner_of(found: Found, policy: Policy) -> str:
    """Who gets it when it is opened: a role or an operator."""
    return policy.audit_owners.get(area_of(found.kind), _OTHERWISE)


def due_of(found: Found, policy: Policy, day: date) -> date:
    """Until when it must be settled when it is opened on that day."""
    return day + timedelta(days=policy.audit_due_days.get(found.severity, _DAYS))


def is_late(finding: Finding, day: date) -> bool:
    """Whether its day has passed and it is not closed; an accepted risk is late once its day is over."""
    return finding.state is not FindingState.CLOSED and finding.due < day


def late(findings: Iterable[Finding], day: date) -> list[Finding]:
    """Those of them that are late."""
    return [finding for finding in findings if is_late(finding, day)]


def assigned(finding: Finding, owner: str) -> tuple[FindingMove, FindingChange]:
    """What handing it on changes.

    Raises:
        RequestInvalid: when it is closed.
    """
    _require_open(finding)
    return FindingMove.ASSIGNED, FindingChange(owner=owner)


def accepted(finding: Finding, until: date, reason: str, day: date) -> tuple[FindingMove, FindingChange]:
    """What accepting its risk until a day changes.

    Raises:
        RequestInvalid: when it is closed, no reason is given, or the day is past or further away than a year.
    """
    _require_open(finding)
    _require_reason(finding, reason)
    if not day < until <= day + _LONGEST_RISK:
        raise RequestInvalid(
            "a risk is accepted until a day of the coming year",
            where=finding.finding_id,
            remedy="give --until YYYY-MM-DD within a year",
        )
    return FindingMove.ACCEPTED, FindingChange(state=FindingState.ACCEPTED, due=until)


def closed(finding: Finding, reason: str) -> tuple[FindingMove, FindingChange]:
    """What closing it changes; an audit that finds it again opens it again.

    Raises:
        RequestInvalid: when it is closed already, or no reason is given.
    """
    _require_open(finding)
    _require_reason(finding, reason)
    return FindingMove.CLOSED, FindingChange(state=FindingState.CLOSED)


def _require_open(finding: Finding) -> None:
    if finding.state is FindingState.CLOSED:
        raise RequestInvalid(
            "the finding is closed", where=finding.finding_id, remedy="an audit opens it when it is found again"
        )


def _require_reason(finding: Finding, reason: str) -> None:
    if not reason.strip() or len(reason) > _LONGEST:
        raise RequestInvalid(
            "a reason is needed, in at most 500 characters",
            where=finding.finding_id,
            remedy="give --reason, without personal data",
        )
