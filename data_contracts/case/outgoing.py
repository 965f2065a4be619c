"""What is still to be done outside the register because of a case: the outbox.

A row is written in the transaction of what causes it, so nothing is lost when Prefect, or who shall be told, is away.
Whoever carries rows out does so at least once; what is told carries the row's key, so that a second one is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

NO_FACTS: Mapping[str, object] = MappingProxyType({})
"""Nothing is told beside what happened."""


class OutgoingKind(StrEnum):
    """What is to be done."""

    START = "start"
    """Start the case's flow."""
    SUPPRESS = "suppress"
    """End direct marketing on receipt of an objection (Art. 21(3))."""
    MOVED = "moved"
    """Tell automations and subscribers that a case moved."""
    WEBHOOK = "webhook"
    """Call one subscriber about one move."""
    CALLBACK = "callback"
    """Tell the program or agent that made the request, in the words of its protocol."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing to be done.

    Attributes:
        seq: its number in the register, in order of writing.
        target: whom or what it is about: a state, a subscriber, a client.
        number: of the move it tells of, within the case.
        facts: what is told; no personal data.
        attempts: how often it was tried without success.
    """

    seq: int
    case_id: str
    kind: OutgoingKind
    target: str
    number: int
    created_at: datetime
    attempts: int = 0
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What makes it this one and no other, the same at each attempt."""
        return f"{self.case_id}:{self.kind.value}:{self.target}:{self.number}"


class Outbox(Protocol):
    """The part of the register that knows what is still to be done. Rows of moves are written with the move."""

    def put_outgoing(
        self, case_id: str, kind: OutgoingKind, target: str, *, number: int = 0, facts: Mapping[str, object] = NO_FACTS
    ) -> None:
        """Have something done; nothing happens when the same was put before."""

    def outgoing_due(self, kinds: Iterable[OutgoingKind], at: datetime, *, limit: int = 200) -> list[Outgoing]:
        """What is to be done now, oldest first."""

    def starts_due(self, at: datetime, *, soon: date, limit: int) -> list[Outgoing]:
        """Cases whose flow is to be started now: those due by ``soon`` first, then the rights in turn, oldest first."""

    def outgoing_done(self, rows: Iterable[int]) -> None:
        """Note that these rows are done, by their numbers."""

    def outgoing_again(self, seq: int, at: datetime, note: str) -> None:
        """Note that a row failed and is tried again at a time; ``note`` says why, without personal data."""

    def outgoing_left(self) -> dict[OutgoingKind, int]:
        """How many rows of each kind are not done."""

    def forget_outgoing(self, before: datetime) -> int:
        """Forget rows that were done before then; how many."""
