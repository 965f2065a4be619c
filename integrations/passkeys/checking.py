"""Makes options for browsers and checks what authenticators give back (W3C Web Authentication, 7.1 and 7.2).

A person is always verified by the authenticator (PIN, finger, face). The relying party's id and the origins of our
pages are those of the settings; a page inside a frame of another site is none of ours. An attestation is not asked
for: who may enrol is proven by what they had before.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
)
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from data_contracts.errors import AnswerRefused
from data_contracts.evidence.records import digest
from data_contracts.gates.passkeys import Assertion, NewPasskey, Passkey

_LONGEST: Final = 20_000
_LONGEST_ID: Final = 1_400
_ALGORITHMS: Final = [COSEAlgorithmIdentifier.ECDSA_SHA_256, COSEAlgorithmIdentifier.EDDSA]
"""Those that evidence verifies."""
_ODD: Final = (WebAuthnException, InvalidSignature, UnsupportedAlgorithm)


@dataclass(frozen=True, slots=True)
class WebAuthnCheck:
    """The port ``PasskeyCheck`` for one place.

    Attributes:
        rp_id: the domain that passkeys are bound to.
        name: of the organisation, which authenticators show.
        origins: of our pages.
    """

    rp_id: str
    name: str
    origins: tuple[str, ...]

    def fingerprint(self, public_key: str) -> str:
        """SHA-256 of a public key as evidence has it (DER), in hex."""
        return digest(_der(base64url_to_bytes(public_key)))

    def creation(self, operator: str, handle: bytes, challenge: bytes, known: Sequence[str]) -> str:
        """Options for a browser to make a passkey, as JSON."""
        options = webauthn.generate_registration_options(
            rp_id=self.rp_id,
            rp_name=self.name,
            user_id=handle,
            user_name=operator,
            user_display_name=operator,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_descriptors(known),
            supported_pub_key_algs=_ALGORITHMS,
        )
        return webauthn.options_to_json(options)

    def request(self, challenge: bytes, known: Sequence[str]) -> str:
        """Options for a browser to use a passkey, as JSON."""
        options = webauthn.generate_authentication_options(
            rp_id=self.rp_id,
            challenge=challenge,
            allow_credentials=_descriptors(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return webauthn.options_to_json(options)

    def named(self, response: str) -> tuple[str, bytes]:
        """Credential id and challenge that a browser's response names, unverified."""
        with _as_refusal():
            said = _read(response)
            challenge = base64url_to_bytes(_client_data(said)["challenge"])
            return str(said["id"])[:_LONGEST_ID], challenge

    def made(self, response: str, challenge: bytes) -> NewPasskey:
        """The passkey that was made for a challenge."""
        with _as_refusal():
            said = _read(response)
            _require_top(said)
            verified = webauthn.verify_registration_response(
                credential=said,
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=list(self.origins),
                require_user_verification=True,
                supported_pub_key_algs=_ALGORITHMS,
            )
            credential = bytes_to_base64url(verified.credential_id)
            if len(credential) > _LONGEST_ID:
                raise _refused()
            return NewPasskey(credential, bytes_to_base64url(verified.credential_public_key), verified.sign_count)

    def used(self, response: str, challenge: bytes, passkey: Passkey) -> Assertion:
        """The signature of a passkey over a challenge."""
        with _as_refusal():
            said = _read(response)
            _require_top(said)
            key = base64url_to_bytes(passkey.public_key)
            verified = webauthn.verify_authentication_response(
                credential=said,
                expected_challenge=challenge,
                expected_rp_id=self.rp_id,
                expected_origin=list(self.origins),
                credential_public_key=key,
                credential_current_sign_count=passkey.count,
                require_user_verification=True,
            )
            if bytes_to_base64url(verified.credential_id) != passkey.credential:
                raise _refused()
            parts = said["response"]
            return Assertion(
                credential=passkey.credential,
                key=_der(key),
                authenticator_data=base64url_to_bytes(parts["authenticatorData"]),
                client_data=base64url_to_bytes(parts["clientDataJSON"]),
                signature=base64url_to_bytes(parts["signature"]),
                count=verified.new_sign_count,
            )


def passkey_check(name: str, domain: str, *addresses: str) -> WebAuthnCheck | None:
    """Web Authentication for the pages under addresses; None where none of them can have passkeys.

    Args:
        name: of the organisation.
        domain: that passkeys are bound to; empty: the host of the first address.
        addresses: of our pages; those of another domain have no passkeys.
    """
    places = [urlsplit(address) for address in addresses if address]
    rp_id = domain or next((one.hostname or "" for one in places), "")
    ours = [one for one in places if _is_below(one.hostname or "", rp_id)]
    origins = tuple(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in ours if _is_safe(one)))
    return WebAuthnCheck(rp_id, name, origins) if rp_id and origins else None


def _is_below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def _is_safe(place: SplitResult) -> bool:
    """Browsers have passkeys on pages that come by https, or from this machine."""
    return place.scheme == "https" or place.hostname == "localhost"


def _der(cose: bytes) -> bytes:
    key: Any = decoded_public_key_to_cryptography(decode_credential_public_key(cose))
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def _descriptors(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known]


def _read(response: str) -> dict[str, Any]:
    if len(response) > _LONGEST:
        raise _refused()
    said = json.loads(response)
    if not isinstance(said, dict) or not isinstance(said.get("response"), dict):
        raise _refused()
    return said


def _client_data(said: dict[str, Any]) -> dict[str, Any]:
    found = json.loads(base64url_to_bytes(str(said["response"]["clientDataJSON"])))
    if not isinstance(found, dict):
        raise _refused()
    return found


def _require_top(said: dict[str, Any]) -> None:
    """That no other site shows our page in a frame of its own."""
    if _client_data(said).get("crossOrigin", False) is not False:
        raise _refused()


@contextmanager
def _as_refusal() -> Iterator[None]:
    """Whatever a made-up response breaks is a refusal, and nothing of it is quoted."""
    try:
        yield
    except (*_ODD, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, OverflowError):
        raise _refused() from None


def _refused() -> AnswerRefused:
    return AnswerRefused(
        "the passkey's answer does not fit what was asked", where="passkey", remedy="begin again, and use your passkey"
    )
