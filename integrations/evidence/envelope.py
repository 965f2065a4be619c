"""Opens one DSSE envelope strictly: there is one way to write it, and every other is a finding.

Strict means that the same bytes come out again when what was read is written: no stray base64 signs, no second
signature, no field that nobody signed. So nothing in an exported file can be altered without being noticed.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.dsse import Envelope
from securesystemslib.signer import Signature

from data_contracts.evidence.records import PAYLOAD_TYPE, STATEMENT_TYPE

Trust = Literal["signed", "foreign", "broken"]
"""Signed by a trusted key; by a key we do not know; or not what was signed."""

_SIGNATURE_BYTES = 64
"""Ed25519, RFC 8032."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope as far as it can be read.

    Attributes:
        payload: the signed bytes; empty when they cannot be read.
        predicate: what the statement says; empty when it is no statement of the kind asked for.
    """

    trust: Trust
    payload: bytes
    predicate: Mapping[str, Any]
    keyid: str


_UNREADABLE = Opened("broken", b"", {}, "")


def open_envelope(envelope: object, *, kind: str, keys: Mapping[str, Ed25519PublicKey]) -> Opened:
    """Open an envelope whose statement shall have the predicate type ``kind``.

    Args:
        envelope: JSON as read from a register or file.
        kind: ``RECORD_TYPE`` or ``HEAD_TYPE``.
        keys: trusted public keys by keyid.
    """
    parsed = _parse(envelope)
    if parsed is None:
        return _UNREADABLE
    keyid = next(iter(parsed.signatures))
    predicate = _predicate(parsed.payload, kind)
    trust = _trust(parsed, keys.get(keyid))
    if trust == "signed" and predicate is None:
        trust = "broken"
    return Opened(trust, parsed.payload, predicate or {}, keyid)


def payload_of(envelope: object) -> bytes:
    """The bytes that an envelope says were signed; empty when they cannot be read."""
    payload = envelope.get("payload") if isinstance(envelope, dict) else None
    return _base64(payload) or b""


def _parse(envelope: object) -> Envelope | None:
    if not isinstance(envelope, dict) or set(envelope) != {"payload", "payloadType", "signatures"}:
        return None
    signatures = envelope["signatures"]
    if not isinstance(signatures, list) or len(signatures) != 1 or not isinstance(signatures[0], dict):
        return None
    one = signatures[0]
    payload, signature = _base64(envelope["payload"]), _base64(one.get("sig"))
    keyid, kind = one.get("keyid"), envelope["payloadType"]
    if set(one) != {"keyid", "sig"} or not isinstance(keyid, str) or kind != PAYLOAD_TYPE:
        return None
    if payload is None or signature is None or len(signature) != _SIGNATURE_BYTES:
        return None
    return Envelope(payload, PAYLOAD_TYPE, {keyid: Signature(keyid, signature.hex())})


def _base64(text: object) -> bytes | None:
    if not isinstance(text, str):
        return None
    try:
        decoded = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        return None
    return decoded if base64.b64encode(decoded).decode("ascii") == text else None


def _trust(envelope: Envelope, key: Ed25519PublicKey | None) -> Trust:
    if key is None:
        return "foreign"
    (signature,) = envelope.signatures.values()
    try:
        # Not by the library, which writes the key as text and reads it again for each signature: three times as long.
        key.verify(bytes.fromhex(signature.signature), envelope.pae())
    except InvalidSignature:
        return "broken"
    return "signed"


def _predicate(payload: bytes, kind: str) -> Mapping[str, Any] | None:
    try:
        statement = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    if not isinstance(statement, dict) or not isinstance(statement.get("predicate"), dict):
        return None
    if statement.get("_type") != STATEMENT_TYPE or statement.get("predicateType") != kind:
        return None
    predicate: Mapping[str, Any] = statement["predicate"]
    return predicate
