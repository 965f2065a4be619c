"""Seeded chance for whole columns at a time.

Each system draws from a stream of its own, so a change in one leaves the others as they were. Nothing here reads
the clock: days are counted back from the ``today`` that was given.

>>> Draw(7, date(2026, 3, 31), "crm").texts(("a", "b"), 3) == Draw(7, date(2026, 3, 31), "crm").texts(("a", "b"), 3)
True
"""

import zlib
from collections.abc import Sequence
from datetime import date
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Times: TypeAlias = NDArray[np.datetime64]
"""Days (unit D) or local times without zone (unit s)."""

Rows: TypeAlias = dict[str, list[Any]]
"""A table, column by column."""

Tables: TypeAlias = dict[str, Rows]
"""Tables by name; one that is referred to stands before those that refer to it."""

T = TypeVar("T")

_FIRST_HOUR, _LAST_HOUR = 7, 22
_HOUR = 3600


class Draw:
    """A stream of chance for one system, and the day the company's history ends."""

    def __init__(self, seed: int, today: date, name: str) -> None:
        """``name`` gives the stream its own seed."""
        self.rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        self.today = np.datetime64(today, "D")

    def flags(self, share: float, size: int) -> Flags:
        """``size`` flags, ``share`` of them true."""
        return self.rng.random(size) < share

    def numbers(self, low: int, high: int, size: int) -> Numbers:
        """``size`` whole numbers from ``low`` to ``high``, both included."""
        return self.rng.integers(low, high + 1, size)

    def texts(self, values: Sequence[T], size: int) -> list[T]:
        """``size`` picks from ``values``."""
        return [values[place] for place in self.rng.integers(0, len(values), size).tolist()]

    def days_ago(self, most: int, size: int) -> Times:
        """``size`` days, from yesterday back to ``most`` days ago."""
        days: Times = self.today - self.numbers(1, most, size).astype("timedelta64[D]")
        return days

    def in_daytime(self, days: Times) -> Times:
        """A time between seven and twenty-two o'clock on each of ``days``."""
        seconds = self.numbers(_FIRST_HOUR * _HOUR, _LAST_HOUR * _HOUR, len(days))
        times: Times = days.astype("datetime64[s]") + seconds.astype("timedelta64[s]")
        return times

    def hex_ids(self, size: int) -> list[str]:
        """``size`` random identifiers of 36 characters, in the form of a UUID."""
        text = self.rng.bytes(16 * size).hex()
        return [
            f"{one[:8]}-{one[8:12]}-{one[12:16]}-{one[16:20]}-{one[20:]}"
            for one in (text[start : start + 32] for start in range(0, 32 * size, 32))
        ]

    def addresses(self, size: int) -> list[str]:
        """``size`` IP addresses of the blocks for documentation (RFC 5737, RFC 3849)."""
        blocks = self.texts(("192.0.2.", "198.51.100.", "203.0.113.", "2001:db8::"), size)
        return [f"{block}{last}" for block, last in zip(blocks, self.numbers(1, 254, size).tolist(), strict=True)]


def owned(counts: Numbers) -> tuple[Numbers, Numbers]:
    """Owner and place, from 0, of each of the things that owners have ``counts`` of.

    >>> [column.tolist() for column in owned(np.array([2, 0, 1]))]
    [[0, 0, 2], [0, 1, 0]]
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - before[owner]


def pick(values: Sequence[T], places: Numbers) -> list[T]:
    """``values`` at ``places``."""
    return [values[place] for place in places.tolist()]


def some(values: Sequence[T | None], flags: Flags) -> list[T | None]:
    """``values`` where the flag is set, None elsewhere."""
    return [value if flag else None for value, flag in zip(values, flags.tolist(), strict=True)]


def as_text(times: Times) -> list[str | None]:
    """Days and times as ISO text, as SQLAlchemy stores them in SQLite; None for no time.

    >>> as_text(np.array(["2026-03-31T07:05:00", "NaT"], dtype="datetime64[s]"))
    ['2026-03-31 07:05:00.000000', None]
    """
    if np.datetime_data(times.dtype)[0] == "D":
        return [None if day == "NaT" else day for day in np.datetime_as_string(times).tolist()]
    texts = np.datetime_as_string(times, unit="us").tolist()
    return [None if text == "NaT" else text.replace("T", " ") for text in texts]
