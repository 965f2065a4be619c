"""Where mails to the organisation arrive: read by software, kept as they came (charter 5.2, 8a)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrived.

    Attributes:
        place: names it in the mailbox, for :meth:`MailboxReader.take_off`.
        raw: the message of RFC 5322, whole unless it is too large.
        arrived_at: when the server of the mailbox received it: the day that the law's clock runs from.
    """

    place: str
    raw: bytes = field(repr=False)
    arrived_at: datetime


class MailboxReader(Protocol):
    """The mailbox."""

    def waiting(self) -> Iterator[Mail]:
        """Mails that were not taken off yet, oldest first.

        Raises:
            SystemUnavailable: when the server is away.
            SettingsInvalid: when it does not let us in.
        """

    def take_off(self, place: str) -> None:
        """Have a mail not given again; it stays in the mailbox, elsewhere."""
