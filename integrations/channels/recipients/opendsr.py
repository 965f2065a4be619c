"""Hands a data subject's request on to a processor by OpenDSR 2.0, as the controller (Art. 19, 28(3)(e)).

The order for one request, safe to do again from the top:

1. *discover* what the processor takes, and the certificate it signs with, which must name the processor's own host;
2. *ask* whether it has the request already: its id is made of our case and the party, so it is the same each time;
3. *hand it on*, with the keys that the processor knows people by, as they are written;
4. *believe* an answer only when its signature is right.

Answers are never passed on: they may quote what we sent.

Source: OpenDSR 2.0, sections 4.2 (signing), 5 (identities), 6 (discovery), 7 (requests), 8 (status).
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import NAMESPACE_URL, uuid5

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from data_contracts.errors import SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.evidence.certificates import NO_CERTIFICATE
from data_contracts.ports.credentials import recipient_variable
from data_contracts.told.recipients import RecipientMessage
from integrations.http import LATER, Answer, Call, NoAnswer, call, is_encrypted, is_own_machine

__all__ = ["OpendsrProcessors"]

_VERSION: Final = "2.0"
_IDENTITIES: Final[Mapping[str, str]] = {"email": "email", "customer_no": "controller_customer_id"}
"""Identity types of the specification by the vocabulary's kinds."""


@dataclass(frozen=True, slots=True)
class OpendsrProcessors:
    """The port ``RequestForwarding``.

    Attributes:
        key_of: the API key that a party gave us; empty where none is configured.
        now: aware.
    """

    key_of: Callable[[str], str]
    now: Callable[[], datetime]

    def hand_on(self, message: RecipientMessage, *, address: str) -> str:
        """Hand a request on; the processor's reference once it has completed it, else none."""
        if message.asked != "erase":
            raise StepFailed(
                f"OpenDSR has no words for `{message.asked}`", where=message.party, remedy="tell it by hand"
            )
        processor = self._processor(message.party, address)
        identities = _identities(message, processor.takes)
        status = processor.status(_id(message.reference, message.party))
        return status if status is not None else processor.ask(_request(message, identities, self.now()))

    def answered(self, reference: str, party: str, *, address: str) -> str:
        """The processor's reference of a request that it has completed; else none."""
        return self._processor(party, address).status(_id(reference, party)) or ""

    def _processor(self, party: str, address: str) -> "_Processor":
        key = self.key_of(party)
        if not key:
            variable = recipient_variable(party, "KEY")
            raise SettingsInvalid("no key of the processor is configured", where=party, remedy=f"set {variable}")
        if not is_encrypted(address):
            raise SettingsInvalid(
                "the request would travel unencrypted", where=party, remedy="write an https address as `art19.to`"
            )
        return _Processor(party, address.rstrip("/"), key).discovered(self.now())


