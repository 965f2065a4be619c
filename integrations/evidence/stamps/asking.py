"""Asks a time-stamping authority over HTTP (RFC 3161, section 3.4), by :mod:`integrations.http`.

A reply is verified before it is kept. Whatever the authority does, the caller gets a stamp or a reason, and goes on.
"""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

from data_contracts.errors import SettingsInvalid
from data_contracts.evidence.time_stamps import Stamp, StampRefusal
from integrations.evidence.stamps.checking import LEEWAY, StampCheck
from integrations.http import SECONDS, Call, NoAnswer, call

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
    seconds: float = SECONDS

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
        answer = call(Call(url=self.url, body=query, headers=_QUERY, seconds=self.seconds))
        if isinstance(answer, NoAnswer) or answer.status != HTTPStatus.OK:
            return StampRefusal.UNREACHABLE
        return StampRefusal.TOO_LARGE if answer.is_too_large else answer.content


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
