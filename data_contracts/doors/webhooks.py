"""Programs that want to be told when a case moves, and the port that keeps them."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Webhook:
    """One subscriber.

    Attributes:
        client: name of the API key it belongs to: it is told of that client's cases alone; empty: of all cases.
        secret: what calls are signed with, sealed with the master key.
        states: states of a case it wants to hear of; empty for all.
    """

    name: str
    url: str
    client: str = ""
    secret: bytes = field(default=b"", repr=False)
    states: tuple[str, ...] = ()
    is_active: bool = True


class Webhooks(Protocol):
    """The part of the register that knows subscribers."""

    def put_webhook(self, webhook: Webhook) -> None:
        """Add a subscriber, or replace the one of that name."""

    def webhook(self, name: str) -> Webhook | None:
        """The subscriber; None when there is none."""

    def webhooks(self) -> list[Webhook]:
        """All subscribers by name."""
