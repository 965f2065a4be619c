"""Verifies a file of evidence, whichever it is: the export of one case, or a dossier."""

from collections.abc import Sequence
from pathlib import Path

from data_contracts.dossiers import Recount
from integrations.evidence.chain import Verification
from integrations.evidence.dossier_check import is_dossier, verify_dossier
from integrations.evidence.export import verify_file
from integrations.evidence.keys import read_public_key, trusted

__all__ = ["verify_any"]


def verify_any(file: Path, key_files: Sequence[Path], recount: Recount) -> Verification:
    """Verify a file offline.

    Args:
        file: an export or a dossier.
        key_files: public keys (PEM) got by another way than the file; none: those in it are believed.
        recount: how the facts of a dossier follow from its evidence.

    Raises:
        EvidenceBroken: when it is neither, or not safe to read.
        SettingsInvalid: when a key is none.
    """
    keys = trusted(*map(read_public_key, key_files)) if key_files else None
    if is_dossier(file):
        return verify_dossier(file, trusted=keys, recount=recount)
    return verify_file(file, trusted=keys)
