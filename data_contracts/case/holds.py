"""Litigation holds: data of one person that somebody ordered to be kept for legal claims (Art. 17(3)(e)).

Set and lifted by a proven person, never by rule. Whom a hold is about is known as keyed digests alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from data_contracts.case.subjects import SubjectKey


@dataclass(frozen=True, slots=True)
class LitigationHold:
    """One order to keep.

    Attributes:
        keys: whom it is about, sorted.
        systems: names of the systems it covers; empty for all.
        reference: of the claim or the lawyer's letter; no personal data.
    """

    hold_id: str
    keys: tuple[SubjectKey, ...]
    systems: tuple[str, ...]
    reference: str
    set_by: str
    set_at: datetime
    lifted_by: str = ""
    lifted_at: datetime | None = None


class LitigationHolds(Protocol):
    """The part of the register that knows what must be kept for legal claims."""

    def put_hold(self, hold: LitigationHold) -> None:
        """Set a hold; one of that id stays as it is."""

    def holds(self, *, open_only: bool = False) -> list[LitigationHold]:
        """Holds by the time they were set; with ``open_only`` those that were not lifted."""

    def holds_on(self, keys: Iterable[SubjectKey]) -> list[LitigationHold]:
        """Holds in force on anybody who has one of ``keys``."""

    def lift_hold(self, hold_id: str, *, by: str, at: datetime) -> bool:
        """Lift a hold; False when there is none in force of that id."""
