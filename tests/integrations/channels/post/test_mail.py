"""Mail through a real SMTP server: when a message has left, when it has not, and when nobody can know."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from data_contracts.company.company import Organisation
from data_contracts.errors import (
    DeliveryUncertain,
    RequestInvalid,
    RightsflowError,
    SettingsInvalid,
    StepFailed,
    SystemUnavailable,
)
from data_contracts.told.notices import Rendered
from integrations.channels.post.mail import Dkim, MailChannel, MailSettings
from tests.integrations.channels.conftest import StartServer

pytestmark = [
    # Where a TLS handshake is broken off on a busy machine, asyncio lets go of its transport in its own time.
    pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

ChannelTo = Callable[..., MailChannel]
LETTER = Rendered("Votre demande", "Bonjour,\n.\nvoilà.\n", "<p>Bonjour, voilà.</p>")


def deliver(channel: MailChannel, **changes: Any) -> str:
    """Deliver the letter, with what the test says otherwise."""
    asked = {"to": "marie@example.org", "message_key": "RF-1:answer", "about_to_hand_over": lambda: None, **changes}
    return channel.deliver(asked.pop("rendered", LETTER), **asked)


def parsed(content: bytes | str | None) -> EmailMessage:
    """The mail as its reader's program sees it."""
    assert isinstance(content, bytes)
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_message_arrives(start_server: StartServer, channel_to: ChannelTo) -> None:
    """A message arrives with both forms, and headers that say who, when and that a machine wrote it."""
    server = start_server()

    how = deliver(channel_to(server))

    mail = parsed(server.envelopes[0].content)
    assert how == "smtp"
    assert (mail["to"], mail["subject"], mail["auto-submitted"]) == (
        "marie@example.org",
        "Votre demande",
        "auto-generated",
    )
    assert mail["reply-to"] == "droits@telco.example"
    assert mail["from"].addresses[0].display_name == "Télécom Exemple SA"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert text.get_content().splitlines() == LETTER.text.splitlines()
    assert html is not None
    assert "voilà" in html.get_content()


def test_seven_bits(start_server: StartServer, channel_to: ChannelTo) -> None:
    """A message is plain ASCII on the wire, so that the oldest server can pass it on."""
    server = start_server()

    deliver(channel_to(server))

    content = server.envelopes[0].content
    assert isinstance(content, bytes)
    assert content.isascii()


def test_message_id_is_of_the_key(start_server: StartServer, channel_to: ChannelTo) -> None:
    """Two attempts of one message carry the same Message-ID, other messages another."""
    server = start_server()
    channel = channel_to(server)

    for key in ("RF-1:answer", "RF-1:answer", "RF-1.answer"):
        deliver(channel, message_key=key)

    ids = [parsed(envelope.content)["message-id"] for envelope in server.envelopes]
    assert ids[0] == ids[1] == "<RF-1.answer@telco.example>"
    assert ids[2] != ids[0]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_encrypted(start_server: StartServer, channel_to: ChannelTo, security: str) -> None:
    """A server with a certificate we trust is spoken to in TLS, from the first byte or after STARTTLS."""
    server = start_server(security)

    deliver(channel_to(server, security=security))

    assert server.encrypted == [True]


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_unknown_certificate(start_server: StartServer, channel_to: ChannelTo, security: str) -> None:
    """A server whose certificate nobody vouches for is given nothing."""
    server = start_server(security)

    with pytest.raises(SystemUnavailable):
        deliver(channel_to(server, security=security, ca_file=""))

    assert server.envelopes == []


def test_no_fall_back_to_clear_text(start_server: StartServer, channel_to: ChannelTo) -> None:
    """A server that does not offer STARTTLS is given nothing, rather than everything in clear text."""
    server = start_server()

    with pytest.raises(StepFailed, match="STARTTLS"):
        deliver(channel_to(server, security="starttls"))

    assert server.envelopes == []


