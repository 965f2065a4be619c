"""What is told to people: notices, answer packages, and the ports that put them into words and hand them over.

The rules of :mod:`data_contracts.ports.register` for adapters hold here too.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

from data_contracts.case.disclosures import Received
from data_contracts.case.plan import TablePath
from data_contracts.officer.incidents import IncidentWords
from data_contracts.told.recipients import RecipientMessage
from data_contracts.vocabulary import NoticeKind

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class KeptItem:
    """What an erasure kept and why, in the words of a notice."""

    system: str
    table: str
    rows: int
    law: str
    label: str
    until: str


@dataclass(frozen=True, slots=True)
class ToldItem:
    """One thing that was done, or was not, in words of the notice's language."""

    what: str
    where: tuple[str, ...] = ()
    """Titles of systems and tables."""
    why: str = ""
    """A code of the words file's ``reasons``; empty where nothing needs a reason."""
    until: str = ""
    """ISO date, where something lasts until then."""


@dataclass(frozen=True, slots=True)
class Referral:
    """Another controller that holds data of its own (charter P2)."""

    name: str
    policy: str
    contact: str
    what: tuple[str, ...] = ()
    """Titles of the tables concerned."""


@dataclass(frozen=True, slots=True)
class RecipientTold:
    """A recipient and what became of telling it (Art. 19)."""

    name: str
    state: str
    """``told``, ``acknowledged``, ``by_hand``, ``awaited``, ``impossible``: codes of the words file."""
    on: str = ""
    """ISO date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a notice says besides the case's own facts; what does not belong to its kind stays empty."""

    reasons: tuple[str, ...] = ()
    """Codes of reasons, for refusals: ``identity_failed``, ``refused_by_person``, …"""
    reason_text: str = field(default="", repr=False)
    """What the deciding person wrote for the subject."""
    kept: tuple[KeptItem, ...] = ()
    erased_rows: int = 0
    is_count_unknown: bool = False
    """Rows were erased, and how many cannot be told: an act was cut off before it could say so."""
    found_rows: int = 0
    by_hand: tuple[str, ...] = ()
    """Titles of systems handled outside the software."""
    told: tuple[str, ...] = ()
    """Of these, those that could not be looked at afterwards: what is said of them was told by a person."""
    is_proven: bool = True
    """What was done was looked at again and proven by the software; False where a person finished it by hand."""
    done: tuple[ToldItem, ...] = ()
    not_done: tuple[ToldItem, ...] = ()
    """What was refused or could not be done, each with its reason (Art. 12(4))."""
    referrals: tuple[Referral, ...] = ()
    recipients: tuple[RecipientTold, ...] = ()
    backups_until: str = ""
    """ISO date by which the last backup that holds the data is overwritten."""
    recovery_until: str = ""
    """ISO date of the last day on which what was erased is kept sealed, to give it back if it was a mistake."""
    ground: str = ""
    """A code: of Art. 18(1) for a restriction, of the extension's reason."""
    linked_to: str = ""
    """The case that a duplicate is handled in."""
    link: str = field(default="", repr=False)
    """An address that opens one thing once: sent to an address that is the data subject's, and nowhere else."""
    link_until: str = ""
    """ISO date until which it opens it."""
    incident: IncidentWords | None = field(default=None, repr=False)
    """What happened, in the notice's language (Art. 34(2))."""
    response_due: str = ""
    """ISO date, where another one than the case's is told; empty: the case's, none while its clock stands still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Content):
    """A message to the data subject before it is put into words."""

    kind: NoticeKind
    language: str
    case_id: str
    right: str
    received_on: datetime
    recipient_name: str = field(default="", repr=False)
    requester: str = "subject"
    """Who exercises the right; see :class:`data_contracts.vocabulary.Requester`."""
    stands_still: bool = False
    """Whether the time to answer stands still once this asks for a proof (Art. 12(6))."""
    country: str = ""
    """Where the data subject lives, as far as it is known (ISO 3166-1): whom they can turn to depends on it."""
    subject_name: str = field(default="", repr=False)
    """The data subject's name, where somebody else is written to."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A notice in words."""

    subject: str
    text: str = field(repr=False)
    html: str = field(repr=False)

    @classmethod
    def of_paragraphs(cls, subject: str, lines: Iterable[str]) -> "Rendered":
        """A mail of our own in plain paragraphs.

        >>> Rendered.of_paragraphs("due", ["a < b", "c"]).html
        '<p>a &lt; b</p><p>c</p>'
        """
        told = list(lines)
        return cls(subject, "\n\n".join(told) + "\n", "".join(f"<p>{escape(line)}</p>" for line in told))


