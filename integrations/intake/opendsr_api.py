"""OpenDSR 2.0: the door of controllers that hand a data subject's request on to us, and the signature of our answers.

A controller has an API key; every answer and callback is signed with the key of the certificate that discovery names.
What a controller says of somebody proves nothing to us: identity is proven as everybody's is.

Source: OpenDSR 2.0, sections 4.2 (signing), 5 (identities), 6 (discovery), 7 (requests), 8 (status), 9 (cancellation).
"""

import base64
import json
import pathlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal, Protocol
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from fastapi import FastAPI, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from data_contracts.errors import RequestInvalid, RightsflowError, SettingsInvalid, TransientError, VaultSealed
from data_contracts.evidence.certificates import NO_CERTIFICATE
from data_contracts.vocabulary import Right
from integrations.intake.bearer import OPEN, READ, WITHDRAW, KeysDoor, bearer_of, client_of

VERSION: Final = "2.0"
IDENTITIES: Final[Mapping[str, str]] = {"email": "email", "controller_customer_id": "customer_no"}
"""Identity types that we can look for, by the vocabulary's kinds; as they are written, never as digests."""
_RIGHTS: Final = {"access": Right.ACCESS, "portability": Right.PORTABILITY, "erasure": Right.ERASURE}
_ID = Annotated[UUID, Path()]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class _Identity(_Said):
    identity_type: str = Field(max_length=60)
    identity_value: str = Field(min_length=1, max_length=254, repr=False)
    identity_format: Literal["raw"]


class _NewRequest(_Said):
    regulation: Literal["gdpr", "ccpa"]
    subject_request_id: UUID
    subject_request_type: Literal["access", "portability", "erasure"]
    submitted_time: datetime
    subject_identities: list[_Identity] = Field(min_length=1, max_length=10)
    status_callback_urls: list[Annotated[str, Field(max_length=2000)]] = Field(default_factory=list, max_length=5)
    api_version: str = Field(default=VERSION, max_length=10)


@dataclass(frozen=True, slots=True)
class HandedOn:
    """A request that a controller hands on."""

    subject_request_id: str
    right: Right
    identity: Mapping[str, Sequence[str]] = field(repr=False)
    submitted_at: datetime
    callbacks: Sequence[str]


class ControllersDoor(KeysDoor, Protocol):
    """What the door needs of the rest of the house; ``flows/doors/opendsr.py`` gives it."""

    def open(self, client: str, request: HandedOn) -> Mapping[str, str]:
        """Register a request durably; the same id is the same request.

        Raises:
            RequestInvalid: when it cannot be registered, or a callback must not be called.
        """

    def status(self, client: str, subject_request_id: str) -> Mapping[str, str] | None:
        """Where a request of that controller's stands; None for any other."""

    def cancel(self, client: str, subject_request_id: str) -> bool | None:
        """Take a request back; False where it is too late, None for one that is not the controller's."""


class ResponseSigner:
    """Signs with the key of a certificate (RSA, SHA-256)."""

    def __init__(self, key: bytes, certificate: bytes) -> None:
        """Read both, as PEM.

        Raises:
            SettingsInvalid: when one cannot be read, they do not belong together, or the certificate names no domain.
        """
        try:
            private, known = load_pem_private_key(key, None), x509.load_pem_x509_certificate(certificate)
            names = known.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            domains = names.get_values_for_type(x509.DNSName)
        except NO_CERTIFICATE:
            raise _unusable() from None
        if not isinstance(private, RSAPrivateKey) or private.public_key() != known.public_key() or not domains:
            raise _unusable()
        self._key = private
        self.domain = domains[0]
        self.certificate = known.public_bytes(Encoding.PEM)

    def signature(self, body: bytes) -> str:
        """Base64 of the signature of a body."""
        return base64.b64encode(self._key.sign(body, padding.PKCS1v15(), hashes.SHA256())).decode()

    def headers(self, body: bytes) -> dict[str, str]:
        """What goes with a body."""
        return {
            "Content-Type": "application/json",
            "X-OpenDSR-Processor-Domain": self.domain,
            "X-OpenDSR-Signature": self.signature(body),
        }


def opendsr_api(door: ControllersDoor, signer: ResponseSigner, address: str) -> FastAPI:
    """The application.

    Args:
        door: the rest of the house.
        signer: of answers.
        address: under which it is reached, without a slash at its end.
    """
    app = FastAPI(title="Rightsflow: OpenDSR", version=VERSION, docs_url=None, redoc_url=None)
    signed = _signing(signer)
    _add_discovery(app, signed, signer, address)
    _add_requests(app, door, signed)
    app.add_exception_handler(HTTPException, _refused(signed))
    app.add_exception_handler(RightsflowError, _ours(signed))
    return app


def _add_discovery(app: FastAPI, signed: "_Signed", signer: ResponseSigner, address: str) -> None:
    @app.get("/v2/discovery")
    def discovery() -> Response:
        """What we take (section 6)."""
        pairs = [{"identity_type": name, "identity_format": "raw"} for name in IDENTITIES]
        return signed(
            {
                "api_version": VERSION,
                "supported_identities": pairs,
                "supported_subject_request_types": list(_RIGHTS),
                "processor_certificate": f"{address}/v2/certificate.pem",
            },
            200,
        )

    @app.get("/v2/certificate.pem")
    def certificate() -> Response:
        """The certificate that answers are signed with."""
        return Response(signer.certificate, media_type="application/x-pem-file")