def test_log_in(start_server: StartServer, channel_to: ChannelTo) -> None:
    """A server that asks for a log-in gets it after the connection is encrypted."""
    server = start_server("starttls", log_in=True)

    deliver(channel_to(server, security="starttls", username="mailer", password="correct horse"))

    assert len(server.envelopes) == 1


def test_wrong_password(start_server: StartServer, channel_to: ChannelTo) -> None:
    """A refused log-in is for a person, and the error holds neither user nor password."""
    server = start_server("starttls", log_in=True)

    with pytest.raises(StepFailed) as caught:
        deliver(channel_to(server, security="starttls", username="mailer", password="wrong"))

    assert "wrong" not in str(caught.value)
    assert "mailer" not in str(caught.value)


def test_password_needs_encryption() -> None:
    """Settings that would send a password in clear text across a network are refused."""
    with pytest.raises(SettingsInvalid):
        MailSettings(host="mail.example.org", security="none", username="mailer", password="x")


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("reply", "error"),
    [("451 marie@example.org later", SystemUnavailable), ("550 marie@example.org no", StepFailed)],
    ids=["4xx", "5xx"],
)
def test_refusals(
    start_server: StartServer, channel_to: ChannelTo, verb: str, reply: str, error: type[RightsflowError]
) -> None:
    """4xx can be tried again, 5xx cannot; the server's text and the address stay out of the error."""
    server = start_server()
    server.replies[verb] = reply

    with pytest.raises(error) as caught:
        deliver(channel_to(server))

    assert "marie" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_dropped_before_the_hand_over(start_server: StartServer, channel_to: ChannelTo, verb: str) -> None:
    """A connection that breaks before DATA has certainly sent nothing, and nothing was noted as handed over."""
    server = start_server()
    server.drop = verb
    noted: list[str] = []

    with pytest.raises(SystemUnavailable):
        deliver(channel_to(server), about_to_hand_over=lambda: noted.append("now"))

    assert noted == []


def test_dropped_in_the_hand_over(start_server: StartServer, channel_to: ChannelTo) -> None:
    """A connection that breaks after the text was sent leaves it open whether the message left."""
    server = start_server()
    server.drop = "DATA"
    noted: list[str] = []

    with pytest.raises(DeliveryUncertain):
        deliver(channel_to(server), about_to_hand_over=lambda: noted.append("now"))

    assert noted == ["now"]


def test_hand_over_is_noted_in_time(start_server: StartServer, channel_to: ChannelTo) -> None:
    """The caller is told after the recipient was accepted and before the text is sent; if it fails, nothing is."""
    server = start_server()

    def fail() -> None:
        raise SystemUnavailable("the register is away")

    with pytest.raises(SystemUnavailable, match="register"):
        deliver(channel_to(server), about_to_hand_over=fail)

    assert server.envelopes == []


def test_nobody_listens(start_server: StartServer, channel_to: ChannelTo) -> None:
    """A server that cannot be reached is unavailable."""
    server = start_server()
    server.port = 1

    with pytest.raises(SystemUnavailable):
        deliver(channel_to(server))


def test_inside_a_loop(start_server: StartServer, channel_to: ChannelTo) -> None:
    """An async flow can deliver as well."""
    server = start_server()
    channel = channel_to(server)

    async def flow() -> str:
        return deliver(channel)

    assert asyncio.run(flow()) == "smtp"


@pytest.mark.parametrize(
    "to",
    [
        "marie@example.org\r\nBcc: all@example.org",
        "marie",
        "a@b@c",
        "marie@",
        "@example.org",
        "x,y@example.org",
        "a b@c.d",
    ],
)
def test_addresses_that_are_none(channel_to: ChannelTo, start_server: StartServer, to: str) -> None:
    """What is no single address, or smuggles in a header, is refused without being quoted."""
    with pytest.raises(RequestInvalid) as caught:
        deliver(channel_to(start_server()), to=to)

    assert "marie" not in str(caught.value)


