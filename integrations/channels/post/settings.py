"""How mail leaves this installation; made once by the wiring and never changed."""

import ssl
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeAlias

from data_contracts.errors import SettingsInvalid

__all__ = ["Dkim", "MailSettings", "Security"]

Security: TypeAlias = Literal["starttls", "tls", "none"]
"""``starttls``: encrypt after connecting, or do not send; ``tls``: from the first byte; ``none``: never."""

_PORTS: dict[Security, int] = {"starttls": 587, "tls": 465, "none": 25}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Dkim:
    """A key to sign mails with, so that receivers know the sender is who it says.

    Attributes:
        private_key: PEM, RSA.

    Source: RFC 6376.
    """

    domain: str
    selector: str
    private_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class MailSettings:
    """An SMTP server and how to talk to it; without a host, mails go to the outbox folder.

    Attributes:
        port: 0 is the usual one of ``security``.
        sender: the address mails come from; empty is the organisation profile's.
        timeout: of each answer the server owes us.
        ca_file: PEM file of the authorities to trust instead of the system's.
        local_name: what we call ourselves to the server; empty is the machine's name.
    """

    host: str = ""
    port: int = 0
    security: Security = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""
    timeout: timedelta = timedelta(seconds=30)
    ca_file: str = ""
    local_name: str = ""
    dkim: Dkim | None = None

    def __post_init__(self) -> None:
        """Refuse what would send a password in clear text across a network.

        Raises:
            SettingsInvalid: when it would, or when ``security`` is no known word.
        """
        if self.security not in _PORTS:
            raise SettingsInvalid("security of mail is no known word", remedy="use starttls, tls or none")
        if self.username and self.security == "none" and self.host not in _LOOPBACK:
            raise SettingsInvalid(
                "a mail password would travel unencrypted", remedy="set the mail server's security to starttls or tls"
            )

    @property
    def effective_port(self) -> int:
        """The port to connect to."""
        return self.port or _PORTS[self.security]

    def tls_context(self) -> ssl.SSLContext:
        """A context that proves the server's certificate and name.

        Raises:
            SettingsInvalid: when ``ca_file`` cannot be read.
        """
        try:
            return ssl.create_default_context(cafile=self.ca_file or None)
        except OSError:
            raise SettingsInvalid(
                "the file of trusted authorities for mail cannot be read", remedy="name a readable PEM file, or none"
            ) from None
