"""Who has really received what, person by person (Art. 15(1)(c), 19; CJEU C-154/21: the recipients, by name).

Whom it was about is kept as keyed digests alone, so that the ledger itself tells nobody's data to anybody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from data_contracts.case.subjects import SubjectKey
from data_contracts.evidence.records import canonical, digest

AT_REQUEST = "portability"
"""In the place of a purpose: sent because the data subject asked for it (Art. 20(2))."""


@dataclass(frozen=True, slots=True)
class Received:
    """That a recipient received data, and what for.

    Attributes:
        recipient: key of a party.
        purpose: key of a purpose, or :data:`AT_REQUEST`.
        places: ``system.table`` of what was disclosed; empty when nobody noted it.
        source: who says so: ``case:<case id>``, or the name of the system that noted it.
    """

    at: datetime
    recipient: str
    purpose: str
    places: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Disclosed:
    """One line of the ledger: what was received, about whom.

    Attributes:
        entry_key: the same key is the same disclosure, noted once.
    """

    received: Received
    key: SubjectKey
    entry_key: str


def noted(received: Received, key: SubjectKey) -> Disclosed:
    """The line for a disclosure that has no name of its own: everything about it together is its name."""
    facts = [
        received.at.isoformat(), received.recipient, received.purpose, list(received.places), received.source,
        key.kind, key.digest,
    ]  # fmt: skip
    return Disclosed(received, key, digest(canonical(facts)))


class Disclosures(Protocol):
    """The ledger of disclosures."""

    def note_disclosures(self, entries: Iterable[Disclosed]) -> int:
        """Note them in one transaction; how many were new. What is noted already stays as it is."""

    def disclosures_of(self, keys: Iterable[SubjectKey]) -> list[Received]:
        """What was disclosed about whoever has one of ``keys``, each disclosure once, oldest first."""
