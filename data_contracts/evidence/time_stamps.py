"""Time stamps of checkpoints: a time-stamping authority says by when a checkpoint of the log was there (RFC 3161).

A stamp is the authority's reply as it came, kept beside the checkpoint. What is stamped are the bytes of the signed
note, so that ``openssl ts -verify`` holds reply and file against each other without any software of ours.

Source: RFC 3161, RFC 5816.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class StampRefusal(StrEnum):
    """Why a reply is no time stamp of the checkpoint; the value is a label in figures and findings."""

    MISCONFIGURED = "misconfigured"
    """Address or certificates of the settings are none."""
    UNREACHABLE = "unreachable"
    """Nobody answered in time, or with something other than 200."""
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    """It is no reply of RFC 3161."""
    NOT_GRANTED = "not_granted"
    """The authority refused, or granted something other than what was asked."""
    OTHER_IMPRINT = "other_imprint"
    """It is of other bytes."""
    OTHER_NONCE = "other_nonce"
    """It answers another question: it may have been replayed."""
    OTHER_POLICY = "other_policy"
    UNTRUSTED = "untrusted"
    """No certificate that is trusted stands behind its signature, was in force then, and is for time stamps alone."""
    WRONG_TIME = "wrong_time"
    """Its time is not that of the question, or is before the checkpoint's."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """A time stamp of a checkpoint.

    Attributes:
        reply: the authority's TimeStampResp, DER, as it came.
        nonce: that was asked with.
        at: the time that the authority names.
    """

    reply: bytes = field(repr=False)
    nonce: int
    at: datetime


@dataclass(frozen=True, slots=True)
class StampTrouble:
    """Since when no stamp could be had, and why."""

    since: datetime
    last_try: datetime
    tries: int
    why: StampRefusal


class TimeStamper(Protocol):
    """A time-stamping authority."""

    def stamp(self, note: str, now: datetime) -> Stamp | StampRefusal:
        """A verified time stamp of a checkpoint, or why there is none; trying again can help."""

    def refusal(self, note: str, stamp: Stamp) -> StampRefusal | None:
        """Why a stamp that was kept is none of the checkpoint; None when it is."""


class StampShelf(Protocol):
    """The part of the register that keeps time stamps."""

    def put_stamp(self, size: int, stamp: Stamp) -> None:
        """Keep the stamp of the checkpoint of that size; the first one stays. Ends the trouble there was."""

    def stamps(self) -> Mapping[int, Stamp]:
        """Stamps by size of their checkpoints."""

    def unstamped(self) -> list[tuple[int, str, datetime]]:
        """Checkpoints that await a stamp, newest first, as size, note and the time they were made.

        Those since the first that was stamped; the newest alone before any was.
        """

    def note_stamp_trouble(self, why: StampRefusal, at: datetime) -> StampTrouble:
        """Note that a try failed; since when they do."""

    def stamp_trouble(self) -> StampTrouble | None:
        """What keeps stamps away; None when the last try brought one."""
