"""Sends notices by mail, through an SMTP server or into an outbox folder (charter 8a).

Without an SMTP host each message becomes one ``.eml`` file named after its message key. Mail leaves through
``aiosmtplib`` alone. What may fail, and what then is certain, stands in :mod:`integrations.channels.post.smtp`.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from data_contracts.company.company import Organisation
from data_contracts.told.notices import Notice, Rendered
from data_contracts.told.recipients import RecipientMessage
from integrations.channels.post.letters import set_letter
from integrations.channels.post.message import Envelope, Mailbox, compose, message_slug, parse_address, sign_dkim
from integrations.channels.post.outbox import write_once
from integrations.channels.post.recipient_words import put_recipient_message
from integrations.channels.post.settings import Dkim, MailSettings
from integrations.channels.post.smtp import hand_over
from integrations.channels.wording import put_into_words

__all__ = ["Dkim", "MailChannel", "MailSettings"]


class MailChannel:
    """Puts notices into words and hands them over by mail (port ``Channel``).

    Args:
        organisation: the profile that every notice quotes.
        settings: the mail server; without a host the outbox is used.
        outbox: folder of ``.eml`` files; made when first needed.
        clock: gives the Date header, aware.
    """

    def __init__(
        self,
        organisation: Organisation,
        settings: MailSettings,
        *,
        outbox: Path,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._organisation = organisation
        self._settings = settings
        self._outbox = outbox
        self._clock = clock
        self._sender = parse_address(settings.sender or organisation.sender)
        self._reply_to = parse_address(organisation.requests.email) if organisation.requests.email else None

    def render(self, notice: Notice) -> Rendered:
        """The notice in its language; see :func:`integrations.channels.wording.put_into_words` for errors."""
        return put_into_words(notice, self._organisation)

    def render_recipient(self, message: RecipientMessage) -> Rendered:
        """What a recipient is told, in the language it is written to."""
        return put_recipient_message(message, self._organisation)

    def letter(self, notice: Notice, to: Sequence[str], *, at: datetime) -> bytes:
        """The notice as a letter; see :func:`integrations.channels.post.letters.set_letter` for errors."""
        return set_letter(notice, self._organisation, to=to, at=at)

    def deliver(self, rendered: Rendered, *, to: str, message_key: str, about_to_hand_over: Callable[[], None]) -> str:
        """Hand one message over; returns ``smtp`` or ``outbox``.

        Raises:
            RequestInvalid: when address or subject cannot stand in a mail.
            SystemUnavailable: when trying again later can help; nothing has left.
            StepFailed: when the server refuses the message for good; nothing has left.
            DeliveryUncertain: when nobody can know whether it left.
        """
        mailbox = parse_address(to)
        message = self._message(rendered, mailbox, message_key)
        if not self._settings.host:
            write_once(self._outbox, f"{message_slug(message_key)}.eml", message)
            return "outbox"
        hand_over(self._settings, message, sender=self._sender, to=mailbox, about_to_hand_over=about_to_hand_over)
        return "smtp"

    def _message(self, rendered: Rendered, to: Mailbox, message_key: str) -> bytes:
        envelope = Envelope(self._sender, self._organisation.name, to, self._reply_to, message_key)
        return sign_dkim(compose(rendered, envelope, at=self._clock()), self._settings.dkim)
