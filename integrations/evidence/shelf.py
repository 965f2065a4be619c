"""The evidence of one installation: verified, exported, and put into dossiers."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from data_contracts.gates import DecisionFault
from integrations.evidence.chain import Fault, Finding, Verification, verify_chain
from integrations.evidence.dossier_zip import DossierFile, dossier_file
from integrations.evidence.export import Export, write_export
from integrations.evidence.keys import load_or_create, public_keys

__all__ = ["EvidenceShelf"]


class _Kept(Protocol):
    """Where envelopes are kept: the register."""

    def evidence(self, case_id: str) -> tuple[list[Mapping[str, object]], Mapping[str, object] | None]:
        """Envelopes in order, and the head's."""

    def decision_faults(self, case_id: str) -> list[DecisionFault]:
        """Gates whose answers or outcome are not what was signed."""


@dataclass(frozen=True, slots=True)
class EvidenceShelf:
    """Evidence of the cases and runs in a register, with the keys of a folder."""

    keys: Path
    kept: _Kept

    def of(self, name: str) -> Export:
        """Everything of a case or run, with every public key."""
        envelopes, head = self.kept.evidence(name)
        return Export(name, tuple(envelopes), head, public_keys(self.keys))

    def verify(self, name: str) -> Verification:
        """Verify a case or run with the public keys of the folder, and its gates against the signed answers."""
        export = self.of(name)
        chain = verify_chain(name, export.envelopes, export.head, keys=export.keys)
        gates = [_about_gate(fault) for fault in self.kept.decision_faults(name)]
        return replace(chain, findings=(*chain.findings, *gates))

    def export(self, name: str, file: Path) -> None:
        """Write a case or run to a file that can be verified anywhere."""
        write_export(file, self.of(name))

    def dossier(self, file: Path, made_at: datetime) -> AbstractContextManager[DossierFile]:
        """A dossier to write, signed with the key that signs evidence."""
        return dossier_file(file, made_at, signer=load_or_create(self.keys), keys=public_keys(self.keys))


def _about_gate(fault: DecisionFault) -> Finding:
    return Finding(Fault.DECISION, None, "", f"gate {fault.gate}: {fault.what}")
