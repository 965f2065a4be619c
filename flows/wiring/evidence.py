"""Evidence of cases and runs: what is kept, exported and verified."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data_contracts.evidence.log import EVIDENCE_LOG
from flows.settings import Settings
from integrations import evidence as evidence_files
from integrations.evidence import EvidenceShelf, Fault, Verification
from integrations.register.register import SqlRegister

__all__ = ["Evidence", "EvidenceShelf", "Verification", "evidence_files"]


@dataclass(frozen=True)
class Evidence:
    """The evidence of one installation.

    Attributes:
        keys: folder of the keys that sign it.
        register: where it is.
        settings: say which time stamps are believed.
    """

    keys: Path
    register: SqlRegister
    settings: Settings

    @property
    def shelf(self) -> EvidenceShelf:
        """The evidence of cases and runs."""
        file, policy = self.settings.tsa_ca_file, self.settings.tsa_policy
        return EvidenceShelf(self.keys, self.register, lambda: evidence_files.check_of(file, policy))

    def chain_faults(self, name: str) -> int:
        """Faults of a case's chain, or of the log itself; gates are told apart."""
        if name == EVIDENCE_LOG:
            return len(self.shelf.verify_log().of_itself)
        return sum(one.fault is not Fault.DECISION for one in self.shelf.verify(name).findings)

    def exchanged_signer(self, announce: Callable[[str], None]) -> str:
        """The name of a new key that signs; ``announce`` is told of it before it takes the old one's place."""
        return evidence_files.rotate(self.keys, announce).keyid
