"""Where mails to the organisation arrive: read by software, kept as they came (charter 5.2, 8a)."""

from collections.abc import Iterator, Mapping
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


@dataclass(frozen=True, slots=True)
class ReadMail:
    """What a mail program would show of a mail, as its sender wrote it: of any length, with any sign.

    Attributes:
        headers: that tell programs and answers apart from letters, by name in lower case.
        sender: the address of ``From``; empty where there is none.
        name: that stands beside it.
        text: the first text that is not blank; HTML without its tags.
        attachments: names of the files that hang on it.
        is_report: a program's report about another mail (RFC 3462).
    """

    headers: Mapping[str, str] = field(repr=False)
    sender: str = field(repr=False)
    name: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)
    attachments: tuple[str, ...] = field(default=(), repr=False)
    is_report: bool = False


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
