"""The clock of this machine against what else tells the time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class Witness(StrEnum):
    """What tells the time beside the machine."""

    REGISTER = "the newest entry of the register"
    DATABASE = "the register's database"


@dataclass(frozen=True, slots=True)
class ClockMarks:
    """Times that the register knows.

    Attributes:
        newest_entry: when the newest record of evidence was written, by the clock of then; None before the first.
        database: the time of the database's machine; None where that is this machine.
    """

    newest_entry: datetime | None
    database: datetime | None


@dataclass(frozen=True, slots=True)
class ClockJump:
    """The clock disagrees.

    Attributes:
        by: how far it is ahead; negative where it is behind.
        witness: what it disagrees with.
    """

    by: timedelta
    witness: Witness


class Clocks(Protocol):
    """The part of the register that tells the time."""

    def clock_marks(self) -> ClockMarks:
        """What the register knows of the time."""
