"""Who somebody is without saying it: keyed digests of identity keys, which outlive the case that they came with.

A digest is an HMAC with a key of the organisation, so that nobody who has the register alone can try addresses out
(Art. 4(5): still personal data, kept no longer than what it serves). What is kept under them: which cases are about
the same data subject, the ledger of consents and objections, restrictions, litigation holds, disclosures.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class SubjectKey:
    """One identity key of a data subject.

    Attributes:
        kind: key of the vocabulary's ``identities``.
        digest: HMAC-SHA256 of the normal form, in hex.
    """

    kind: str
    digest: str


class SubjectKeys(Protocol):
    """Which cases are about the same data subject."""

    def put_subject_keys(self, case_id: str, keys: Iterable[SubjectKey]) -> None:
        """Note who a case is about; keys that are noted already stay."""

    def subject_keys(self, case_id: str) -> list[SubjectKey]:
        """Who a case is about; empty when it was purged or identity was never verified."""

    def cases_of(self, keys: Iterable[SubjectKey]) -> list[str]:
        """Cases that share a key with ``keys``, by name."""

    def forget_subject_keys(self, case_id: str) -> None:
        """Take away who a case was about; its evidence stays."""
