"""Keys that come with a call (RFC 6750): whose they are, what they may do, and how often.

Source: RFC 6750, sections 2.1 and 3; RFC 6585, section 4 (too many calls).
"""

from datetime import timedelta
from typing import Final, Protocol

from fastapi import Request
from starlette.exceptions import HTTPException

OPEN, READ, WITHDRAW = "requests:open", "requests:read", "requests:withdraw"
"""What a key may do with the requests that came with it."""
_MOST: Final = 600
_WINDOW: Final = timedelta(minutes=10)


class Counter(Protocol):
    """Counts calls."""

    def count(self, key: str, window: timedelta) -> int:
        """Count one try under a key."""

    def uncount(self, key: str, window: timedelta) -> None:
        """Give one try back."""


class KeysDoor(Counter, Protocol):
    """Knows keys, and counts calls."""

    def client(self, api_key: str) -> tuple[str, tuple[str, ...]] | None:
        """Name and scopes of a key in force; None for any other."""


def bearer_of(call: Request) -> str:
    """What a call shows as its bearer token; empty where it shows none."""
    kind, _, token = call.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def client_of(door: KeysDoor, api_key: str, scope: str) -> str:
    """The client whose key came with a call.

    Raises:
        HTTPException: 401 for no key in force, 403 for one that may not do this, 429 for too many calls.
    """
    found = door.client(api_key) if api_key else None
    if found is None:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    name, scopes = found
    if scope not in scopes:
        raise HTTPException(403)
    if is_too_often(door, f"api:{name}"):
        raise HTTPException(429, headers={"Retry-After": str(int(_WINDOW.total_seconds()))})
    return name


def is_too_often(door: Counter, caller: str) -> bool:
    """Whether this call, which is counted, is more than a caller may make."""
    return door.count(caller, _WINDOW) > _MOST
