"""Figures for those who watch: counts and ages, never a case, a run or a person (charter 7b; law 1).

Whoever shows them (``/metrics``, the DPO's page) shows the same ones. Every name in them is of a closed list or of the
contracts, so that their number is bounded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from data_contracts.case.case import Case, Move
from data_contracts.evidence.time_stamps import StampTrouble
from data_contracts.vocabulary import CaseState, Duty, Gate, Right


@dataclass(frozen=True, slots=True)
class OpenDay:
    """Open cases of a right that were received on one day or are due on one."""

    right: Right
    day: date
    cases: int


@dataclass(frozen=True, slots=True)
class AwaitingProof:
    """A case that awaits a proof of identity.

    Attributes:
        timeline: every move, first to last.
        identity: what the step noted that verifies identity; empty where it was not done.
    """

    case: Case
    timeline: Sequence[Move]
    identity: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class GateWait:
    """Open gates of a kind: how many, and since when the oldest waits."""

    gate: Gate
    gates: int
    oldest: datetime


@dataclass(frozen=True, slots=True)
class StepTime:
    """Steps that were done: how often, and how long they took from the first claim.

    Attributes:
        within: how many took at most as long, by the bounds of :data:`STEP_BOUNDS`, in seconds.
    """

    step: str
    done: int
    seconds: float
    within: tuple[int, ...]


STEP_BOUNDS = (0.1, 0.5, 1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Queue:
    """What waits to be done or read: how much, and since when."""

    waiting: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class FindingCount:
    """Findings of audits that are not closed."""

    kind: str
    severity: str
    findings: int
    overdue: int


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """An incident that is not closed: since when we know, and whether the authority was told."""

    kind: str
    aware_at: datetime
    is_told: bool


class FigureCounts(Protocol):
    """The part of the register that counts, in the database and not row by row."""

    def count_cases(self) -> Mapping[tuple[Right, CaseState], int]:
        """Cases by right and state."""

    def open_by_day(self, *, due: bool) -> list[OpenDay]:
        """Open cases by right and the day that they are due, or were received."""

    def awaiting_proof(self, *, identity_step: str) -> list[AwaitingProof]:
        """Cases that await a proof of identity, with what tells whether their clocks stand still."""

    def gate_waits(self) -> list[GateWait]:
        """Gates that wait for an answer, by kind."""

    def step_times(self) -> list[StepTime]:
        """How long steps took, by the first word of their name."""

    def tally_steps(self) -> bool:
        """Add steps that were done an hour ago or earlier to the sums; whether none is left to add."""

    def failed_attempts(self) -> Mapping[str, int]:
        """Attempts at a step beyond the first, by system; what has no system is left out."""

    def unasked_queue(self) -> Queue:
        """Open cases about which nobody is asked anything; since when nothing happened to one of them."""

    def outbox_queue(self) -> Queue:
        """What of the outbox is not done."""

    def arrivals_queue(self) -> Queue:
        """Mails that nobody has read."""

    def count_findings(self, today: date) -> list[FindingCount]:
        """Findings that are not closed, by kind and severity."""

    def open_incidents(self) -> list[OpenIncident]:
        """Incidents that are not closed."""


@dataclass(frozen=True, slots=True)
class LastRun:
    """The last run of a duty.

    Attributes:
        outcome: ``proven``, ``incomplete``, …; empty while it runs, or when its process was killed.
    """

    duty: Duty
    outcome: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Retained:
    """What the last run of retention did with the rows of a system."""

    over: int
    spared: int
    left: int

    @property
    def erased(self) -> int:
        """Rows that went, or whose values did."""
        return self.over - self.spared - self.left


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that is counted, at one moment.

    Attributes:
        to_deadline: open cases by right and the days to their last day, as :data:`DEADLINES`; those whose clock stands
            still have no last day, and are :data:`STANDS_STILL`.
        ages: open cases by right and the days since receipt, as :data:`AGES`.
        soonest: days to the next last day, negative when it is over; None when no open case has one.
        failures: attempts beyond the first, by system.
        retention: what the last run did, by system.
        stamp_trouble: what keeps time stamps of checkpoints away; None when nothing does.
        operators: how many are ``in_force``, ``locked``, ``untrained`` or ``lapsed``.
    """

    at: datetime
    cases: Mapping[tuple[Right, CaseState], int]
    to_deadline: Mapping[tuple[Right, str], int]
    ages: Mapping[tuple[Right, str], int]
    soonest: int | None
    gates: tuple[GateWait, ...]
    steps: tuple[StepTime, ...]
    failures: Mapping[str, int]
    runs: tuple[LastRun, ...]
    retention: Mapping[str, Retained]
    findings: tuple[FindingCount, ...]
    incidents: tuple[OpenIncident, ...]
    unasked: Queue
    """Cases that a flow run has to carry on."""
    outbox: Queue
    arrivals: Queue
    operators: Mapping[str, int] = field(default_factory=dict)
    stamp_trouble: StampTrouble | None = None

    @property
    def open_cases(self) -> int:
        """How many cases are open."""
        return sum(self.to_deadline.values())

    @property
    def overdue(self) -> int:
        """How many open cases are past their last day."""
        return sum(number for (_, days), number in self.to_deadline.items() if days == OVERDUE)


OVERDUE = "overdue"
STANDS_STILL = "stands still"
DEADLINES = (OVERDUE, "0-2", "3-5", "6-10", "11-20", "over 20", STANDS_STILL)
"""Days to the last day, in the order to show them; last, cases whose clock stands still (Art. 12(6))."""
AGES = ("0-7", "8-14", "15-30", "31-60", "over 60")
"""Days since receipt, in the order to show them."""
