"""Handing a request on by OpenDSR: to a processor that is our own door, and to ones that are not what they say."""

import base64
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from data_contracts.errors import RightsflowError, SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.told.recipients import RecipientMessage
from integrations.channels.recipients.opendsr import OpendsrProcessors, _Processor
from integrations.intake.opendsr_api import HandedOn, ResponseSigner, opendsr_api
from tests.flows.doors.test_opendsr import certificate_of, pem_of
from tests.loopback import Answering, listening

_KEY = "a key of ours"
_MESSAGE = RecipientMessage(
    reference="C-7K3M-9QXT",
    party="printco",
    name="PrintCo",
    language="en",
    right="erasure",
    asked="erase",
    is_order=True,
    identity={"email": ("ann@x.example",), "customer_no": ("C1", "C2"), "cookie_id": ("k",)},
)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """The processor's."""
    return rsa.generate_private_key(65537, 2048)


@dataclass
class Door:
    """A processor's house: what was handed on, by id, and where it stands."""

    taken: dict[str, HandedOn] = field(default_factory=dict)
    status_of: str = "pending"

    def client(self, api_key: str) -> tuple[str, tuple[str, ...]] | None:
        """Us, with our key."""
        return ("telco", ("requests:open", "requests:read")) if api_key == _KEY else None

    def uncount(self, _key: str, _window: timedelta) -> None:
        """Nothing is counted."""

    def count(self, _key: str, _window: timedelta) -> int:
        """Never too often."""
        return 1

    def open(self, _client: str, request: HandedOn) -> Mapping[str, str]:
        """Take a request, which nobody hands on twice."""
        assert request.subject_request_id not in self.taken
        self.taken[request.subject_request_id] = request
        return self._said(request.subject_request_id)

    def status(self, _client: str, subject_request_id: str) -> Mapping[str, str] | None:
        """Where it stands."""
        return self._said(subject_request_id) if subject_request_id in self.taken else None

    def cancel(self, _client: str, _subject_request_id: str) -> bool | None:
        """Nobody takes one back."""
        return None

    def _said(self, name: str) -> Mapping[str, str]:
        return {"controller_id": "telco", "subject_request_id": name, "request_status": self.status_of}


@pytest.fixture
def processor(key: rsa.RSAPrivateKey) -> Iterator[tuple[str, Door]]:
    """Our own door of OpenDSR on this machine: its address, and its house."""
    door, listening = Door(), socket.socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    app = opendsr_api(door, ResponseSigner(pem_of(key), certificate_of(key)), address)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    yield f"{address}/v2", door
    server.should_exit = True
    thread.join(10)
    listening.close()


def _us(key: str = _KEY) -> OpendsrProcessors:
    return OpendsrProcessors(lambda _: key, lambda: datetime.now(UTC))


def test_request_is_handed_on_once(processor: tuple[str, Door]) -> None:
    """With the keys that the processor takes; a second attempt finds it there."""
    address, door = processor

    assert [_us().hand_on(_MESSAGE, address=address) for _ in range(2)] == ["", ""]
    (taken,) = door.taken.values()
    assert taken.identity == {"email": ["ann@x.example"], "customer_no": ["C1", "C2"]}


def test_completed_request_is_acknowledged(processor: tuple[str, Door]) -> None:
    """The processor's word that it is done is the reference; before there is none."""
    address, door = processor
    _us().hand_on(_MESSAGE, address=address)
    (name,) = door.taken

    before = _us().answered("C-7K3M-9QXT", "printco", address=address)
    door.status_of = "completed"

    assert (before, _us().answered("C-7K3M-9QXT", "printco", address=address)) == ("", name)
    assert _us().answered("C-OTHER", "printco", address=address) == ""


def test_wrong_key_is_refused_for_good(processor: tuple[str, Door]) -> None:
    """Trying again does not help; a person looks."""
    with pytest.raises(StepFailed, match="refused the request"):
        _us("another").hand_on(_MESSAGE, address=processor[0])


@pytest.mark.parametrize(
    ("changed", "said"),
    [({"asked": "restrict"}, "no words for `restrict`"), ({"identity": {"cookie_id": ("k",)}}, "none of the keys")],
)
def test_what_cannot_be_said_is_told_by_hand(processor: tuple[str, Door], changed: dict[str, Any], said: str) -> None:
    """OpenDSR knows erasure, and some kinds of keys."""
    with pytest.raises(StepFailed, match=said) as caught:
        _us().hand_on(replace(_MESSAGE, **changed), address=processor[0])

    assert "by hand" in caught.value.remedy


@pytest.mark.parametrize(
    ("key", "address", "said"),
    [("", "https://p.example/v2", "RIGHTSFLOW_RECIPIENT_PRINTCO_KEY"), ("k", "http://p.example/v2", "https")],
)
def test_nothing_leaves_without_key_or_unencrypted(key: str, address: str, said: str) -> None:
    """What is not configured is told with the setting that is missing."""
    with pytest.raises(SettingsInvalid, match=said):
        _us(key).hand_on(_MESSAGE, address=address)


@dataclass
class Impostor:
    """A server that answers what a test says."""

    address: str
    discovery: dict[str, Any] = field(default_factory=dict)
    certificate: bytes = b""
    status: tuple[int, bytes, str] = (404, b"{}", "")


