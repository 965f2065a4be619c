"""What an audit shows to people, and the port that puts it into words (charter 3.4).

Names, counts and dates alone: an audit never carries a value away from where it looked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from data_contracts.areas import Severity
from data_contracts.officer.findings import FindingKind, FindingState
from data_contracts.officer.reports import Report


@dataclass(frozen=True, slots=True)
class SystemShown:
    """How an audit fared in one system.

    Attributes:
        is_complete: everything in it could be looked at.
        checks: rules for values that were asked.
        canary: how its last canary fared, as :class:`data_contracts.connectors.canaries.CanaryState`; empty: not known.
        canary_day: ISO day of it; empty: there was none.
    """

    system: str
    is_complete: bool
    checks: int
    findings: int
    canary: str = ""
    canary_day: str = ""


@dataclass(frozen=True, slots=True)
class FindingShown:
    """A finding as a report shows it; without an id while nothing was kept."""

    finding_id: str
    kind: FindingKind
    place: str
    severity: Severity
    facts: Mapping[str, str | int]
    owner: str
    due: date
    state: FindingState = FindingState.OPEN
    is_new: bool = True
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class AuditShown:
    """What an audit found.

    Attributes:
        run: its name; empty where nothing was kept.
        outcome: ``complete`` or ``incomplete``; empty while it runs.
        system: the one it was about; empty: all, and the company.
        chains: how many chains of evidence were verified; None when they were not looked at.
        findings: those that are not closed, the worst first.
        gone: findings that it closed because they are no longer found, by kind and place.
    """

    run: str
    outcome: str
    day: date
    system: str
    systems: tuple[SystemShown, ...]
    chains: int | None
    findings: tuple[FindingShown, ...] = field(repr=False)
    gone: tuple[tuple[FindingKind, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A finding in words."""

    title: str
    what: str
    remedy: str


class AuditWords(Protocol):
    """Puts audits and findings into words; a language we have no words for is told in the organisation's first."""

    def told(self, kind: FindingKind, facts: Mapping[str, str | int], language: str) -> Told:
        """What was found and what to do about it."""

    def report(self, shown: AuditShown, made_at: datetime, language: str = "") -> Report:
        """The report for the data protection officer; without a language in the organisation's first."""
