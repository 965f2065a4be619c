"""Verifies a file of evidence, whichever it is: the export of one case, a dossier, the whole log, or proofs of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from data_contracts.errors import EvidenceBroken, RequestInvalid
from data_contracts.officer.dossiers import Recount
from integrations.evidence.chain import Verification
from integrations.evidence.dossier_check import is_dossier, verify_dossier
from integrations.evidence.export import verify_file
from integrations.evidence.keys import read_public_key, trusted
from integrations.evidence.log_check import LogVerification
from integrations.evidence.log_export import is_log, verify_log_file
from integrations.evidence.proofs import is_proof, verify_proof
from integrations.evidence.stamps import Reply, StampCheck

__all__ = [
    "AUDITORS_SCRIPT",
    "Against",
    "read_checkpoints",
    "read_keys",
    "read_stamps",
    "stamp_beside",
    "verify_against",
    "verify_any",
]


AUDITORS_SCRIPT = Path(__file__).with_name("auditor.py")
"""The one file by which an auditor verifies evidence without this software."""
_HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Against:
    """What a verification holds the evidence against, got by another way than the evidence.

    Attributes:
        keys: public keys by keyid; None: those in the file are believed.
        checkpoints: signed notes.
        proofs: a file of proofs that shall name the case of an export.
        stamped: time stamps that were kept beside the checkpoints.
        check: what a time stamp must be; None: time stamps are left alone.
    """

    keys: Mapping[str, Ed25519PublicKey] | None = None
    checkpoints: tuple[str, ...] = ()
    proofs: Path | None = None
    stamped: tuple[Reply, ...] = ()
    check: StampCheck | None = None


def verify_any(file: Path, key_files: Sequence[Path], recount: Recount) -> Verification:
    """Verify an export or a dossier offline.

    Args:
        file: an export or a dossier.
        key_files: public keys (PEM) got by another way than the file; none: those in it are believed.
        recount: how the facts of a dossier follow from its evidence.

    Raises:
        EvidenceBroken: when it is neither, or not safe to read.
        SettingsInvalid: when a key is none.
    """
    keys = read_keys(key_files)
    if is_dossier(file):
        return verify_dossier(file, trusted=keys, recount=recount)
    return verify_file(file, trusted=keys)


def verify_against(file: Path, against: Against, recount: Recount) -> list[Verification | LogVerification]:
    """Verify a file offline; with proofs of an export, what was found in either.

    Args:
        file: an export, a dossier, a log or proofs.
        against: what was got by another way.
        recount: how the facts of a dossier follow from its evidence.

    Raises:
        EvidenceBroken: when it is none of these, or not safe to read.
        RequestInvalid: when a file of proofs, which brings no keys, is verified without a key, or a checkpoint is
            given for a file that nothing ties to it.
    """
    head = _head(file)
    if is_log(head):
        outside, stamped, check = against.checkpoints, against.stamped, against.check
        return [verify_log_file(file, trusted=against.keys, outside=outside, stamped=stamped, check=check)]
    if is_proof(head):
        return [_proofs(file, against)]
    if against.checkpoints and against.proofs is None:
        remedy = "give --proof FILE as well, made by `rightsflow evidence prove`"
        raise RequestInvalid("nothing ties this file to a checkpoint", where=str(file), remedy=remedy)
    if is_dossier(file):
        return [verify_dossier(file, trusted=against.keys, recount=recount)]
    found: list[Verification | LogVerification] = [verify_file(file, trusted=against.keys)]
    return found if against.proofs is None else [*found, _proofs(against.proofs, against, file)]


def read_keys(files: Sequence[Path]) -> Mapping[str, Ed25519PublicKey] | None:
    """Public keys (PEM) by keyid; None when no file is given.

    Raises:
        SettingsInvalid: when a key is none.
    """
    return trusted(*map(read_public_key, files)) if files else None


def read_checkpoints(files: Sequence[Path]) -> tuple[str, ...]:
    """Signed checkpoints as they were kept; the ends of lines may be those of a mail.

    Raises:
        EvidenceBroken: when a file cannot be read.
    """
    return tuple(map(_note, files))


def read_stamps(files: Sequence[Path]) -> tuple[Reply, ...]:
    """Time stamps that lie beside checkpoints, as ``checkpoint.txt.tsr`` beside ``checkpoint.txt``.

    Raises:
        EvidenceBroken: when a file cannot be read.
    """
    beside = [(file, stamp_beside(file)) for file in files]
    return tuple(Reply(_note(file), _reply(stamp)) for file, stamp in beside if stamp.exists())


def stamp_beside(checkpoint: Path) -> Path:
    """The file of a checkpoint's time stamp."""
    return checkpoint.with_name(f"{checkpoint.name}.tsr")


def _reply(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        raise EvidenceBroken("cannot be read", where=str(file), remedy="give the time stamp, or move it away") from None


def _note(file: Path) -> str:
    try:
        return file.read_bytes().decode().replace("\r\n", "\n").strip() + "\n"
    except (OSError, ValueError):
        raise EvidenceBroken("cannot be read", where=str(file), remedy="give a file with a checkpoint") from None


def _proofs(file: Path, against: Against, *exports: Path) -> Verification:
    if against.keys is None:
        remedy = "give --key FILE with the public key you got by another way"
        raise RequestInvalid("proofs bring no keys", where=str(file), remedy=remedy)
    return verify_proof(file, trusted=against.keys, exports=exports, outside=against.checkpoints)


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(_HEAD_BYTES)
    except OSError:
        raise EvidenceBroken("cannot be read", where=str(file), remedy="check the name and the file's mode") from None
