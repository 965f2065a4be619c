"""Runs: what the controller does unasked, with its steps and its evidence (Art. 5(1)(e), 5(2)).

A run has a name, a ledger and an evidence chain of its own like a case, and none of a case's rest: no data subject, no
clock, no life of states. Wherever the register or the vault take a case id, they take a run's.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from data_contracts.vocabulary import Duty


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the register holds it."""

    run_id: str
    duty: Duty
    outcome: str
    """``proven`` or ``incomplete``, of retention also ``refused`` or ``superseded``; empty while it runs or waits."""
    opened_at: datetime


def is_run(name: str) -> bool:
    """Whether a name is a run's, and not a case's.

    >>> is_run("R-20261126-7K3M"), is_run("C-7K3M-9QXT")
    (True, False)
    """
    return name.startswith("R-")


class Runs(Protocol):
    """The part of the register that holds runs."""

    def open_run(self, duty: Duty, key: str) -> Run:
        """Register a run; the same ``key`` gives the same run."""

    def run(self, run_id: str) -> Run:
        """The run.

        Raises:
            CaseUnknown: when there is none of that name.
        """

    def runs(self, duty: Duty) -> list[Run]:
        """Runs of a duty, newest first."""
