"""Signed notes: a text that people can read, with a line below it that proves who signed it.

::

    rightsflow.log/5f2c9a1e8b7d4036
    1204
    8gKk…=
    time 2026-03-02T09:30:00+00:00

    — rightsflow.log/5f2c9a1e8b7d4036 m7Q2…=

The signature is Ed25519 over the bytes of the text with its last newline. The line names the signer and, in its first
four bytes, the key. The text begins with the log's name, so that no note is ever taken for the signed bytes of a DSSE
envelope, which begin with ``DSSEv1``: one key may sign both.

Source: C2SP signed-note, https://c2sp.org/signed-note.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from integrations.evidence.envelope import Trust
from integrations.evidence.keys import Ed25519Signer

_ED25519: Final = b"\x01"
"""The kind of signature."""
_DASH: Final = "\N{EM DASH} "
_KEY_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Note:
    """A note as far as it can be read.

    Attributes:
        body: the text that was signed; empty when it is no note.
        keyid: of the trusted key that signed it; empty when none did.
    """

    trust: Trust
    body: str
    keyid: str


_UNREADABLE: Final = Note("broken", "", "")


def sign_note(body: str, *, name: str, signer: Ed25519Signer) -> str:
    """The note with one signature.

    Args:
        body: the text, which ends with a newline.
        name: of the signer, without blanks and plus signs.
        signer: holds the key.
    """
    signed = key_hash(name, signer.public_key) + signer.sign_bytes(body.encode())
    return f"{body}\n{_DASH}{name} {base64.b64encode(signed).decode('ascii')}\n"


def open_note(note: str, *, keys: Mapping[str, Ed25519PublicKey]) -> Note:
    """A note that shall have exactly one signature, by the signer whom its first line names.

    Args:
        note: as it was kept or handed over.
        keys: trusted public keys by keyid.
    """
    body, _, line = note.rpartition("\n\n")
    body += "\n"
    name = body.split("\n", 1)[0]
    signed = _signed(line, name)
    if signed is None or not body.strip():
        return _UNREADABLE
    ours = {keyid: key for keyid, key in keys.items() if key_hash(name, key) == signed[:_KEY_BYTES]}
    if not ours:
        return Note("foreign", body, "")
    for keyid, key in ours.items():
        try:
            key.verify(signed[_KEY_BYTES:], body.encode())
        except InvalidSignature:
            continue
        return Note("signed", body, keyid)
    return Note("broken", body, "")


def key_hash(name: str, key: Ed25519PublicKey) -> bytes:
    """What a signature's line names the key by."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:_KEY_BYTES]


def _signed(line: str, name: str) -> bytes | None:
    """The bytes of a signature's line: what names the key, and the signature; None when it is no such line."""
    head = f"{_DASH}{name} "
    if not line.startswith(head) or not line.endswith("\n"):
        return None
    text = line.removeprefix(head).removesuffix("\n")
    try:
        signed = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        return None
    is_as_written = base64.b64encode(signed).decode("ascii") == text
    return signed if is_as_written and len(signed) == _KEY_BYTES + _SIGNATURE_BYTES else None
