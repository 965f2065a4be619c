"""Chains of evidence: the port that keeps each case's, and the one that signs (law 9)."""

from collections.abc import Hashable, Mapping
from typing import Any, Protocol

__all__ = ["Chains", "Signer"]


class Chains(Protocol):
    """Signed records of cases, in order."""

    def evidence(self, case_id: str) -> tuple[list[Mapping[str, object]], Mapping[str, object] | None]:
        """A case's DSSE envelopes in order, and the envelope of its head."""

    def evidence_cases(self) -> list[str]:
        """Cases that have evidence, or of which the log knows that there was some."""


class Signer(Hashable, Protocol):
    """Signs evidence payloads."""

    def sign(self, payload: bytes) -> dict[str, object]:
        """A DSSE envelope around the payload, as JSON."""

    def signed(self, envelope: object) -> Mapping[str, Any] | None:
        """The predicate of a record that a key of this installation signed as it stands; None of any other."""