class Channel(Protocol):
    """Puts notices into words and hands them over."""

    def render(self, notice: Notice) -> Rendered:
        """The notice in its language (French, English or Dutch; others fall back to the profile's first)."""

    def letter(self, notice: Notice, to: Sequence[str], *, at: datetime) -> bytes:
        """The notice as a printable PDF; the same notice, address and day give the same bytes.

        ``to`` are the lines of the postal address without the name; none leaves it to be written by hand.

        Raises:
            RequestInvalid: when an address or a name holds a control character.
            SettingsInvalid: when no font of this machine has one of the letter's characters.
        """

    def render_recipient(self, message: RecipientMessage) -> Rendered:
        """What a recipient is told (Art. 19), in the language it is written to."""

    def deliver(
        self,
        rendered: Rendered,
        *,
        to: str,
        message_key: str,
        about_to_hand_over: Callable[[], None],
    ) -> str:
        """Hand one message over; returns how: ``smtp`` or ``outbox``.

        ``message_key`` (``case:step``) makes the Message-ID, the same for each attempt. An outbox file of that key
        is written once. For SMTP ``about_to_hand_over`` is called after the server accepted sender and recipient
        and before the message text is sent: until then trying again is safe, after it nobody can know.

        Raises:
            SystemUnavailable: when the mail server cannot be reached or asks to come back later; nothing has left,
                even if ``about_to_hand_over`` was called.
            StepFailed: when it refuses the message for good; nothing has left.
            DeliveryUncertain: when the connection broke after ``about_to_hand_over``.
            RequestInvalid: when subject or address cannot stand in a message.
        """


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What an answer package does not contain and why (Art. 15(4))."""

    system: str
    table: str
    column: str
    """Empty: whole rows."""
    why: str
    """``about_third_party``, ``about_employee``, ``masked``, ``omitted``, ``shared``, ``by_hand``,
    ``requester_scope``; of free texts ``review`` (not read yet), ``redacted``, ``withheld``; of Art. 20
    ``not_portable``, ``protected``, ``not_automated``, ``other_controller``: codes of the words files."""
    rows: int


@dataclass(frozen=True, slots=True)
class PackageContent:
    """What goes into an answer package.

    Attributes:
        tables: paths of located tables in reading order, with the columns that are disclosed and those
            whose values are masked; rows shared with other people under the table's name with ``+shared``.
    """

    case_id: str
    language: str
    made_at: datetime
    right: str
    tables: tuple[tuple[TablePath, tuple[str, ...], frozenset[str]], ...]
    left_out: tuple[LeftOut, ...]
    by_hand: tuple[tuple[str, str], ...] = ()
    country: str = ""
    """Where the data subject lives, as far as it is known; see :attr:`Notice.country`."""
    received: tuple[Received, ...] = ()
    """Who has really received data of the subject (Art. 15(1)(c)), oldest first."""


class PackageWriter(Protocol):
    """Builds the answer package of an access request (Art. 15)."""

    def write(
        self,
        sink: BinaryIO,
        content: PackageContent,
        open_table: Callable[[TablePath], "AbstractContextManager[Iterator[pa.RecordBatch]]"],
    ) -> dict[str, object]:
        """Write a ZIP to ``sink`` as a stream; returns its manifest: file name to size and SHA-256, rows by table."""

    def write_table(
        self,
        sink: BinaryIO,
        content: PackageContent,
        path: TablePath,
        ending: Literal["json", "csv"],
        open_table: Callable[[TablePath], "AbstractContextManager[Iterator[pa.RecordBatch]]"],
    ) -> int:
        """Write one table of the content as the package has it, as a stream; the number of rows."""
