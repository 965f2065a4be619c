"""Evidence that outlives us (law 9): signing, keys, offline verification, and the file an auditor gets.

The format, and how to verify it without this code, is told in ``docs/evidence.md``.
"""

from integrations.evidence.chain import Fault, Finding, Verification, verify_chain
from integrations.evidence.export import Export, read_export, verify_file, write_export
from integrations.evidence.keys import Ed25519Signer, load_or_create, public_keys, read_public_key, rotate

__all__ = [
    "Ed25519Signer",
    "Export",
    "Fault",
    "Finding",
    "Verification",
    "load_or_create",
    "public_keys",
    "read_export",
    "read_public_key",
    "rotate",
    "verify_chain",
    "verify_file",
    "write_export",
]
