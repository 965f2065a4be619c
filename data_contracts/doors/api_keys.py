"""Keys of systems that ask us something, and the port that keeps them: only a digest of each is kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A system that may ask.

    Attributes:
        name: which system; what the register and its records call it.
        digest: SHA-256 of the key in hex; the key itself is shown once and kept nowhere.
        scopes: what it may ask: ``may-process``, ``may-share``, …
        valid_until: None: until somebody ends it.
    """

    name: str
    digest: str
    scopes: tuple[str, ...]
    valid_until: datetime | None = None
    is_active: bool = True


class ApiKeys(Protocol):
    """Who may ask."""

    def put_api_key(self, key: ApiKey) -> None:
        """Add a key, or replace the one of that name."""

    def api_key_of(self, digest: str) -> ApiKey | None:
        """The key with that digest; None when there is none."""

    def api_keys(self) -> list[ApiKey]:
        """All keys by name, ended ones too."""
