"""Gates: the questions to people and their answers as the register keeps them (law 5)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from data_contracts.evidence.records import Facts
from data_contracts.vocabulary import Decision, Gate, OperatorRole


@dataclass(frozen=True, slots=True)
class GateEntry:
    """A gate of a case, for one question (its digest)."""

    case_id: str
    gate: Gate
    subject: str
    """What it is about where a case can have several at once: a system's name; else empty."""
    digest: str
    """Digest of what people are shown; an answer counts for this digest alone."""
    description: str
    """Markdown shown to people; no personal data."""
    options: tuple[Decision, ...]
    roles: tuple[OperatorRole, ...]
    people: int
    opened_at: datetime
    outcome: Decision | None
    """Set when enough people answered."""
    reference: str
    """The reference of a ``by_hand`` outcome."""
    answers: tuple["GateAnswer", ...] = ()
    note: str = ""
    """Why the last answer was not accepted; shown with the form."""


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """One person's answer, proven."""

    operator: str
    decision: Decision
    at: datetime
    proof: str
    """How we know who: ``totp`` or ``local-account``."""
    reason_digest: str
    """SHA-256 of the reason, whose text is sealed in the vault; empty when none was given."""
    reference: str = ""
    roles: tuple[OperatorRole, ...] = field(default=(), compare=False)
    """Those that the operator had when they answered; signed with the answer, and kept nowhere else."""


@dataclass(frozen=True, slots=True)
class DecisionFault:
    """A gate whose rows are not what was signed; ``gate`` with its subject behind a blank, where it has one."""

    case_id: str
    gate: str
    what: str


class Gates(Protocol):
    """The part of the register that holds gates."""

    def open_gate(self, entry: GateEntry) -> GateEntry:
        """Open a gate, or give the one that is open or answered for the same digest."""

    def gate(self, case_id: str, gate: Gate, subject: str = "") -> GateEntry | None:
        """The newest gate of that kind and subject; its answers and outcome verified against what was signed.

        Raises:
            DecisionUnproven: when they are not what was signed.
        """

    def gates(
        self, case_id: str | None = None, *, kind: Gate | None = None, open_only: bool = False, proven: bool = True
    ) -> list[GateEntry]:
        """Gates, oldest first; of that case, of that kind, or those that wait for an answer.

        Args:
            case_id: of that case alone.
            kind: of that kind alone.
            open_only: those that wait for an answer.
            proven: verify them as :meth:`gate` does. False is for a look that acts on nothing. What waits for an answer
                has no outcome to act on, and is verified when it is answered.

        Raises:
            DecisionUnproven: as :meth:`gate`.
        """

    def decision_faults(self, case_id: str) -> list[DecisionFault]:
        """Gates of a case whose answers or outcome are not what was signed; empty when every one is."""

    def answer_gate(
        self,
        entry: GateEntry,
        answer: GateAnswer,
        *,
        outcome: Decision | None,
        also: Facts,
    ) -> GateEntry:
        """Add an answer, and the outcome if it decides; it is signed in the same transaction, with the facts ``also``.

        Raises:
            AnswerRefused: when the gate was decided, or asks another question, by now.
            DecisionUnproven: as :meth:`gate`.
        """

    def note_gate(self, entry: GateEntry, note: str) -> None:
        """Keep why an answer was not accepted, for the next time the form is shown."""

    def retire_gate(self, case_id: str, gate: Gate) -> None:
        """Take back undecided gates of that kind: nobody needs to answer them any more."""
