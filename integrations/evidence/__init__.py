"""Evidence that outlives us (law 9): signing, keys, offline verification, and the file an auditor gets.

The format, and how to verify it without this code, is told in ``docs/prove/evidence.md``.
"""

from integrations.evidence.chain import Fault, Finding, Verification, verify_chain
from integrations.evidence.dossier_check import verify_dossier
from integrations.evidence.dossier_zip import DossierFile, dossier_file
from integrations.evidence.export import Export, read_export, verify_file, write_export, write_whole
from integrations.evidence.keys import Ed25519Signer, load_or_create, public_keys, read_public_key, rotate
from integrations.evidence.log_check import LogVerification
from integrations.evidence.shelf import EvidenceShelf
from integrations.evidence.stamps import StampsSeen, authority_at, check_of
from integrations.evidence.verifying import (
    AUDITORS_SCRIPT,
    Against,
    read_checkpoints,
    read_keys,
    read_stamps,
    stamp_beside,
    verify_against,
    verify_any,
)

__all__ = [
    "AUDITORS_SCRIPT",
    "Against",
    "DossierFile",
    "Ed25519Signer",
    "EvidenceShelf",
    "Export",
    "Fault",
    "Finding",
    "LogVerification",
    "StampsSeen",
    "Verification",
    "authority_at",
    "check_of",
    "dossier_file",
    "load_or_create",
    "public_keys",
    "read_checkpoints",
    "read_export",
    "read_keys",
    "read_public_key",
    "read_stamps",
    "rotate",
    "stamp_beside",
    "verify_against",
    "verify_any",
    "verify_chain",
    "verify_dossier",
    "verify_file",
    "write_export",
    "write_whole",
]
