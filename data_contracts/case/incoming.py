"""What arrived and is no case yet: a mail whose right nobody knows before a person has read it.

The law's clock runs from receipt all the same (Art. 12(3)), so each has its date and its last day. The words are sealed
in the vault under ``incoming_id``, the register holds none.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from data_contracts.vocabulary import Channel


class IncomingState(StrEnum):
    """What became of it."""

    WAITING = "waiting"
    FILED = "filed"
    """It answers a mail of ours and was filed with its case; nobody has read it yet."""
    READ = "read"
    """It was filed with its case, and a person has read it."""
    ASSIGNED = "assigned"
    """A person, or its own clear words, made a case of it."""
    SET_ASIDE = "set_aside"
    """A person said that it is no request; why is noted."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message.

    Attributes:
        incoming_id: such as ``M-7K3M-9QXT``.
        message_digest: SHA-256 of what identifies it where it came from, so that reading twice makes one.
        response_due: the last day to answer if it is a request.
        settled_by: the operator who decided, or ``rightsflow``.
        note: the case's name, or a code of why it was set aside; of one that waits, why it does where that is known.
    """

    incoming_id: str
    channel: Channel
    received_at: datetime
    response_due: date
    message_digest: str
    state: IncomingState = IncomingState.WAITING
    settled_by: str = ""
    settled_at: datetime | None = None
    note: str = ""


class Arrivals(Protocol):
    """The part of the register that knows what arrived."""

    def put_incoming(
        self, channel: Channel, received_at: datetime, response_due: date, *, message_digest: str
    ) -> Incoming:
        """Register a message durably; the one of that digest where it was registered before."""

    def incoming(self, incoming_id: str) -> Incoming | None:
        """The message; None when there is none."""

    def incomings(self, *, waiting_only: bool = False, unread_only: bool = False) -> list[Incoming]:
        """Messages by last day: all, those that wait, or those that wait or were filed and are not read."""

    def settle_incoming(
        self, incoming_id: str, state: IncomingState, *, by: str, note: str, was: IncomingState = IncomingState.WAITING
    ) -> bool:
        """Note what became of a message that is in that state; False when it is in another."""

    def note_incoming(self, incoming_id: str, note: str) -> None:
        """Note why a message waits."""