def _add_requests(app: FastAPI, door: ControllersDoor, signed: "_Signed") -> None:
    @app.post("/v2/requests", include_in_schema=False)
    @app.post("/v2/opendsr_requests")
    async def hand_on(call: Request) -> Response:
        """Take a request in (section 7)."""
        body = await call.body()
        return await run_in_threadpool(_handed_on, door, signed, call, body)

    @app.get("/v2/requests/{subject_request_id}", include_in_schema=False)
    @app.get("/v2/opendsr_requests/{subject_request_id}")
    def status(call: Request, subject_request_id: _ID) -> Response:
        """Where a request stands (section 8)."""
        client = client_of(door, bearer_of(call), READ)
        found = door.status(client, str(subject_request_id))
        if found is None:
            raise HTTPException(404)
        return signed({**found, "api_version": VERSION}, 200)

    @app.delete("/v2/requests/{subject_request_id}", include_in_schema=False)
    @app.delete("/v2/opendsr_requests/{subject_request_id}")
    def cancel(call: Request, subject_request_id: _ID) -> Response:
        """Take a request back (section 9)."""
        client = client_of(door, bearer_of(call), WITHDRAW)
        done = door.cancel(client, str(subject_request_id))
        if done is None:
            raise HTTPException(404)
        if not done:
            return signed(_error(400, "it is too late to cancel this request"), 400)
        now = datetime.now(UTC).isoformat()
        said = {"controller_id": client, "subject_request_id": str(subject_request_id), "received_time": now}
        return signed({**said, "api_version": VERSION}, 202)


_Signed = Callable[[Mapping[str, object], int], Response]


def _signing(signer: ResponseSigner) -> _Signed:
    def signed(said: Mapping[str, object], status: int) -> Response:
        body = json.dumps(said).encode()
        return Response(body, status_code=status, headers=signer.headers(body))

    return signed


def _handed_on(door: ControllersDoor, signed: _Signed, call: Request, body: bytes) -> Response:
    client = client_of(door, bearer_of(call), OPEN)
    try:
        said = _NewRequest.model_validate(_json(body))
    except ValidationError as wrong:
        places = sorted({".".join(str(part) for part in one["loc"][:1]) for one in wrong.errors(include_input=False)})
        return signed(_error(400, f"these fields are wrong: {', '.join(filter(None, places)) or 'all'}"), 400)
    identity: dict[str, list[str]] = {}
    for one in said.subject_identities:
        if one.identity_type in IDENTITIES:
            identity.setdefault(IDENTITIES[one.identity_type], []).append(one.identity_value)
    if not identity:
        return signed(_error(400, "none of these identity types is supported"), 400)
    name, right = str(said.subject_request_id), _RIGHTS[said.subject_request_type]
    at = said.submitted_time if said.submitted_time.tzinfo else said.submitted_time.replace(tzinfo=UTC)
    status = door.open(client, HandedOn(name, right, identity, at, said.status_callback_urls))
    received = {"received_time": datetime.now(UTC).isoformat(), "encoded_request": base64.b64encode(body).decode()}
    return signed({**status, **received}, 201)


def _json(body: bytes) -> object:
    """What a body says; read by itself, so that a field that cannot be is named."""
    try:
        said: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return said


_WORDS: Final = {
    401: "no key in force came with the call",
    403: "the key may not do this",
    404: "no such request",
    429: "too many calls",
}


def _error(status: int, message: str) -> dict[str, Any]:
    return {"error": {"code": status, "message": message, "errors": []}}


def _refused(signed: _Signed) -> Callable[[Request, Exception], Response]:
    def refused(_call: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class
        words = _WORDS.get(error.status_code, "the call is not taken")
        return signed(_error(error.status_code, words), error.status_code)

    return refused


def _ours(signed: _Signed) -> Callable[[Request, Exception], Response]:
    def ours(_call: Request, error: Exception) -> Response:
        assert isinstance(error, RightsflowError)  # noqa: S101  # registered for this class
        status = 503 if isinstance(error, (TransientError, SettingsInvalid, VaultSealed)) else 400
        words = error.what if isinstance(error, RequestInvalid) else "it does not work just now"
        return signed(_error(status, words), status)

    return ours


def signer_of(key: pathlib.Path | None, certificate: pathlib.Path | None) -> ResponseSigner | None:
    """What answers to controllers are signed with; None where no files are named.

    Raises:
        SettingsInvalid: when a file cannot be read, or key and certificate do not belong together.
    """
    if key is None or certificate is None:
        return None
    try:
        return ResponseSigner(key.read_bytes(), certificate.read_bytes())
    except OSError:
        where, remedy = "RIGHTSFLOW_OPENDSR_KEY_FILE", "correct it, and RIGHTSFLOW_OPENDSR_CERTIFICATE_FILE"
        raise SettingsInvalid("a file cannot be read", where=where, remedy=remedy) from None


def _unusable() -> SettingsInvalid:
    return SettingsInvalid(
        "key and certificate cannot be used",
        where="RIGHTSFLOW_OPENDSR_KEY_FILE, RIGHTSFLOW_OPENDSR_CERTIFICATE_FILE",
        remedy="give an RSA key and its certificate as PEM, with the domain as a subject alternative name",
    )
