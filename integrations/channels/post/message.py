"""Turns a notice in words into the bytes of a mail that any server takes.

A mail has both forms, text and HTML, in 7 bit; its Message-ID depends on the message key alone, so that two attempts
of one message can be recognised as one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import quote

import dkim

from data_contracts.errors import RequestInvalid, SettingsInvalid
from data_contracts.text.mail_address import deliverable, has_control
from data_contracts.told.notices import Rendered
from integrations.channels.post.settings import Dkim

__all__ = ["Envelope", "Mailbox", "compose", "message_slug", "parse_address", "sign_dkim"]

_POLICY = SMTP.clone(cte_type="7bit")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address whose domain is in the form of the DNS (RFC 5890)."""

    local: str
    domain: str

    @property
    def address(self) -> str:
        """``local@domain``."""
        return f"{self.local}@{self.domain}"

    @property
    def needs_utf8(self) -> bool:
        """Whether a server must know SMTPUTF8 to take it (RFC 6531)."""
        return not self.local.isascii()


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a mail says outside its text."""

    sender: Mailbox
    sender_name: str
    to: Mailbox
    reply_to: Mailbox | None
    message_key: str


def parse_address(text: str) -> Mailbox:
    """The mailbox of a plain address; international domains become their DNS form.

    Raises:
        RequestInvalid: when it is no address, or holds what could smuggle in a header or a second recipient.
    """
    parts = deliverable(text)
    if parts is None:
        raise _no_address()
    return Mailbox(*parts)


def _no_address() -> RequestInvalid:
    return RequestInvalid("the mail address is no address", remedy="correct the address and send again")


def message_slug(message_key: str) -> str:
    """A message key as a file name or the local part of a Message-ID; different keys give different slugs.

    >>> message_slug("C-7K3M-9QXT:acknowledgement")
    'C-7K3M-9QXT.acknowledgement'
    """
    return ".".join(quote(part, safe="").replace(".", "%2E") for part in message_key.split(":"))


def compose(rendered: Rendered, envelope: Envelope, *, at: datetime) -> bytes:
    """The mail's bytes with CRLF line ends.

    Raises:
        RequestInvalid: when a header would hold a line end or cannot be written.
    """
    if has_control(rendered.subject) or has_control(envelope.sender_name):
        raise _no_header()
    message = EmailMessage(policy=_POLICY.clone(utf8=envelope.to.needs_utf8 or envelope.sender.needs_utf8))
    try:
        for name, value in _headers(rendered, envelope, at=at).items():
            message[name] = value
    except (ValueError, MessageError):
        raise _no_header() from None
    message.set_content(rendered.text)
    message.add_alternative(rendered.html, subtype="html")
    return message.as_bytes()


def _no_header() -> RequestInvalid:
    return RequestInvalid(
        "a header of the mail would hold a line end or another control character",
        remedy="remove it from the subject, the name or the address",
    )


def _headers(rendered: Rendered, envelope: Envelope, *, at: datetime) -> dict[str, str | Address]:
    headers: dict[str, str | Address] = {
        "From": Address(envelope.sender_name, envelope.sender.local, envelope.sender.domain),
        "To": Address("", envelope.to.local, envelope.to.domain),
        "Subject": rendered.subject,
        "Date": format_datetime(at),
        "Message-ID": f"<{message_slug(envelope.message_key)}@{envelope.sender.domain}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834 section 5: keeps out-of-office answers away
    }
    if envelope.reply_to is not None:
        headers["Reply-To"] = Address("", envelope.reply_to.local, envelope.reply_to.domain)
    return headers


def sign_dkim(message: bytes, key: Dkim | None) -> bytes:
    """The message with a DKIM signature before it; unchanged without a key (RFC 6376).

    Raises:
        SettingsInvalid: when the key is no RSA key in PEM.
    """
    if key is None:
        return message
    headers = [b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"auto-submitted", b"mime-version"]
    sign: Callable[..., bytes] = dkim.sign
    try:
        line = sign(message, key.selector.encode(), key.domain.encode(), key.private_key, include_headers=headers)
    except (dkim.DKIMException, ValueError):
        raise SettingsInvalid(
            "the DKIM key for mail cannot sign", remedy="configure an RSA private key in PEM, selector and domain"
        ) from None
    return line + message
