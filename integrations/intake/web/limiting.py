"""How often somebody may do something: counts that outlive a restart (see :mod:`data_contracts.doors.limits`).

Callers are told apart by their network address: IPv4 whole, IPv6 by its /64, which one household has. The register
keeps a keyed digest of it, so that nobody reads addresses there.
"""

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request


class Counts(Protocol):
    """Counts tries under keys, in the window that runs now."""

    def count(self, key: str, window: timedelta) -> int:
        """Count one try; how many there are, this one included."""

    def uncount(self, key: str, window: timedelta) -> None:
        """Give one try back."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in a window of time."""

    name: str
    tries: int
    window: timedelta


class Limiter:
    """Says no to who tries too often.

    A guess is counted before it is looked at, so that of many at once no more are looked at than the limit says, and is
    given back when it was right: what counts is failures.
    """

    def __init__(self, counts: Counts, key: bytes) -> None:
        """Keep how tries are counted, and the key that makes digests of addresses."""
        self._counts = counts
        self._key = key

    def is_over(self, limit: Limit, who: str) -> bool:
        """Count a try; whether it is one too many."""
        return self._counts.count(self._name(limit, who), limit.window) > limit.tries

    def take(self, limit: Limit, who: str) -> None:
        """Count a try.

        Raises:
            HTTPException: 429 when it is one too many.
        """
        if self.is_over(limit, who):
            raise HTTPException(429, headers={"Retry-After": str(int(limit.window.total_seconds()))})

    def give_back(self, limit: Limit, who: str) -> None:
        """Give back a try that did not fail."""
        self._counts.uncount(self._name(limit, who), limit.window)

    def _name(self, limit: Limit, who: str) -> str:
        digest = hmac.new(self._key, f"{limit.name}|{who}".encode(), hashlib.sha256).hexdigest()
        return f"{limit.name}:{digest[:40]}"


def caller(call: Request) -> str:
    """Who calls, as far as limits are concerned; :mod:`..web.proxies` found out who that is."""
    host = call.client.host if call.client else ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return host