@dataclass(frozen=True, slots=True)
class _Processor:
    """A processor's interface; once discovered, with what it takes and how it signs."""

    party: str
    address: str
    key: str
    takes: frozenset[str] = frozenset()
    signs_with: RSAPublicKey | None = None

    def discovered(self, now: datetime) -> "_Processor":
        """The same with what discovery says.

        Raises:
            StepFailed: when it takes no erasure, or its certificate is not its own or out of date.
        """
        said = self._call("GET", "/discovery").object()
        if "erasure" not in _list(said, "supported_subject_request_types"):
            raise StepFailed("the processor takes no erasure", where=self.party, remedy="tell it by hand")
        pairs = [pair for pair in _list(said, "supported_identities") if isinstance(pair, dict)]
        takes = frozenset(str(pair.get("identity_type")) for pair in pairs if pair.get("identity_format") == "raw")
        where = str(said.get("processor_certificate", ""))
        if urlsplit(where)[:2] != urlsplit(self.address)[:2]:
            raise self._not_its_own()
        public = self._own_key(self._call("GET", where).content, now)
        return _Processor(self.party, self.address, self.key, takes, public)

    def status(self, request_id: str) -> str | None:
        """The reference of a request that is completed, none while it is not; None where it has no such request."""
        answer = self._call("GET", f"/opendsr_requests/{request_id}", may_fail=True)
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        return self._reference(answer, request_id)

    def ask(self, request: Mapping[str, object]) -> str:
        """Hand a request over; see :meth:`status`."""
        answer = self._call("POST", "/opendsr_requests", said=request)
        return self._reference(answer, str(request["subject_request_id"]))

    def _reference(self, answer: Answer, request_id: str) -> str:
        self._check_signature(answer)
        said = answer.object()
        if said.get("subject_request_id") != request_id:
            raise StepFailed(
                "the processor answered about another request", where=self.party, remedy="ask the processor"
            )
        return request_id if said.get("request_status") == "completed" else ""

    def _call(
        self, method: Literal["GET", "POST"], path: str, *, may_fail: bool = False, said: object = None
    ) -> Answer:
        url = path if "://" in path else self.address + path
        headers = {"Authorization": f"Bearer {self.key}"}
        body = b""
        if said is not None:
            headers["Content-Type"], body = "application/json", json.dumps(said).encode()
        answer = call(Call(url=url, method=method, headers=headers, body=body))
        if isinstance(answer, NoAnswer):
            raise SystemUnavailable(
                "the processor cannot be reached, or broke off", where=self.party, remedy="try again later"
            )
        if answer.status in LATER:
            what = f"the processor asks to come back later ({answer.status})"
            raise SystemUnavailable(what, where=self.party, remedy="try again later")
        if not answer.is_good and not (may_fail and answer.status == HTTPStatus.NOT_FOUND):
            what = f"the processor refused the request ({answer.status})"
            raise StepFailed(what, where=self.party, remedy="check its address and key, or tell it by hand")
        return answer

    def _own_key(self, pem: bytes, now: datetime) -> RSAPublicKey:
        try:
            certificate = x509.load_pem_x509_certificate(pem)
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            domains, public = names.get_values_for_type(x509.DNSName), certificate.public_key()
        except NO_CERTIFICATE:
            raise self._not_its_own() from None
        host = urlsplit(self.address).hostname or ""
        is_valid = certificate.not_valid_before_utc <= now.astimezone(UTC) <= certificate.not_valid_after_utc
        if (
            not isinstance(public, RSAPublicKey)
            or not is_valid
            or not (host in domains or is_own_machine(self.address))
        ):
            raise self._not_its_own()
        return public

    def _check_signature(self, answer: Answer) -> None:
        try:
            signature = base64.b64decode(answer.headers.get("x-opendsr-signature", ""), validate=True)
            assert self.signs_with is not None  # noqa: S101  # discovered before anything is asked
            self.signs_with.verify(signature, answer.content, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            raise StepFailed(
                "the answer is not signed by the processor",
                where=self.party,
                remedy="ask the processor, or tell it by hand",
            ) from None

    def _not_its_own(self) -> StepFailed:
        return StepFailed(
            "the processor names no certificate of its own that is in force",
            where=self.party,
            remedy="ask the processor, or tell it by hand",
        )


def _id(reference: str, party: str) -> str:
    """The request's id: the same each time the same is handed on."""
    return str(uuid5(NAMESPACE_URL, f"rightsflow:{reference}:{party}"))


def _identities(message: RecipientMessage, takes: frozenset[str]) -> list[dict[str, str]]:
    named = {_IDENTITIES[kind]: values for kind, values in message.identity.items() if kind in _IDENTITIES}
    found = [
        {"identity_type": kind, "identity_value": value, "identity_format": "raw"}
        for kind, values in named.items()
        if kind in takes
        for value in values
    ]
    if not found:
        raise StepFailed(
            "the processor takes none of the keys that it knows people by",
            where=message.party,
            remedy="tell it by hand",
        )
    return found


def _request(message: RecipientMessage, identities: list[dict[str, str]], now: datetime) -> dict[str, object]:
    return {
        "regulation": "gdpr",
        "subject_request_id": _id(message.reference, message.party),
        "subject_request_type": "erasure",
        "submitted_time": now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "subject_identities": identities,
        "api_version": _VERSION,
        "status_callback_urls": [],
    }


def _list(said: Mapping[str, Any], name: str) -> list[Any]:
    found = said.get(name)
    return found if isinstance(found, list) else []