@pytest.mark.parametrize("subject", ["Hi\r\nBcc: all@example.org", "Hi\nthere", "Hi\x00", "Hi\u2028there"])
def test_subject_injection(channel_to: ChannelTo, start_server: StartServer, subject: str) -> None:
    """A subject with a line end is refused before a server is spoken to."""
    with pytest.raises(RequestInvalid):
        deliver(channel_to(start_server()), rendered=Rendered(subject, "a", "b"))


def test_international_domain(start_server: StartServer, channel_to: ChannelTo) -> None:
    """An international domain travels in its DNS form, where ß stays ß."""
    server = start_server(smtputf8=False)

    deliver(channel_to(server), to="marie@straße.example")

    assert server.envelopes[0].rcpt_tos == ["marie@xn--strae-oqa.example"]


def test_international_mailbox(start_server: StartServer, channel_to: ChannelTo) -> None:
    """A mailbox with letters beyond ASCII is used where the server knows SMTPUTF8."""
    server = start_server()

    deliver(channel_to(server), to="éloïse@example.org")

    assert server.envelopes[0].rcpt_tos == ["éloïse@example.org"]
    assert parsed(server.envelopes[0].content)["to"] == "éloïse@example.org"


def test_international_mailbox_refused(start_server: StartServer, channel_to: ChannelTo) -> None:
    """Where the server does not know SMTPUTF8, a person is told to choose another way."""
    server = start_server(smtputf8=False)

    with pytest.raises(StepFailed, match="ASCII"):
        deliver(channel_to(server), to="éloïse@example.org")


def test_dkim(start_server: StartServer, channel_to: ChannelTo) -> None:
    """With a key, a mail carries a signature that verifies."""
    key = rsa.generate_private_key(65537, 2048)
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    server = start_server()

    deliver(channel_to(server, dkim=Dkim("telco.example", "s1", pem)))

    record = b"v=DKIM1; k=rsa; p=" + b64encode(public)
    content = server.envelopes[0].content
    assert dkim.verify(content, dnsfunc=lambda _name, **_more: record)


def test_dkim_key_is_no_key(start_server: StartServer, channel_to: ChannelTo) -> None:
    """A key that cannot sign is a setting to mend, not an unsigned mail."""
    with pytest.raises(SettingsInvalid):
        deliver(channel_to(start_server(), dkim=Dkim("telco.example", "s1", b"no key")))


def test_outbox_writes_once(organisation: Organisation, tmp_path: Path) -> None:
    """Without a server each message becomes one file, however often its step runs."""
    channel = MailChannel(organisation, MailSettings(), outbox=tmp_path, clock=lambda: datetime(2026, 1, 2, tzinfo=UTC))
    other = Rendered("Autre", "autre", "autre")

    hows = [deliver(channel), deliver(channel, rendered=other), deliver(channel, message_key="RF-1:other")]

    assert hows == ["outbox"] * 3
    assert sorted(file.name for file in tmp_path.iterdir()) == ["RF-1.answer.eml", "RF-1.other.eml"]
    assert parsed((tmp_path / "RF-1.answer.eml").read_bytes())["subject"] == "Votre demande"


def test_outbox_is_for_us_alone(organisation: Organisation, tmp_path: Path) -> None:
    """Files of the outbox can be read by their owner only."""
    deliver(MailChannel(organisation, MailSettings(), outbox=tmp_path / "new"))

    file = tmp_path / "new" / "RF-1.answer.eml"
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_outbox_in_the_way(organisation: Organisation, tmp_path: Path) -> None:
    """An outbox that cannot be written can be tried again."""
    (tmp_path / "file").touch()

    with pytest.raises(SystemUnavailable):
        deliver(MailChannel(organisation, MailSettings(), outbox=tmp_path / "file"))


def test_secrets_are_not_shown() -> None:
    """Neither the password nor the DKIM key is in a repr."""
    settings = MailSettings(host="localhost", password="s3cret", dkim=Dkim("a.example", "s", b"k3y"))

    assert "s3cret" not in repr(settings)
    assert "k3y" not in repr(settings)
