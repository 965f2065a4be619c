"""The registers a data protection officer keeps: rows that are added and never changed (charter 3.3, 3.5, 7b, 7c).

An entry has a key in its register; the newest row of a key is in force, the older ones say what was in force before,
and who wrote each. What its facts hold is decided by whoever keeps that register; no personal data of data subjects.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeAlias


class RegisterName(StrEnum):
    """Which register; the value is what it is called at the command line."""

    PROCESSORS = "processors"
    """Art. 28: attestations of processors and other recipients, with their expiry (charter 3.5)."""
    TRAINING = "training"
    """Art. 39(1)(b): who was made aware, and until when that counts (charter 3.3)."""
    DPIAS = "dpias"
    """Art. 35: impact assessments, by system (charter 7c)."""
    RECIPIENTS = "recipients"
    """Charter 2.3: when data may go to a recipient, beside what the vocabulary says."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a register."""

    register: RegisterName
    key: str
    facts: Mapping[str, object]
    """As JSON; dates as ISO text."""
    at: datetime
    actor: str
    """Who wrote it: an operator, or an account of this machine."""
    is_removed: bool = False


Trained: TypeAlias = tuple[str, Mapping[str, object], datetime | None]
"""Who was trained, the facts, and the moment from which it no longer counts; None: it has no end."""


class Entries(Protocol):
    """The part of our database that holds the registers."""

    def put_entry(self, register: RegisterName, key: str, facts: Mapping[str, object], *, actor: str) -> Entry:
        """Add a row that is in force from now on; nothing is added where the same facts are in force."""

    def put_trainings(self, trained: Iterable[Trained], *, actor: str) -> int:
        """Enter trainings, all or none, and move until when each person who is an operator may decide; rows added.

        The register is the truth about training; an operator's own date follows it in the same transaction.
        """

    def remove_entry(self, register: RegisterName, key: str, *, actor: str) -> None:
        """Add a row that says that the key is out of force; nothing happens where it is.

        An operator whose training is taken out may not decide from now on.
        """

    def entries(self, register: RegisterName) -> list[Entry]:
        """What is in force, by key."""

    def entry_history(self, register: RegisterName, key: str = "") -> list[Entry]:
        """Every row, oldest first; of one key where it is given."""
