"""What the DPO's page at the desk shows: figures, statistics, what ends soon; names of cases, and of nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from data_contracts.officer.figures import Figures
from data_contracts.officer.statistics import PeriodStatistics


@dataclass(frozen=True, slots=True)
class EndingEntry:
    """Something in a register that ends soon, or has ended."""

    register: str
    key: str
    until: date
    is_over: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The page.

    Attributes:
        months: the last months, the oldest first; the last one is this month so far.
        endings: entries of registers that end, the soonest first.
    """

    today: date
    figures: Figures
    months: Sequence[PeriodStatistics]
    endings: Sequence[EndingEntry]


@dataclass(frozen=True, slots=True)
class ListedCase:
    """A case in a list; without a last day while its clock stands still."""

    case_id: str
    right: str
    state: str
    received_on: date
    response_due: date | None
    days_left: int | None


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A run of a duty: its steps, and whether its evidence is whole; steps are empty in a list."""

    run_id: str
    duty: str
    outcome: str
    began: datetime
    steps: Sequence[tuple[str, str, str]] = ()
    """Step, system and state."""
    records: int = 0
    is_whole: bool = True
