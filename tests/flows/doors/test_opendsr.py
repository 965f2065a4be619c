"""Controllers hand requests on (OpenDSR 2.0): as its examples ask, signed, each its own, the person proven as ever."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from data_contracts.case.outgoing import OutgoingKind
from data_contracts.errors import SettingsInvalid
from data_contracts.vocabulary import Gate, Right
from flows.doors.public import public_site
from flows.watch.outbox import DELIVERERS, dispatch
from flows.wiring.calling import opendsr_signer
from integrations.intake.opendsr_api import ResponseSigner
from tasks.intake.api_keys import make_api_key
from tasks.intake.callbacks import call_back
from tests.browser import Browser, browsing
from tests.flows.company import House

_PATH = "/opendsr/v2/opendsr_requests"
_DOMAIN = "privacy.telco.example"


def pem_of(key: Any) -> bytes:
    """A private key as a file holds it."""
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def certificate_of(key: Any, domain: str = _DOMAIN) -> bytes:
    """A certificate of a key; who issued it is none of our business here."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Telco")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    if domain:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
    return made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """Ours."""
    return rsa.generate_private_key(65537, 2048)


class Controller:
    """A controller with an API key, who checks every answer."""

    def __init__(self, browser: Browser, api_key: str) -> None:
        self._browser = browser
        self._headers = {"Authorization": f"Bearer {api_key}"}

    def call(self, method: str, path: str, said: Any = None, **headers: str) -> httpx.Response:
        """The answer, whose signature is right."""
        body = b"" if said is None else json.dumps(said).encode()
        answer = self._browser.call(method, path, content=body, headers=self._headers | headers)
        self.check(answer.headers["X-OpenDSR-Signature"], answer.content)
        assert answer.headers["X-OpenDSR-Processor-Domain"] == _DOMAIN
        return answer

    def check(self, signature: str, body: bytes) -> None:
        """That a body was signed with the certificate that discovery names."""
        pem = self._browser.get("/opendsr/v2/certificate.pem").content
        public = x509.load_pem_x509_certificate(pem).public_key()
        assert isinstance(public, rsa.RSAPublicKey)
        public.verify(base64.b64decode(signature), body, padding.PKCS1v15(), hashes.SHA256())

    def hand_on(self, **changed: Any) -> httpx.Response:
        """The answer to a request, as the specification's example words it."""
        usual = {
            "regulation": "gdpr",
            "subject_request_id": str(uuid4()),
            "subject_request_type": "erasure",
            "submitted_time": datetime(2026, 3, 30, 15, tzinfo=UTC).isoformat(),
            "subject_identities": [
                {"identity_type": "email", "identity_value": "johndoe@example.com", "identity_format": "raw"}
            ],
            "api_version": "2.0",
            "extensions": {"example-processor.com": {"foo-processor-custom-id": 123456}},
        }
        return self.call("POST", _PATH, {**usual, **changed})


@pytest.fixture
def browser(house: House, key: rsa.RSAPrivateKey, tmp_path: Path) -> Iterator[Browser]:
    """The site of a house that has a key and a certificate."""
    (tmp_path / "key.pem").write_bytes(pem_of(key))
    (tmp_path / "certificate.pem").write_bytes(certificate_of(key))
    house.installation.settings.opendsr_key_file = tmp_path / "key.pem"
    house.installation.settings.opendsr_certificate_file = tmp_path / "certificate.pem"
    with browsing(public_site(house.installation)) as made:
        yield made


@pytest.fixture
def controller(browser: Browser) -> Controller:
    """A controller that may do everything."""
    return Controller(browser, make_api_key("acme", ("requests:open", "requests:read", "requests:withdraw")))


def test_discovery_says_what_we_take(controller: Controller) -> None:
    """Section 6, without a key."""
    told = controller.call("GET", "/opendsr/v2/discovery", Authorization="").json()

    assert told["api_version"] == "2.0"
    assert told["supported_subject_request_types"] == ["access", "portability", "erasure"]
    assert {"identity_type": "email", "identity_format": "raw"} in told["supported_identities"]
    assert told["processor_certificate"].endswith("/opendsr/v2/certificate.pem")


def test_request_is_a_case_that_the_person_must_prove(controller: Controller, house: House) -> None:
    """Section 7.3; from the day the data subject asked."""
    answer = controller.hand_on()

    told = answer.json()
    (case,) = house.installation.register.cases()
    assert answer.status_code == 201
    assert {"controller_id", "expected_completion_time", "received_time", "encoded_request"} <= told.keys()
    assert told["expected_completion_time"].startswith(case.response_due.isoformat())
    assert b"johndoe" in base64.b64decode(told["encoded_request"])
    assert (case.right, case.received_at.date().isoformat()) == (Right.ERASURE, "2026-03-30")
    entry = house.run(case.case_id)
    assert entry is not None
    assert entry.gate is Gate.IDENTITY


def test_same_id_is_the_same_request(controller: Controller, house: House) -> None:
    """Sent again for want of an answer."""
    name = str(uuid4())

    assert [controller.hand_on(subject_request_id=name).status_code for _ in range(2)] == [201, 201]
    assert len(house.installation.register.cases()) == 1


