"""Verifies a reply of a time-stamping authority: status, imprint, nonce, policy, signature, chain, purpose and time.

Certificates must have been in force when the stamp was made, and not still be so when somebody looks years later.
Source: RFC 3161, sections 2.3 and 2.4.2.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from rfc3161_client import TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

from data_contracts.errors import SettingsInvalid
from data_contracts.evidence.certificates import NO_CERTIFICATE
from data_contracts.evidence.log import read_body
from data_contracts.evidence.time_stamps import Stamp, StampRefusal
from integrations.evidence.chain import Fault, Finding
from integrations.evidence.stamps.der import in_order

_SHA256: Final = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_GRANTED: Final = 0
LEEWAY: Final = timedelta(minutes=5)
"""How far two clocks may be apart."""
_BROKEN: Final = (*NO_CERTIFICATE, IndexError, OverflowError, StopIteration)
"""What the libraries raise for bytes that are no reply, or no certificate."""


@dataclass(frozen=True, slots=True)
class StampCheck:
    """What a stamp must be.

    Attributes:
        roots: certificates that are trusted; of them, or of what they issued, a signer must be.
        policy: object identifier that the authority must name; empty: any.
    """

    roots: tuple[x509.Certificate, ...]
    policy: str = ""

    def refusal(self, note: str, stamp: Stamp) -> StampRefusal | None:
        """Why a stamp that was kept is none of the checkpoint; None when it is."""
        found = self.read(note, stamp.reply, stamp.nonce)
        if isinstance(found, StampRefusal):
            return found
        return None if found.at == stamp.at else StampRefusal.WRONG_TIME

    def read(self, note: str, reply: bytes, nonce: int | None) -> Stamp | StampRefusal:
        """The stamp in a reply, or why it is none of the checkpoint.

        Args:
            note: the signed checkpoint.
            reply: DER.
            nonce: that was asked with; None where nobody knows it any more: the one in the reply is believed.
        """
        try:
            read = decode_timestamp_response(in_order(reply))
            if read.status != _GRANTED:
                return StampRefusal.NOT_GRANTED
            refusal = self._refusal(read, note, nonce)
            told, at = read.tst_info.nonce, read.tst_info.gen_time
        except _BROKEN:
            return StampRefusal.UNREADABLE
        return refusal or Stamp(reply, told if nonce is None and told is not None else nonce or 0, at)

    def _refusal(self, read: TimeStampResponse, note: str, nonce: int | None) -> StampRefusal | None:
        told = read.tst_info
        imprint = told.message_imprint
        if imprint.hash_algorithm != _SHA256 or imprint.message != hashlib.sha256(note.encode()).digest():
            return StampRefusal.OTHER_IMPRINT
        if nonce is not None and told.nonce != nonce:
            return StampRefusal.OTHER_NONCE
        if self.policy and told.policy.dotted_string != self.policy:
            return StampRefusal.OTHER_POLICY
        if not self._is_trusted(read, note):
            return StampRefusal.UNTRUSTED
        return StampRefusal.WRONG_TIME if told.gen_time < _made(note) - LEEWAY else None

    def _is_trusted(self, read: TimeStampResponse, note: str) -> bool:
        """Whether the signature is of a signer for time stamps alone whom a root vouched for at that time."""
        if not self.roots:
            return False
        try:
            return VerifierBuilder(roots=list(self.roots)).build().verify_message(read, note.encode())
        except VerificationError:
            return False


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply beside the checkpoint that it shall be of.

    Attributes:
        note: the signed checkpoint.
        reply: DER, as it came.
        nonce: that was asked with; None where nobody knows.
    """

    note: str
    reply: bytes
    nonce: int | None = None


@dataclass(frozen=True, slots=True)
class StampsSeen:
    """What a verification found of time stamps.

    Attributes:
        good: how many are of their checkpoints, and of an authority that is trusted.
        last: the latest time that one of them names.
        unverified: how many were left alone, because nobody said which authority is trusted.
        findings: those that are none, and why.
    """

    good: int = 0
    last: datetime | None = None
    unverified: int = 0
    findings: tuple[Finding, ...] = ()


def look_at(replies: Iterable[Reply], check: StampCheck | None) -> StampsSeen:
    """Hold replies against their checkpoints."""
    times, unverified, findings = [], 0, []
    for one in replies:
        if check is None:
            unverified += 1
            continue
        found = check.read(one.note, one.reply, one.nonce)
        if isinstance(found, StampRefusal):
            what = f"log: the time stamp of the checkpoint of {_size(one.note)} records is none: {found.value}"
            findings.append(Finding(Fault.STAMP, None, "", what))
        else:
            times.append(found.at)
    return StampsSeen(len(times), max(times, default=None), unverified, tuple(findings))


def check_of(file: Path | None, policy: str = "") -> StampCheck | None:
    """What a stamp must be, by a PEM file of the certificates that are trusted; None where none is named.

    Raises:
        SettingsInvalid: when the file cannot be read, or holds none.
    """
    if file is None:
        return None
    try:
        return StampCheck(tuple(x509.load_pem_x509_certificates(file.read_bytes())), policy)
    except (OSError, *NO_CERTIFICATE):
        remedy = "give a PEM file with the root certificate of the authority"
        raise SettingsInvalid("no certificate can be read", where=str(file), remedy=remedy) from None


def _made(note: str) -> datetime:
    """When a checkpoint says it was made."""
    return read_body(note.rpartition("\n\n")[0] + "\n").at


def _size(note: str) -> str:
    lines = note.split("\n", 2)
    return lines[1] if len(lines) > 1 and lines[1].isdecimal() else "?"
