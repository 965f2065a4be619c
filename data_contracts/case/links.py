"""Links and codes that open one thing of one case for who holds them, and the port that keeps their digests.

The secret itself is known to its holder alone: whoever reads the register cannot use a link.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class LinkPurpose(StrEnum):
    """What a link opens."""

    STATUS = "status"
    """Where the case stands: the code on the receipt. No personal data, so it may be used again."""
    IDENTITY = "identity"
    """Proves that its holder reads the mailbox it was sent to (Art. 12(6)); once."""
    PACKAGE = "package"
    """The answer package, sent to a proven address alone; once."""
    STOP_CHANGE = "stop_change"
    """Stops a change of contacts, sent to the address that we hold until then; once, until the change may go on."""
    TAKE_BACK = "take_back"
    """Takes an approved erasure back, sent to a proven address alone; once, until it may be acted on."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link.

    Attributes:
        digest: SHA-256 of the secret, in hex.
        expires_at: the first moment at which it opens nothing any more.
        used_at: when it was used, where it may be used once.
    """

    digest: str
    case_id: str
    purpose: LinkPurpose
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class Links(Protocol):
    """The part of the register that knows links by their digests."""

    def put_link(self, link: Link) -> None:
        """Keep a link; one of that digest stays as it is."""

    def link(self, digest: str) -> Link | None:
        """The link; None when there is none."""

    def use_link(self, digest: str, at: datetime) -> bool:
        """Use a link up; False when it was used, ended or expired before: one of several callers at once gets True."""

    def end_links(self, case_id: str, purpose: LinkPurpose, at: datetime) -> int:
        """Use up all links of a case that open one thing; how many were in force."""
