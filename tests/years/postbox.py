"""A real mail server on this machine that keeps every mail, and refuses some for a while."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from urllib.parse import unquote

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.mail_server import serving_mail

_KEY = re.compile(r"<(?P<case>[^.]+)\.(?P<notice>[^@]+)@")


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that was taken over.

    Attributes:
        case: which case it is about.
        notice: its step, such as ``notice.answer``.
        words: subject and text, on one line.
        to: whom it went to.
    """

    case: str
    notice: str
    words: str
    to: tuple[str, ...]


@dataclass
class Postbox:
    """A mail server's handler, and what it took over."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    refusing: int = 0
    """So many of the next mails are refused, to be sent again later."""

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        """Take the message over, or ask to come back later."""
        if self.refusing:
            self.refusing -= 1
            return "451 come back later"
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_body(("plain",))
        key = _KEY.search(unquote(message["Message-ID"]))
        assert body is not None
        assert key is not None, message["Message-ID"]
        words = " ".join(f"{message['Subject']} {body.get_content()}".split())
        self.taken.append(Taken(key["case"], key["notice"], words, tuple(envelope.rcpt_tos)))
        return "250 OK"


@contextmanager
def postbox() -> Iterator[Postbox]:
    """A mail server while the block runs."""
    made = Postbox()
    with serving_mail(made) as made.port:
        yield made
