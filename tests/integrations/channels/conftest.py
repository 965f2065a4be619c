"""Real mail servers, and a company to write for."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from data_contracts.company.company import Address, Contact, CountryProfile, Letters, Organisation
from integrations.channels.post.mail import MailChannel, MailSettings


def a_contact(name: str, *, email: str = "", website: str = "") -> Contact:
    """Somebody to write to."""
    address = Address(lines=[name, "CS 30380", "59203 Tourcoing cedex"], country="FR")
    return Contact(name=name, email=email, website=website, address=address)


@pytest.fixture(scope="session")
def organisation() -> Organisation:
    """A company with everything that notices quote."""
    return Organisation(
        name="Télécom Exemple SA",
        country="FR",
        requests=a_contact("Service des droits", email="droits@telco.example"),
        dpo=a_contact("Déléguée à la protection des données", email="dpo@telco.example"),
        authority=a_contact("CNIL", website="https://www.cnil.fr/fr/plaintes"),
        court={
            "fr": "le tribunal judiciaire de Paris",
            "en": "the judicial court of Paris",
            "nl": "de rechtbank van Parijs",
        },
        sender="ne-pas-repondre@telco.example",
        letters=Letters(place={"en": "Tourcoing"}),
        countries={"BE": CountryProfile(authority=a_contact("GBA", website="https://www.gba.example"))},
    )


class MailServer:
    """What a test's mail server does, and what it was given.

    Attributes:
        replies: what it answers at MAIL, RCPT and at the end of DATA, where that is not yes.
        drop: the verb at which it closes the connection without an answer.
    """

    def __init__(self) -> None:
        self.replies: dict[str, str] = {}
        self.drop = ""
        self.envelopes: list[Envelope] = []
        self.encrypted: list[bool] = []
        self.port = 0
        self.ca_file = ""

    def _answer(self, verb: str, server: SMTP) -> str | None:
        if self.drop == verb:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return self.replies.get(verb)

    async def handle_MAIL(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept the sender, or not."""
        envelope.mail_from, envelope.mail_options = address, [*envelope.mail_options, *options]
        return self._answer("MAIL", server) or "250 OK"

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's name
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept the recipient, or not."""
        envelope.rcpt_tos.append(address)
        return self._answer("RCPT", server) or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the message over, or not."""
        answer = self._answer("DATA", server) or "250 OK"
        if answer.startswith("250"):
            self.envelopes.append(envelope)
            assert server.transport is not None
            self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return answer


def _log_in(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword) -> AuthResult:
    """Let the one user of the tests in."""
    return AuthResult(success=data == LoginPassword(b"mailer", b"correct horse"), handled=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-made certificate with its key, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(made.public_bytes(pem) + private)
    return file


StartServer = Callable[..., MailServer]


@pytest.fixture
def start_server(certificate: Path) -> Iterator[StartServer]:
    """Start mail servers on loopback; ``tls`` is ``starttls``, ``tls`` or empty; ``log_in`` asks for a password."""
    with ExitStack() as stack:

        def start(tls: str = "", *, log_in: bool = False, smtputf8: bool = True) -> MailServer:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(certificate)
            server = MailServer()
            asked = {"authenticator": _log_in, "auth_required": True, "auth_require_tls": bool(tls)}
            more: dict[str, Any] = asked if log_in else {}
            controller = Controller(
                server,
                hostname="127.0.0.1",
                port=_free_port(),
                ssl_context=context if tls == "tls" else None,
                tls_context=context if tls == "starttls" else None,
                enable_SMTPUTF8=smtputf8,
                **more,
            )
            controller.start()
            stack.callback(controller.stop)
            server.port = controller.port
            server.ca_file = str(certificate)
            return server

        yield start


@pytest.fixture
def channel_to(organisation: Organisation, tmp_path: Path) -> Callable[..., MailChannel]:
    """A mail channel to a server, with further settings."""

    def make(server: MailServer, **settings: object) -> MailChannel:
        chosen = {"security": "none", "timeout": timedelta(seconds=5), "ca_file": server.ca_file, **settings}
        mail = MailSettings(host="127.0.0.1", port=server.port, **chosen)  # type: ignore[arg-type]
        return MailChannel(organisation, mail, outbox=tmp_path / "outbox")

    return make