@pytest.fixture
def impostor(key: rsa.RSAPrivateKey) -> Iterator[Impostor]:
    """As it should be, but for what a test changes; it signs nothing rightly."""

    class Handler(Answering):
        def answer(self) -> None:
            if self.path.endswith("/discovery"):
                self._say(200, json.dumps(made.discovery).encode(), "")
            elif self.path.endswith(".pem"):
                self._say(200, made.certificate, "")
            else:
                self._say(*made.status)

        def _say(self, status: int, body: bytes, signature: str) -> None:
            self.say(status, body, X_OpenDSR_Signature=signature)

    with listening(Handler) as address:
        made = Impostor(f"{address}/v2", certificate=certificate_of(key))
        made.discovery = {
            "supported_subject_request_types": ["erasure"],
            "supported_identities": [{"identity_type": "email", "identity_format": "raw"}],
            "processor_certificate": f"{address}/certificate.pem",
        }
        yield made


@pytest.mark.parametrize("signature", ["", "no base64 ä".encode().decode("latin-1"), base64.b64encode(b"x").decode()])
def test_unsigned_answer_is_not_believed(impostor: Impostor, signature: str) -> None:
    """Whatever it says, also that all is done."""
    impostor.status = (200, b'{"request_status": "completed"}', signature)

    with pytest.raises(StepFailed, match="not signed by the processor"):
        _us().hand_on(_MESSAGE, address=impostor.address)


def test_signed_answer_about_another_request_is_not_believed(impostor: Impostor, key: rsa.RSAPrivateKey) -> None:
    """One that was kept from elsewhere says nothing of ours."""
    body = json.dumps({"subject_request_id": "other", "request_status": "completed"}).encode()
    impostor.status = (200, body, ResponseSigner(pem_of(key), certificate_of(key)).signature(body))

    with pytest.raises(StepFailed, match="about another request"):
        _us().answered("C-1", "printco", address=impostor.address)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"supported_subject_request_types": ["access"]}, "takes no erasure"),
        ({"supported_subject_request_types": "erasure"}, None),
        ({"processor_certificate": "https://elsewhere.example/c.pem"}, "certificate of its own"),
        ({"processor_certificate": None}, "certificate of its own"),
        ({"supported_identities": ["email"]}, "none of the keys"),
    ],
)
def test_discovery_decides(impostor: Impostor, changed: dict[str, Any], said: str | None) -> None:
    """What a processor does not say that it takes is not sent to it."""
    impostor.discovery |= changed

    with pytest.raises(StepFailed, match=said):
        _us().hand_on(_MESSAGE, address=impostor.address)


@pytest.mark.parametrize("status", [429, 503])
def test_busy_processor_is_asked_again(impostor: Impostor, status: int) -> None:
    """Trying again helps."""
    impostor.status = (status, b"", "")

    with pytest.raises(SystemUnavailable, match=str(status)):
        _us().hand_on(_MESSAGE, address=impostor.address)


def test_nobody_there_is_an_outage() -> None:
    """A closed port may be open later."""
    with pytest.raises(SystemUnavailable):
        _us().hand_on(_MESSAGE, address="http://127.0.0.1:9/v2")


@pytest.mark.parametrize(
    ("domain", "days", "is_believed"),
    [("p.example", 0, True), ("other.example", 0, False), ("", 0, False), ("p.example", 2, False)],
)
def test_certificate_is_the_processors_own(
    key: rsa.RSAPrivateKey, domain: str, days: int, *, is_believed: bool
) -> None:
    """It names the processor's host and is in force."""
    processor = _Processor("printco", "https://p.example/v2", "k")
    now = datetime.now(UTC) + timedelta(days=days, minutes=1)

    if is_believed:
        assert processor._own_key(certificate_of(key, domain), now) == key.public_key()
        return
    with pytest.raises(StepFailed, match="certificate of its own"):
        processor._own_key(certificate_of(key, domain), now)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")  # said of some of them
def test_certificate_with_any_byte_changed_is_refused_or_the_same(key: rsa.RSAPrivateKey) -> None:
    """Its version, an algorithm that nobody knows, an extension twice: the library has an error of its own for each."""
    processor, now = _Processor("printco", "https://p.example/v2", "k"), datetime.now(UTC) + timedelta(minutes=1)
    whole = x509.load_pem_x509_certificate(certificate_of(key, "p.example")).public_bytes(Encoding.DER)

    for place in range(len(whole)):
        other = bytearray(whole)
        other[place] ^= 1
        pem = b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(other) + b"-----END CERTIFICATE-----\n"
        with suppress(StepFailed):
            assert isinstance(processor._own_key(pem, now), rsa.RSAPublicKey)


@pytest.mark.parametrize("certificate", [b"none", certificate_of(ec.generate_private_key(ec.SECP256R1()))])
def test_other_certificates_are_refused(impostor: Impostor, certificate: bytes) -> None:
    """What is no certificate, and keys that the specification does not sign with."""
    impostor.certificate = certificate

    with pytest.raises(RightsflowError, match="certificate of its own"):
        _us().hand_on(_MESSAGE, address=impostor.address)
