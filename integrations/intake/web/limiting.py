"""How often somebody may do something: counts that outlive a restart (see :mod:`data_contracts.limits`).

Callers are told apart by their network address: IPv4 whole, IPv6 by its /64, which one household has. The register
keeps a keyed digest of it, so that nobody reads addresses there.
"""

import hashlib
import hmac
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request

Count = Callable[[str, timedelta], int]
"""Counts one try under a key in the window that runs now; how many there are, this one included."""


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in a window of time."""

    name: str
    tries: int
    window: timedelta


class Limiter:
    """Says no to who tries too often."""

    def __init__(self, count: Count, key: bytes) -> None:
        """Keep how tries are counted, and the key that makes digests of addresses."""
        self._count = count
        self._key = key

    def is_over(self, limit: Limit, who: str) -> bool:
        """Count a try; whether it is one too many."""
        digest = hmac.new(self._key, f"{limit.name}|{who}".encode(), hashlib.sha256).hexdigest()
        return self._count(f"{limit.name}:{digest[:40]}", limit.window) > limit.tries


def caller(call: Request) -> str:
    """Who calls, as far as limits are concerned.

    The server sees the address of a proxy in front of it unless uvicorn is told to trust that proxy's header.
    """
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
