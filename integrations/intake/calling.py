"""Calls to addresses that others name: nobody gets us to call ourselves, our neighbours, or a cloud's metadata (SSRF).

The name is resolved once, every address it has must be a public one, and the call goes to that very address, with the
name in TLS and in the ``Host`` header: what was checked is what is called, also where a name answers differently each
time. What holds for every call (:mod:`integrations.http`) holds here; nothing of an answer is kept but its status.

Source: OWASP Server Side Request Forgery Prevention; RFC 6890 (special-purpose addresses).
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from data_contracts.errors import RequestInvalid, SystemUnavailable
from integrations.http import Call, NoAnswer, call
from integrations.intake.special_addresses import is_public

Resolve = Callable[[str, int], Sequence[str]]
"""Addresses of a name."""

_PORTS: Final = frozenset({443, 8443})
_LONGEST_URL: Final = 2_000
_REMEDY: Final = "give an https address of a server that everybody can reach"


def resolved(name: str, port: int) -> list[str]:
    """Addresses of a name, as this machine resolves it.

    Raises:
        SystemUnavailable: when it has none now.
    """
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
    except OSError:
        raise SystemUnavailable("the name has no address now", where="callback", remedy="try again later") from None
    return sorted({str(entry[4][0]) for entry in found})


class SafeCaller:
    """Calls addresses that others named."""

    def __init__(self, *, resolve: Resolve = resolved, loopback_allowed: bool = False) -> None:
        """Keep how names are resolved.

        Args:
            resolve: gives the addresses of a name.
            loopback_allowed: lets this machine be called over plain http, for tests and the demo.
        """
        self._resolve = resolve
        self._loopback_allowed = loopback_allowed

    def check(self, url: str) -> str:
        """The address that a call to this URL goes to.

        Raises:
            RequestInvalid: when it must not be called.
            SystemUnavailable: when its name has no address now.
        """
        try:
            parts = urlsplit(url)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise _refused() from None
        host = parts.hostname or ""
        if len(url) > _LONGEST_URL or not host or parts.username or parts.password or parts.fragment:
            raise _refused()
        if self._loopback_allowed and host in {"127.0.0.1", "localhost"}:
            return "127.0.0.1"
        if parts.scheme != "https" or port not in _PORTS or "%" in host:
            raise _refused()
        addresses = self._resolve(host, port)
        if not addresses or not all(is_public(address) for address in addresses):
            raise _refused()
        return addresses[0]

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status of the answer to a POST.

        Raises:
            RequestInvalid: when the address must not be called.
            SystemUnavailable: when it cannot be reached; trying again helps.
        """
        answer = call(Call(url=url, body=body, headers=headers, address=self.check(url)))
        if isinstance(answer, NoAnswer):
            raise SystemUnavailable("the address cannot be reached", where="callback", remedy="see that it answers")
        return answer.status


def _refused() -> RequestInvalid:
    return RequestInvalid("this address must not be called", where="url", remedy=_REMEDY)
