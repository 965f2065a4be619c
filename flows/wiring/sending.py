"""What leaves this installation: mails and letters, calls to recipients, transfers to other controllers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from data_contracts.company.company import Organisation
from data_contracts.ports.credentials import recipient_variable
from flows.home.secrets import KeptCredentials
from flows.settings import Settings
from integrations.channels.post.mail import MailChannel
from integrations.channels.post.settings import Dkim, MailSettings
from integrations.channels.recipients.api import Endpoint, HttpRecipients
from integrations.channels.recipients.opendsr import OpendsrProcessors
from integrations.transfers import DirectTransfers

__all__ = ["HttpRecipients", "Sending"]


@dataclass(frozen=True)
class Sending:
    """The ways out of one installation.

    Attributes:
        settings: its settings.
        credentials: what opens recipients' interfaces.
        now: its clock.
    """

    settings: Settings
    credentials: KeptCredentials
    now: Callable[[], datetime]

    def channel(self, organisation: Organisation) -> MailChannel:
        """Mails and letters to people."""
        return MailChannel(organisation, self._mail(), outbox=self._outbox, clock=self.now)

    def recipients(self, parties: Iterable[str], *, real: bool) -> HttpRecipients:
        """Recipients' interfaces.

        Args:
            parties: keys of recipients.
            real: False in the demo company, where messages to those without an interface go to the outbox.
        """
        variables = {key: (recipient_variable(key, "URL"), recipient_variable(key, "SECRET")) for key in parties}
        own = self.credentials.own_of(name for pair in variables.values() for name in pair)
        endpoints = {key: Endpoint(own[url], own[secret]) for key, (url, secret) in variables.items()}
        return HttpRecipients(endpoints, outbox=None if real else self._outbox)

    @property
    def forwarding(self) -> OpendsrProcessors:
        """Requests handed on to processors."""
        return OpendsrProcessors(lambda party: self._recipient(party, "KEY"), self.now)

    @property
    def transfers(self) -> DirectTransfers:
        """Data that go to another controller."""
        return DirectTransfers(self._recipient)

    @property
    def _outbox(self) -> Path:
        return self.settings.state / "outbox"

    def _mail(self) -> MailSettings:
        chosen = self.settings
        key = chosen.dkim_key_file if chosen.dkim_domain else None
        dkim = None if key is None else Dkim(chosen.dkim_domain, chosen.dkim_selector, key.read_bytes())
        return MailSettings(**chosen.smtp, dkim=dkim)

    def _recipient(self, party: str, what: str) -> str:
        return self.credentials.named(recipient_variable(party, what))
