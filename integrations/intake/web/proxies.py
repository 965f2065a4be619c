"""Who calls, where proxies stand in front: the last hop that a proxy of ours vouches for, whatever the visitor wrote.

A proxy writes whom it was called by at the end of ``X-Forwarded-For``; what stands before that the visitor may have
written. So the header is walked from its end: each address was written by the hop after it, and is believed as long as
that hop is a proxy that the settings name. Without such a proxy nobody's header is believed.

Source: RFC 7239, section 8.1; MDN, X-Forwarded-For, "Selecting an IP address".

>>> ours = read_networks("192.0.2.0/24, 2001:db8::1")
>>> vouched_for("192.0.2.7", ["203.0.113.9, 198.51.100.4"], ours)
'198.51.100.4'
>>> vouched_for("198.51.100.4", ["203.0.113.9"], ours)
'198.51.100.4'
"""

import ipaddress
from collections.abc import Sequence
from typing import Final

from data_contracts.errors import SettingsInvalid
from integrations.intake.web.protection import App, Receive, Scope, Send

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_FORWARDED: Final = b"x-forwarded-for"
_SCHEME: Final = b"x-forwarded-proto"


def read_networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks between commas.

    Raises:
        SettingsInvalid: when one is neither.
    """
    try:
        return tuple(ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError:
        raise SettingsInvalid(
            "a trusted proxy is no address and no network",
            where="RIGHTSFLOW_TRUSTED_PROXIES",
            remedy="write addresses or networks between commas, such as 127.0.0.1,10.1.0.0/16",
        ) from None


def vouched_for(peer: str, headers: Sequence[str], proxies: Sequence[Network]) -> str:
    """The address of who calls.

    Args:
        peer: who opened the connection.
        headers: values of ``X-Forwarded-For``, in order.
        proxies: whose word counts.
    """
    hop = peer
    hops = [one for value in headers for one in value.split(",")]
    while hops and _is_ours(hop, proxies):
        before = _address(hops.pop())
        if before is None:  # what a proxy of ours did not write as an address is nobody's: it stays with the proxy
            break
        hop = str(before)
    return hop


class BehindProxies:
    """An application that is told who calls, and whether by https, by proxies of ours alone."""

    def __init__(self, app: App, proxies: Sequence[Network]) -> None:
        """Wrap an application."""
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a call."""
        if scope["type"] == "http" and scope.get("client"):
            peer, port = scope["client"]
            known = _values(scope, _FORWARDED)
            told = {"client": (vouched_for(peer, known, self._proxies), port)}
            scheme = _values(scope, _SCHEME)[-1:]
            if _is_ours(peer, self._proxies) and scheme in (["http"], ["https"]):
                told["scheme"] = scheme[0]  # type: ignore[assignment]  # a scope holds values of several kinds
            scope = {**scope, **told}
        await self._app(scope, receive, send)


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def _is_ours(hop: str, proxies: Sequence[Network]) -> bool:
    address = _address(hop)
    return address is not None and any(address in network for network in proxies)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address as proxies write it: with or without brackets, a port behind; an IPv4 one as itself."""
    plain = text.strip().strip('"')
    if plain.startswith("["):
        plain = plain[1:].partition("]")[0]
    elif plain.count(":") == 1:
        plain = plain.partition(":")[0]
    try:
        address = ipaddress.ip_address(plain)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
