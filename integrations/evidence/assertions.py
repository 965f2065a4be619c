"""Checks that a passkey signed a decision, from the decision's record alone (W3C Web Authentication, 7.2).

1. The record carries a statement; one of its digests is that of this decision: case, gate, subject, question, what was
   decided, reason, reference and operator as the record has them.
2. The statement's SHA-256 is the challenge in the client data, which says that a passkey was used.
3. The authenticator data are of the relying party, and say that the person was there and verified.
4. The key's signature over both is right.

Whose the key is, the operators' log says, and whoever keeps fingerprints of keys elsewhere.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from data_contracts.gates.decided import DECISION_STEPS
from data_contracts.gates.passkeys import DECIDE, PASSKEY, challenge_of, decision_digest

_PRESENT_AND_VERIFIED: Final = 0b101
_SIGNED_PART: Final = 37


def assertion_fault(predicate: Mapping[str, Any]) -> str:
    """What is wrong with the passkey's signature in a verified record; empty where it is right, or needs none."""
    facts = predicate.get("facts")
    if not str(predicate.get("step", "")).startswith(DECISION_STEPS) or not isinstance(facts, dict):
        return ""
    if facts.get("proof") != PASSKEY:
        return ""
    try:
        return _fault(predicate, facts, facts["assertion"])
    except InvalidSignature:
        return "the passkey did not sign this"
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError, UnsupportedAlgorithm):
        return "it says that a passkey signed it, and carries no signature of one"


def _fault(predicate: Mapping[str, Any], facts: Mapping[str, Any], carried: Mapping[str, Any]) -> str:
    said = carried["statement"]
    own = decision_digest(
        case=predicate["case"],
        gate=facts["gate"],
        subject=facts["subject"],
        question=facts["question"],
        decision=facts["decision"],
        reason=facts["reason"],
        reference=facts["reference"],
        operator=facts["operator"],
    )
    if (said["for"], said["operator"]) != (DECIDE, predicate["actor"]) or own not in said["digests"]:
        return "the passkey signed another decision"
    client_data, authenticator_data = _bytes(carried, "client_data"), _bytes(carried, "authenticator_data")
    client = json.loads(client_data)
    if client["type"] != "webauthn.get" or _unpadded(client["challenge"]) != challenge_of(said):
        return "the passkey answered another challenge"
    rp_hash, flags = authenticator_data[:32], authenticator_data[32]
    if rp_hash != hashlib.sha256(carried["rp_id"].encode()).digest() or len(authenticator_data) < _SIGNED_PART:
        return "the passkey was used at another place"
    if flags & _PRESENT_AND_VERIFIED != _PRESENT_AND_VERIFIED:
        return "the passkey did not verify its person"
    signed = authenticator_data + hashlib.sha256(client_data).digest()
    _verify(_bytes(carried, "key"), _bytes(carried, "signature"), signed)
    return ""


def _verify(der: bytes, signature: bytes, signed: bytes) -> None:
    key = load_der_public_key(der)
    if isinstance(key, ed25519.Ed25519PublicKey):
        key.verify(signature, signed)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, signed, ec.ECDSA(SHA256()))
    else:
        raise TypeError("a key of another kind")


def _bytes(carried: Mapping[str, Any], name: str) -> bytes:
    return base64.b64decode(carried[name], validate=True)


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
