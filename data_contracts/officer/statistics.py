"""What happened in a period, in numbers: requests, answers, refusals (Art. 5(2), charter 7b). No case, no person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from data_contracts.case.case import Move
from data_contracts.case.verdicts import Conclusion
from data_contracts.vocabulary import Channel, Right


@dataclass(frozen=True, slots=True)
class ToldCase:
    """A case whose data subject was told the outcome."""

    case_id: str
    right: Right
    received_at: datetime
    told_at: datetime
    response_due: date
    is_extended: bool
    outcome: str
    identity: Mapping[str, object] = field(default_factory=dict)
    """What the step noted that verified identity; empty where it was not done."""
    timeline: Sequence[Move] = ()
    """Every move, where a proof of identity was asked for, while which the clock may have stood still (Art. 12(6))."""
    verdict: Conclusion | None = None
    """How far its act is proven; None where nothing was carried out and looked at."""


class PeriodCounts(Protocol):
    """The part of the register that counts by period."""

    def received_between(self, start: datetime, end: datetime) -> Mapping[tuple[Right, Channel], int]:
        """Requests received from ``start`` on and before ``end``."""

    def told_between(self, start: datetime, end: datetime, *, identity_step: str, proof_step: str) -> list[ToldCase]:
        """Cases whose data subject was told then, by the time of telling; each once, when it was told first.

        Args:
            start: the first moment.
            end: the moment after the last.
            identity_step: whose receipt tells how identity was verified.
            proof_step: whose receipt tells the verdict.
        """

    def ended_untold_between(self, start: datetime, end: datetime) -> Mapping[tuple[Right, str], int]:
        """Cases that ended then without an answer, by right and outcome, such as withdrawn."""

    def open_at(self, moment: datetime) -> Mapping[Right, int]:
        """Cases that were received before the moment and had not ended at it."""


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """Days from receipt to the answer."""

    answered: int
    late: int
    extended: int
    median: int
    median_running: int
    """As ``median``, without the days on which the clock stood still."""
    ninetieth: int
    """Of 100 answers, 90 took at most as long."""
    longest: int


@dataclass(frozen=True, slots=True)
class PeriodStatistics:
    """Everything about a period.

    Attributes:
        start: first day.
        end: the day after the last.
        times: of answers, by right; rights without an answer are left out.
        all_times: of all answers; None when there was none.
        refused: cases that were refused, by right and ground.
        outcomes: answered cases by right and outcome.
        verdicts: answered cases by right and how far their acts are proven; those without an act are left out.
        untold: cases that ended without an answer, by right and outcome.
        open_before: open cases at the beginning, by right.
        open_after: at the end.
    """

    start: date
    end: date
    received: Mapping[tuple[Right, Channel], int]
    times: Mapping[Right, ResponseTimes]
    all_times: ResponseTimes | None
    refused: Mapping[tuple[Right, str], int]
    outcomes: Mapping[tuple[Right, str], int]
    verdicts: Mapping[tuple[Right, Conclusion], int]
    untold: Mapping[tuple[Right, str], int]
    open_before: Mapping[Right, int]
    open_after: Mapping[Right, int]
    duties: Sequence[tuple[str, str, int]] = field(default_factory=tuple)
    """Runs of duties that began then: duty, outcome, how many."""

    @property
    def received_by_right(self) -> Mapping[Right, int]:
        """Requests by right, whatever the channel."""
        return {right: sum(n for (one, _), n in self.received.items() if one is right) for right in Right}
