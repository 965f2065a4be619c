"""The one way in which adapters call others over HTTP; it is no adapter, and all may use it.

1. a call goes to the address that it names, or to the one that was checked for it: no redirection is followed, and no
   password file of the environment is used. A call over TLS to a name goes through the company's proxy where
   ``HTTPS_PROXY`` names one and ``NO_PROXY`` does not except the name: as a tunnel, of which the proxy reads nothing.
   A call to an address that was checked goes there itself;
2. connecting, each block of a body, and the whole answer have so many seconds, however slowly the other side sends;
3. a bounded part of an answer is read, uncompressed; nothing of it is passed on by this module;
4. over TLS the other side proves who it is; plain HTTP is for this machine alone, where the caller asks
   :func:`is_encrypted` first.

What comes back is an answer or why there is none; the adapter says what that means.

Source: RFC 9110 (HTTP semantics); OWASP Server Side Request Forgery Prevention.
"""

import base64
import contextlib
import json
import socket
import ssl
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Event, Timer
from typing import Final, Literal
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

__all__ = ["LATER", "MOST_BYTES", "SECONDS", "Answer", "Call", "NoAnswer", "call", "is_encrypted", "is_own_machine"]

SECONDS: Final = 10.0
"""For connecting, and for the whole of an answer."""
MOST_BYTES: Final = 64 * 1024
"""What is read of an answer; none that we ask for has more than some KB."""
LATER: Final = frozenset({408, 425, 429, *range(500, 600)})
"""Statuses after which trying again can help."""
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_GOOD: Final = range(200, 300)


class NoAnswer(StrEnum):
    """Why there is no answer."""

    UNREACHABLE = "unreachable"
    """It could not be reached, took too long, or broke off."""
    CERTIFICATE = "certificate"
    """Its certificate does not prove who it is; nothing was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is sent where.

    Attributes:
        body: bytes, or blocks that are streamed.
        address: the network address to connect to, where it was checked; empty: that of the name.
        trusted: certificates to trust; None: those of the machine.
        seconds: for connecting, each block, and the whole of the answer.
    """

    url: str
    method: Literal["GET", "POST"] = "POST"
    body: bytes | Iterable[bytes] = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    address: str = ""
    trusted: ssl.SSLContext | None = None
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; it may quote what we sent, so it is shown to nobody.

    Attributes:
        content: no more than :data:`MOST_BYTES` of the body.
        headers: by name in lower case.
        is_too_large: whether the body goes on.
    """

    status: int
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    is_too_large: bool = False

    @property
    def is_good(self) -> bool:
        """Whether the other side took the call over."""
        return self.status in _GOOD

    def object(self) -> Mapping[str, object]:
        """The JSON object of the body; empty where it is none, or too large to be read whole."""
        try:
            said = None if self.is_too_large else json.loads(self.content)
        except (ValueError, RecursionError):
            return {}
        return said if isinstance(said, dict) else {}


def call(asked: Call) -> Answer | NoAnswer:
    """Send a call, and read the answer to it."""
    try:
        place = urlsplit(asked.url)
        with _connected(place, asked) as connection:
            path = f"{place.path or '/'}{f'?{place.query}' * bool(place.query)}"
            headers = {"Host": place.netloc.rpartition("@")[2], **asked.headers}
            content = asked.body or (b"" if asked.method == "POST" else None)
            connection.request(asked.method, path, content, headers)
            return _answer(connection, asked.seconds)
    except ssl.SSLCertVerificationError:
        return NoAnswer.CERTIFICATE
    except (OSError, HTTPException, ValueError):
        return NoAnswer.UNREACHABLE


def is_own_machine(url: str) -> bool:
    """Whether an address is this machine's own."""
    return urlsplit(url).hostname in _LOOPBACK


def is_encrypted(url: str) -> bool:
    """Whether nobody on the way can read what is sent to an address."""
    return urlsplit(url).scheme == "https" or (urlsplit(url).scheme == "http" and is_own_machine(url))


def _answer(connection: HTTPConnection, seconds: float) -> Answer | NoAnswer:
    with _cut_after(connection.sock, seconds) as was_cut:
        answer = connection.getresponse()
        content = answer.read(MOST_BYTES + 1)
        is_broken_off = bool(answer.length) and len(content) <= MOST_BYTES
    if is_broken_off or was_cut.is_set():  # a head that was cut would be read as whole
        return NoAnswer.UNREACHABLE
    return Answer(
        status=answer.status,
        content=content[:MOST_BYTES],
        headers={name.lower(): value for name, value in answer.getheaders()},
        is_too_large=len(content) > MOST_BYTES,
    )


@contextlib.contextmanager
def _connected(place: SplitResult, asked: Call) -> Iterator[HTTPConnection]:
    is_tls = place.scheme == "https"
    host, port = place.hostname or "", place.port or (443 if is_tls else 80)
    proxy = _proxy_for(host) if is_tls and not asked.address else ""
    if proxy:
        plain = _tunnel(urlsplit(proxy), host, port, asked.seconds)
    else:
        plain = socket.create_connection((asked.address or host, port), timeout=asked.seconds)
    with contextlib.closing(HTTPConnection(host, port)) as connection:
        connection.sock = _over_tls(plain, host, asked) if is_tls else plain
        used = connection.sock
        try:
            yield connection
        finally:
            used.close()


def _proxy_for(host: str) -> str:
    """The proxy through which a host is reached, as the environment names it; empty: none."""
    if host in _LOOPBACK or proxy_bypass(host):
        return ""
    return getproxies().get("https", "")


def _tunnel(proxy: SplitResult, host: str, port: int, seconds: float) -> socket.socket:
    """A connection to a host through a proxy (RFC 9110, section 9.3.6).

    Raises:
        OSError: when the proxy cannot be reached, or lets nobody through.
    """
    if proxy.scheme not in {"http", ""} or not proxy.hostname:
        raise OSError("not a proxy that is spoken to in plain HTTP")
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    head = f"CONNECT {place} HTTP/1.1\r\nHost: {place}\r\n"
    if proxy.username is not None:
        account = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        head += f"Proxy-Authorization: Basic {base64.b64encode(account.encode()).decode()}\r\n"
    plain = socket.create_connection((proxy.hostname, proxy.port or 80), timeout=seconds)
    with contextlib.ExitStack() as unless_open:
        unless_open.callback(plain.close)
        with _cut_after(plain, seconds):
            plain.sendall(f"{head}\r\n".encode("ascii"))
            answer = HTTPResponse(plain, method="CONNECT")
            answer.begin()
        if answer.status not in _GOOD:
            raise OSError("the proxy lets nobody through")
        unless_open.pop_all()
    return plain


def _over_tls(plain: socket.socket, host: str, asked: Call) -> ssl.SSLSocket:
    context = asked.trusted or ssl.create_default_context()
    try:
        used = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
    except BaseException:
        plain.close()
        raise
    try:
        with _cut_after(used, asked.seconds):
            used.do_handshake()
    except BaseException:
        used.close()
        raise
    return used


@contextlib.contextmanager
def _cut_after(used: socket.socket, seconds: float) -> Iterator[Event]:
    """Cut a connection after so many seconds, unless the block ended before; the event says whether it was."""
    was_cut = Event()
    cut = Timer(seconds, _cut, [used, was_cut])
    cut.daemon = True
    cut.start()
    try:
        yield was_cut
    finally:
        cut.cancel()


def _cut(used: socket.socket, was_cut: Event) -> None:
    was_cut.set()
    with contextlib.suppress(OSError):  # it was closed just now
        used.shutdown(socket.SHUT_RDWR)
