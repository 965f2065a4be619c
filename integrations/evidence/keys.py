"""Keys of evidence: one private key that signs, and every public key that ever did.

::

    evidence-keys/
        signing.pem            Ed25519, PKCS #8, mode 0600; never leaves the machine
        public/<keyid>.pem     SubjectPublicKeyInfo; stays after rotation, so that old evidence verifies

A *keyid* is the SHA-256 of the public key's DER bytes in hex, which ``openssl pkey -pubin -in KEY.pem -outform DER |
sha256sum`` prints too. It is the fingerprint to compare by telephone or on paper.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey

from data_contracts.errors import SettingsInvalid
from data_contracts.evidence.records import PAYLOAD_TYPE, RECORD_TYPE
from integrations.evidence.envelope import open_envelope

_PRIVATE = "signing.pem"
_PUBLIC = "public"
_OTHERS = 0o077


class Ed25519Signer:
    """Signs evidence as DSSE envelopes (port ``Signer``).

    Source: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md.
    """

    def __init__(self, private: Ed25519PrivateKey, folder: Path | None = None) -> None:
        """Keep the private key in memory.

        Args:
            private: signs.
            folder: where the public keys of earlier ones are, whose records count too.
        """
        self.public_key = private.public_key()
        self._folder = folder
        self._trusted = trusted(self.public_key)
        self.keyid = keyid_of(self.public_key)
        self._signer = CryptoSigner(private, SSlibKey.from_crypto(self.public_key, keyid=self.keyid))

    def __repr__(self) -> str:
        """The public key's name alone."""
        return f"Ed25519Signer({self.keyid})"

    def sign(self, payload: bytes) -> dict[str, object]:
        """A DSSE envelope around the payload, as JSON."""
        envelope = Envelope(payload, PAYLOAD_TYPE, {})
        envelope.sign(self._signer)
        signed: dict[str, object] = envelope.to_dict()
        return signed

    def signed(self, envelope: object) -> Mapping[str, Any] | None:
        """The predicate of a record that a key of this installation signed as it stands; None of any other."""
        opened = open_envelope(envelope, kind=RECORD_TYPE, keys=self._trusted)
        if opened.trust == "foreign" and self._folder is not None:
            # By an earlier key, or by one that another process has made since.
            self._trusted = {**self._trusted, **public_keys(self._folder)}
            opened = open_envelope(envelope, kind=RECORD_TYPE, keys=self._trusted)
        return opened.predicate if opened.trust == "signed" else None

    def sign_bytes(self, content: bytes) -> bytes:
        """The bare signature over ``content``, which must never begin as the signed bytes of an envelope do."""
        return bytes.fromhex(self._signer.sign(content).signature)


def keyid_of(key: Ed25519PublicKey) -> str:
    """SHA-256 of the key's DER bytes in hex."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def pem_of(key: Ed25519PublicKey) -> str:
    """The key as PEM text."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def load_or_create(folder: Path) -> Ed25519Signer:
    """The signer of that folder; its first caller makes the key, also when several start at once.

    Raises:
        SettingsInvalid: when the key file can be read by others than its owner, is no Ed25519 key, or the folder
            cannot be written.
    """
    file = folder / _PRIVATE
    try:
        if not file.exists():
            _make_folder(folder)
            _write_new(file, _private_pem(Ed25519PrivateKey.generate()))
        private = _load_private(file)
        _publish(folder, private.public_key())
    except OSError:
        raise _unwritable(folder) from None
    return Ed25519Signer(private, folder)


def rotate(folder: Path, announce: Callable[[str], None] = lambda _name: None) -> Ed25519Signer:
    """A new signing key in place of the old one, whose public key stays so that its evidence verifies.

    Processes that run go on signing with the old key until they start again; both verify.

    Args:
        folder: where the keys are.
        announce: is told the name of the new key before it takes the old one's place.

    Raises:
        SettingsInvalid: as :func:`load_or_create`.
    """
    load_or_create(folder)
    private = Ed25519PrivateKey.generate()
    try:
        # The public key is there before anything is signed with the new private one.
        _publish(folder, private.public_key())
        announce(keyid_of(private.public_key()))
        _replace(folder / _PRIVATE, _private_pem(private))
    except OSError:
        raise _unwritable(folder) from None
    return Ed25519Signer(private, folder)


def public_keys(folder: Path) -> dict[str, Ed25519PublicKey]:
    """Every public key of the folder by keyid; empty when no key was ever made.

    Raises:
        SettingsInvalid: when a file is no Ed25519 key, or not the one its name says.
    """
    keys = {}
    for file in sorted((folder / _PUBLIC).glob("*.pem")):
        key = read_public_key(file)
        if keyid_of(key) != file.stem:
            raise SettingsInvalid(
                "the file's name is not the fingerprint of the key in it",
                where=str(file),
                remedy="put the right key back from a backup, or remove the file if nobody knows it",
            )
        keys[file.stem] = key
    return keys


def read_public_key(file: Path) -> Ed25519PublicKey:
    """A public key that somebody handed over as a PEM file.

    Raises:
        SettingsInvalid: when the file cannot be read or is no Ed25519 public key.
    """
    try:
        return parse_public_key(file.read_bytes())
    except (OSError, ValueError):
        what, remedy = "is no Ed25519 public key that can be read", "give the PEM file of the trusted key"
        raise SettingsInvalid(what, where=str(file), remedy=remedy) from None


def parse_public_key(pem: bytes) -> Ed25519PublicKey:
    """The key in a PEM text.

    Raises:
        ValueError: when it is no Ed25519 public key.
    """
    try:
        key = load_pem_public_key(pem)
    except UnsupportedAlgorithm:
        raise ValueError("not an Ed25519 key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("not an Ed25519 key")  # noqa: TRY004  # to a caller it is one and the same fault
    return key


def trusted(*keys: Ed25519PublicKey) -> Mapping[str, Ed25519PublicKey]:
    """The keys by keyid."""
    return {keyid_of(key): key for key in keys}


def _load_private(file: Path) -> Ed25519PrivateKey:
    where = str(file)
    if file.stat().st_mode & _OTHERS:
        remedy = f"run `chmod 600 {file}`; if others had access to it, rotate the key"
        raise SettingsInvalid("the signing key can be read by others than its owner", where=where, remedy=remedy)
    try:
        private = load_pem_private_key(file.read_bytes(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        remedy = "put the key back from a backup"
        raise SettingsInvalid("the file is no Ed25519 private key", where=where, remedy=remedy)
    return private


def _private_pem(private: Ed25519PrivateKey) -> bytes:
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _publish(folder: Path, key: Ed25519PublicKey) -> None:
    file = folder / _PUBLIC / f"{keyid_of(key)}.pem"
    if not file.exists():
        _make_folder(file.parent)
        _write_new(file, pem_of(key).encode())


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _write_new(file: Path, content: bytes) -> None:
    """Put the file there, whole, unless somebody else was first."""
    draft = _draft(file, content)
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _replace(file: Path, content: bytes) -> None:
    _draft(file, content).replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _draft(file: Path, content: bytes) -> Path:
    draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _unwritable(folder: Path) -> SettingsInvalid:
    remedy = "check the folder's owner, its mode and the free space"
    return SettingsInvalid("the keys of evidence cannot be read or written", where=str(folder), remedy=remedy)
