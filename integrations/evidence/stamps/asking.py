"""Asks a time-stamping authority over HTTP (RFC 3161, section 3.4): bounded in time and bytes, without redirections.

A reply is verified before it is kept. Whatever the authority does, the caller gets a stamp or a reason, and goes on.
"""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from threading import Timer
from typing import Final
from urllib.parse import SplitResult, urlsplit

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from data_contracts.errors import SettingsInvalid
from data_contracts.evidence.time_stamps import Stamp, StampRefusal
from integrations.evidence.stamps.checking import LEEWAY, StampCheck

_SECONDS: Final = 10.0
"""For the whole exchange."""
_MOST_BYTES: Final = 64 * 1024
"""A reply with a chain of certificates has 6 KB."""
_OK: Final = 200
_QUERY: Final = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority at an address (port ``TimeStamper``).

    Attributes:
        check: what a stamp must be.
        seconds: that an exchange may take.
    """

    url: str
    check: StampCheck
    seconds: float = _SECONDS

    def stamp(self, note: str, now: datetime) -> Stamp | StampRefusal:
        """A verified time stamp of a checkpoint, or why there is none; trying again can help."""
        builder = TimestampRequestBuilder().data(note.encode()).hash_algorithm(HashAlgorithm.SHA256)
        query = builder.nonce(nonce=True).cert_request(cert_request=True).build()
        reply = self._ask(query.as_bytes())
        if isinstance(reply, StampRefusal):
            return reply
        found = self.check.read(note, reply, query.nonce)
        # A stamp of another time than now was not made for this question.
        is_of_now = isinstance(found, StampRefusal) or abs(found.at - now) <= LEEWAY
        return found if is_of_now else StampRefusal.WRONG_TIME

    def refusal(self, note: str, stamp: Stamp) -> StampRefusal | None:
        """Why a stamp that was kept is none of the checkpoint; None when it is."""
        return self.check.refusal(note, stamp)

    def _ask(self, query: bytes) -> bytes | StampRefusal:
        """The reply's bytes."""
        place = urlsplit(self.url)
        try:
            with _connected(place, self.seconds) as connection:
                connection.request("POST", f"{place.path or '/'}{f'?{place.query}' * bool(place.query)}", query, _QUERY)
                answer = connection.getresponse()
                reply = answer.read(_MOST_BYTES + 1) if answer.status == _OK else None
                is_broken_off = bool(answer.length) and len(reply or b"") <= _MOST_BYTES
        except (OSError, HTTPException, ValueError):
            return StampRefusal.UNREACHABLE
        if reply is None or is_broken_off:
            return StampRefusal.UNREACHABLE
        return StampRefusal.TOO_LARGE if len(reply) > _MOST_BYTES else reply


@contextlib.contextmanager
def _connected(place: SplitResult, seconds: float) -> Iterator[HTTPConnection]:
    """A connection that is cut after so many seconds, however slowly the other side sends head or body."""
    is_tls = place.scheme == "https"
    host, port = place.hostname or "", place.port or (443 if is_tls else 80)
    plain = socket.create_connection((host, port), timeout=seconds)
    context = ssl.create_default_context()
    used = context.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False) if is_tls else plain
    cut = Timer(seconds, _cut, [used])
    cut.daemon = True
    cut.start()
    with contextlib.closing(HTTPConnection(host, port)) as connection:
        connection.sock = used
        try:
            if isinstance(used, ssl.SSLSocket):
                used.do_handshake()
            yield connection
        finally:
            cut.cancel()
            used.close()


def _cut(used: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it was closed just now
        used.shutdown(socket.SHUT_RDWR)


def authority_at(url: str, check: StampCheck | None) -> Authority | None:
    """The authority at an address; None where no address is given.

    Raises:
        SettingsInvalid: when it is no address, or nobody said which certificates are trusted. Plain HTTP is
            one: a reply is believed for its signature alone.
    """
    if not url:
        return None
    try:
        place = urlsplit(url)
        is_address = place.scheme in {"http", "https"} and bool(place.hostname) and place.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        remedy = "write it as http://host/path or https://host/path"
        raise SettingsInvalid("no address of a time-stamping authority", where="RIGHTSFLOW_TSA_URL", remedy=remedy)
    if check is None:
        what = "nothing says which time stamps are to be believed"
        remedy = "name the PEM file of the authority's root certificate"
        raise SettingsInvalid(what, where="RIGHTSFLOW_TSA_CA_FILE", remedy=remedy)
    return Authority(url, check)
