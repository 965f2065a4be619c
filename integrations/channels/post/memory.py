"""A channel that keeps what it was given: for tests, and for flows tried without sending anything."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from data_contracts.company.company import Organisation
from data_contracts.errors import DeliveryUncertain, RightsflowError
from data_contracts.told.notices import Notice, Rendered
from data_contracts.told.recipients import RecipientMessage
from integrations.channels.post.letters import set_letter
from integrations.channels.post.message import parse_address
from integrations.channels.post.recipient_words import put_recipient_message
from integrations.channels.wording import put_into_words

__all__ = ["MemoryChannel", "Sent"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was handed over."""

    rendered: Rendered
    to: str = field(repr=False)
    message_key: str


class MemoryChannel:
    """Behaves as :class:`integrations.channels.post.mail.MailChannel` does, in memory.

    Args:
        how: ``outbox`` keeps one message a key; ``smtp`` keeps each that is sent, as a server would.
        failures: errors to raise, one for each delivery from the first on; a ``DeliveryUncertain`` comes after the
            message was handed over, any other before.
    """

    def __init__(
        self,
        organisation: Organisation,
        *,
        how: Literal["smtp", "outbox"] = "outbox",
        failures: Iterable[RightsflowError] = (),
    ) -> None:
        self.sent: list[Sent] = []
        self._organisation = organisation
        self._how = how
        self._failures = list(failures)

    def render(self, notice: Notice) -> Rendered:
        """The notice in words, as the mail channel gives it."""
        return put_into_words(notice, self._organisation)

    def render_recipient(self, message: RecipientMessage) -> Rendered:
        """What a recipient is told, in the language it is written to."""
        return put_recipient_message(message, self._organisation)

    def letter(self, notice: Notice, to: Sequence[str], *, at: datetime) -> bytes:
        """The notice as a letter; see :func:`integrations.channels.post.letters.set_letter` for errors."""
        return set_letter(notice, self._organisation, to=to, at=at)

    def deliver(self, rendered: Rendered, *, to: str, message_key: str, about_to_hand_over: Callable[[], None]) -> str:
        """Keep one message; returns the ``how`` it was made with.

        Raises:
            RightsflowError: the next of ``failures``.
            RequestInvalid: when the address is none.
        """
        parse_address(to)
        failure = self._failures.pop(0) if self._failures else None
        if failure is not None and not isinstance(failure, DeliveryUncertain):
            raise failure
        if self._how == "smtp":
            about_to_hand_over()
        if failure is not None:
            raise failure
        if self._how == "smtp" or message_key not in {sent.message_key for sent in self.sent}:
            self.sent.append(Sent(rendered, to, message_key))
        return self._how
