"""The ledger of steps, and the lease of a case: every effect happens once (law 3)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from data_contracts.case.case import NO_CHANGE, CaseChange
from data_contracts.case.confirmed import Confirmed
from data_contracts.evidence.records import Record
from data_contracts.vocabulary import CaseState

__all__ = ["ACTING", "Ledger", "StepEntry"]

ACTING = frozenset({CaseState.ACTING})
"""Where a case stands whose plan is being carried out."""


@dataclass(frozen=True, slots=True)
class StepEntry:
    """What the ledger knows of ``(case, step, system)`` (law 3)."""

    state: Literal["claimed", "handed_over", "done"]
    attempts: int
    receipt: Mapping[str, object]
    """Empty until done."""


class Ledger(Protocol):
    """Steps of cases; each method is one transaction."""

    def claim(
        self,
        case_id: str,
        step: str,
        system: str = "",
        *,
        confirmed: Confirmed | None = None,
        states: Collection[CaseState] = ACTING,
    ) -> StepEntry:
        """Claim a step before acting; the entry tells whether it was already claimed, handed over or done.

        Args:
            case_id: the case.
            step: the step.
            system: the system, where the step has one receipt for each.
            confirmed: of a step that acts; what is done already is told without asking for it.
            states: where the case must stand to be acted on, asked in the transaction of the claim (law 14).

        Raises:
            ActRefused: when the case stands elsewhere, or its receipts do not cover what is confirmed.
        """

    def hand_over(self, case_id: str, step: str, system: str = "") -> None:
        """Note that an effect that cannot be taken back or seen again is being made now (a mail's DATA)."""

    def release(self, case_id: str, step: str, system: str = "") -> None:
        """Take a claim back after the effect certainly did not happen, so that the step can be tried anew."""

    def complete(  # noqa: PLR0913  # all of it is one transaction
        self,
        case_id: str,
        step: str,
        system: str = "",
        *,
        receipt: Mapping[str, object],
        record: Record | None,
        move: tuple[CaseState, str] | None = None,
        actor: str = "rightsflow",
        outcome: str | None = None,
        change: CaseChange = NO_CHANGE,
    ) -> None:
        """Mark a step done: receipt, evidence record, the case's move and changed facts in one transaction.

        Nothing happens when the step is already done.

        Raises:
            MoveRefused: when the case cannot go there; nothing is written.
        """

    def reopen(self, case_id: str, steps: Iterable[str], record: Record, move: tuple[CaseState, str] | None) -> None:
        """Forget that steps were done (all systems), because what they found no longer holds (law 5)."""

    def step(self, case_id: str, step: str, system: str = "") -> StepEntry | None:
        """The ledger's entry, None when never claimed."""

    def steps(self, case_id: str) -> dict[tuple[str, str], StepEntry]:
        """All entries of a case by step and system."""

    def take_lease(self, case_id: str, holder: str, until: datetime, *, instead_of: str = "") -> str:
        """Take or renew the lease of a case, one process at a time; the holder who has it afterwards."""

    def end_lease(self, case_id: str, holder: str) -> None:
        """Give the lease back; nothing happens when somebody else has it by now."""
