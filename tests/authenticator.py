"""An authenticator in software that signs whatever it is told to, as an attacker's would (W3C Web Authentication)."""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(value: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


@dataclass
class Authenticator:
    """One passkey.

    Attributes:
        origin: that the browser says the page has.
        rp_id: that the authenticator hashes.
        flags: it says about the person.
        count: of its signatures; None: it does not count.
    """

    origin: str = "http://localhost:4500"
    rp_id: str = "localhost"
    flags: int = PRESENT | VERIFIED
    count: int | None = 0
    credential: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, options: str, **client: Any) -> str:
        """What a browser gives back that made this passkey."""
        data = self._data(self.flags | ATTESTED)
        data += bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + self._cose()
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        said = self._client("webauthn.create", options, client)
        return self._given({"clientDataJSON": encoded(said), "attestationObject": encoded(attestation)})

    def use(self, options: str, **client: Any) -> str:
        """What a browser gives back that used this passkey."""
        if self.count is not None:
            self.count += 1
        said, data = self._client("webauthn.get", options, client), self._data(self.flags)
        signature = self._signed(data + hashlib.sha256(said).digest())
        parts = {"clientDataJSON": said, "authenticatorData": data, "signature": signature}
        return self._given({name: encoded(part) for name, part in parts.items()})

    def _client(self, kind: str, options: str, changed: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": json.loads(options)["challenge"], "origin": self.origin}
        return json.dumps({**said, "crossOrigin": False, **changed}).encode()

    def _data(self, flags: int) -> bytes:
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + (self.count or 0).to_bytes(4, "big")

    def _cose(self) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return cbor2.dumps({1: 1, 3: -8, -1: 6, -2: self.key.public_key().public_bytes_raw()})
        numbers = self.key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})

    def _signed(self, data: bytes) -> bytes:
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(data)
        signature: bytes = self.key.sign(data, ec.ECDSA(SHA256()))
        return signature

    def _given(self, response: dict[str, str]) -> str:
        name = encoded(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
