"""What people said about what may be done with their data, and the port of the ledger that keeps it (charter 2.4).

A *stance* is one thing that somebody said or was told, at one moment, about a purpose and a recipient; the ledger only
grows. A *restriction* is in force from a moment until it is lifted (Art. 18). Who is meant is a keyed digest.

The width of a stance, from wide to narrow:

* purpose: :data:`ANY` purpose, :data:`ALL_MARKETING`, one purpose of the vocabulary;
* recipient: :data:`ANY` (our own processing and every recipient), :data:`ALL_PARTNERS`, one party of the vocabulary.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from data_contracts.case.subjects import SubjectKey
from data_contracts.evidence.records import canonical, digest
from data_contracts.vocabulary import RestrictionGround

ANY: Final = ""
"""As a purpose: every purpose. As a recipient: our own processing and every recipient."""
ALL_MARKETING: Final = "*direct_marketing"
"""Every purpose of direct marketing, those that are yet to come too (Art. 21(2))."""
ALL_PARTNERS: Final = "*"
"""Every recipient, those that are yet to come too, but not our own processing."""


class Stance(StrEnum):
    """What somebody said, or was told."""

    INFORMED = "informed"
    """Was told of it, by a notice of a version (charter 2.4)."""
    CONSENTED = "consented"
    """Art. 6(1)(a), 7."""
    WITHDRAWN = "withdrawn"
    """Art. 7(3)."""
    OBJECTED = "objected"
    """Art. 21."""
    OBJECTION_ENDED = "objection_ended"
    """The data subject no longer objects."""


class RestrictedUse(StrEnum):
    """Art. 18(2): what restricted data may be used for all the same; who asks must name it."""

    STORAGE = "storage"
    CONSENT = "consent"
    """With a consent given since the restriction, which the ledger must know."""
    CLAIMS = "claims"
    RIGHTS_OF_OTHERS = "rights_of_others"
    PUBLIC_INTEREST = "public_interest"


@dataclass(frozen=True, slots=True)
class StanceEntry:
    """One row of the ledger.

    Attributes:
        at: when it was said, aware; rows may be entered later and in any order.
        source: where it was said: ``case:<id>``, ``import:<file>``, a word of the source system.
        notice_version: of the information that was given; empty where none was.
    """

    key: SubjectKey
    purpose: str
    recipient: str
    stance: Stance
    at: datetime
    source: str
    notice_version: str = ""

    @property
    def entry_key(self) -> str:
        """The same thing said is entered once, however often it is told."""
        at = self.at.timestamp()
        said = [self.key.kind, self.key.digest, self.purpose, self.recipient, self.stance.value, str(at)]
        return digest(canonical([*said, self.source, self.notice_version]))


@dataclass(frozen=True, slots=True)
class Restriction:
    """Processing of somebody's data is restricted (Art. 18).

    Attributes:
        purposes: keys of the vocabulary; empty: all.
        lifted_at: None while it is in force.
    """

    case_id: str
    key: SubjectKey
    ground: RestrictionGround
    purposes: tuple[str, ...]
    since: datetime
    lifted_at: datetime | None = None


class Permissions(Protocol):
    """The ledger of stances, and the list of restrictions. Each method is one transaction."""

    def add_stances(self, entries: Iterable[StanceEntry]) -> int:
        """Add to the ledger; what it has already (see :attr:`StanceEntry.entry_key`) stays. The number of new rows."""

    def stances_of(self, digests: Sequence[str], purposes: Sequence[str] | None = None) -> list[StanceEntry]:
        """Everything said by these data subjects, oldest first; one statement however many they are.

        Args:
            digests: of their keys.
            purposes: only what was said about these; None: about all.
        """

    def restrict(self, restrictions: Iterable[Restriction]) -> None:
        """Put restrictions on the list; a case's restriction of a key that is there already stays as it is."""

    def restrictions_of(self, digests: Sequence[str]) -> list[Restriction]:
        """Restrictions of these data subjects that are in force; one statement however many they are."""

    def restricted_cases(self) -> list[str]:
        """Cases whose restriction is in force, by name."""

    def restrictions_by(self, case_id: str) -> list[Restriction]:
        """What a case put on the list, lifted or not."""

    def lift_restriction(self, case_id: str) -> None:
        """End what a case put on the list; nothing happens when it was lifted before."""