def test_status_follows_the_case(controller: Controller, house: House) -> None:
    """Pending, in progress, completed (section 8)."""
    name, email = str(uuid4()), house.company.subject.email
    identity = [{"identity_type": "email", "identity_value": email, "identity_format": "raw"}]
    controller.hand_on(subject_request_id=name, subject_request_type="access", subject_identities=identity)
    (case,) = house.installation.register.cases()
    seen = [controller.call("GET", f"{_PATH}/{name}").json()["request_status"]]
    house.until(Gate.APPROVAL, case.case_id)
    seen.append(controller.call("GET", f"{_PATH}/{name}").json()["request_status"])
    house.walk(case.case_id)
    seen.append(controller.call("GET", f"/opendsr/v2/requests/{name}").json()["request_status"])

    assert seen == ["pending", "in_progress", "completed"]


def test_request_is_cancelled_while_it_is_pending(controller: Controller, house: House) -> None:
    """Section 9; afterwards it is too late."""
    first, second = str(uuid4()), str(uuid4())
    controller.hand_on(subject_request_id=first)
    (case,) = house.installation.register.cases()

    assert controller.call("DELETE", f"{_PATH}/{first}").status_code == 202
    house.run(case.case_id)
    assert controller.call("GET", f"{_PATH}/{first}").json()["request_status"] == "cancelled"

    controller.hand_on(subject_request_id=second, subject_request_type="access")
    later = next(one for one in house.installation.register.cases(open_only=True) if one.case_id != case.case_id)
    house.walk(later.case_id)
    assert controller.call("DELETE", f"{_PATH}/{second}").status_code == 400


def test_controller_sees_its_own_alone(controller: Controller, browser: Browser) -> None:
    """Another's is answered like one that is not there."""
    name = str(uuid4())
    controller.hand_on(subject_request_id=name)
    other = Controller(browser, make_api_key("other", ("requests:read", "requests:withdraw")))

    assert other.call("GET", f"{_PATH}/{name}").status_code == 404
    assert other.call("DELETE", f"{_PATH}/{name}").status_code == 404
    assert other.hand_on().status_code == 403
    assert controller.call("GET", f"{_PATH}/{name}", Authorization="Bearer nothing").status_code == 401


_WRONG: dict[str, dict[str, Any]] = {
    "no regulation": {"regulation": None},
    "another type": {"subject_request_type": "rectification"},
    "no id": {"subject_request_id": "7"},
    "no identity": {"subject_identities": []},
    "a digest": {"subject_identities": [{"identity_type": "email", "identity_value": "x", "identity_format": "md5"}]},
    "unknown identity": {
        "subject_identities": [{"identity_type": "android_id", "identity_value": "johndoe", "identity_format": "raw"}]
    },
    "our own network": {"status_callback_urls": ["https://127.0.0.1/x"]},
}


@pytest.mark.parametrize("changed", _WRONG.values(), ids=_WRONG)
def test_wrong_request_is_refused(controller: Controller, house: House, changed: dict[str, Any]) -> None:
    """With the error object of section 7.6, which quotes nothing."""
    answer = controller.hand_on(**changed)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 400)
    assert "johndoe" not in answer.text
    assert house.installation.register.cases() == []


def test_every_callback_is_called_signed(controller: Controller, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Section 8.5: each address, at each change, with the address in the body."""
    monkeypatch.setattr("integrations.intake.calling.SafeCaller.check", lambda *_: "198.51.100.7")
    addresses = ["https://a.example/callbacks", "https://b.example/callbacks"]
    controller.hand_on(status_callback_urls=addresses)
    calls: list[dict[str, str]] = []
    signer = opendsr_signer(house.installation.settings)
    assert signer is not None

    def post(url: str, body: bytes, headers: Any) -> int:
        controller.check(headers["X-OpenDSR-Signature"], body)
        calls.append(json.loads(body))
        assert calls[-1]["status_callback_url"] == url
        return 200

    dispatch({**DELIVERERS, OutgoingKind.CALLBACK: lambda row: call_back(row, post, signer.headers)})

    assert [one["status_callback_url"] for one in calls] == addresses
    assert {one["request_status"] for one in calls} == {"pending"}


def test_signature_of_another_body_is_wrong(key: rsa.RSAPrivateKey) -> None:
    """Else the checks above could not fail."""
    signer = ResponseSigner(pem_of(key), certificate_of(key))
    with pytest.raises(InvalidSignature):
        key.public_key().verify(base64.b64decode(signer.signature(b"one")), b"two", padding.PKCS1v15(), hashes.SHA256())


def _of_another_version(pem: bytes) -> bytes:
    """A certificate that says it is of version 88 of X.509."""
    der = x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER)
    other = der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020157"), 1)
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(other) + b"-----END CERTIFICATE-----\n"


def test_key_and_certificate_must_belong_together(key: rsa.RSAPrivateKey) -> None:
    """Another key, another kind, no domain, no file."""
    curve, other = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
    wrong = [
        (pem_of(other), certificate_of(key)),
        (pem_of(curve), certificate_of(curve)),
        (pem_of(key), certificate_of(key, domain="")),
        (b"nothing", certificate_of(key)),
        (pem_of(key), _of_another_version(certificate_of(key))),
    ]
    for private, certificate in wrong:
        with pytest.raises(SettingsInvalid):
            ResponseSigner(private, certificate)
