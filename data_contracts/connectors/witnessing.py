"""What a witness is asked and what it says: a look at a system that does not ask its contract (law 7).

The keys of a data subject are searched, as raw text, in everything that the connection can read. No value leaves the
system: what comes back are places and counts.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from data_contracts.connectors.keys import Condition


class PlaceKind(StrEnum):
    """What a place is."""

    TABLE = "table"
    VIEW = "view"
    MATERIALISED_VIEW = "materialised_view"
    PARTITION = "partition"
    HISTORY = "history"
    """Earlier versions of rows that the database keeps by itself (``WITH SYSTEM VERSIONING``)."""
    FILE = "file"
    NAME = "name"
    """The name of a file or folder."""
    STATISTICS = "statistics"
    """What a file says of its columns beside their values, or a log or summary of a dataset."""
    DATABASE = "database"
    """Another database of the same server."""


class NotLooked(StrEnum):
    """Why a place was not looked at."""

    NO_RIGHT = "no_right"
    TOO_LONG = "too_long"
    """The budget for the place, or for the whole look, was used up."""
    UNREADABLE = "unreadable"
    """A damaged file, a foreign table whose server does not answer, an encrypted column."""
    OTHER_DATABASE = "other_database"
    """The connection cannot read it."""


@dataclass(frozen=True, slots=True)
class Needle:
    """One key to look for in any text.

    Attributes:
        kind: kind of identity key.
        pattern: regular expression in the subset that PostgreSQL, PCRE and Python share; compared without regard to
            case. It holds its own bounds, so that it is searched anywhere in a text.
        hints: pieces of text, lower-case ASCII. Each text that matches holds one of them, so that a quick search
            sorts out the rest; empty: there is none.
        pieces: pieces of text, lower-case ASCII, all of which each text that matches holds, in this order; they sort
            out more than hints, and are taken instead of them. Empty: they are not known.
        is_whole: only a value that is the key and nothing else counts: the key is short or common.
    """

    kind: str
    pattern: str = field(repr=False)
    hints: tuple[str, ...] = field(default=(), repr=False)
    is_whole: bool = False
    pieces: tuple[str, ...] = field(default=(), repr=False)

    @property
    def trails(self) -> tuple[tuple[str, ...], ...]:
        """Pieces in order, one row of which each text that matches holds; none where nothing is known of it."""
        return (self.pieces,) if self.pieces else tuple((hint,) for hint in self.hints)

    @property
    def expression(self) -> str:
        """What is searched in a text; of a whole key, with blanks around it at most."""
        return rf"\A\s*(?:{self.pattern})\s*\Z" if self.is_whole else f"(?:{self.pattern})"


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a look may take, so that it never hurts production.

    Attributes:
        place_seconds: statement timeout of one table or file.
        total_seconds: of the whole look at one system; the largest places come last.
        rows_per_second: upper bound of the pace, kept by pauses between places; 0: none.
    """

    place_seconds: float = 120.0
    total_seconds: float = 1800.0
    rows_per_second: int = 0


@dataclass(frozen=True, slots=True)
class Testimony:
    """What a witness is asked.

    Attributes:
        needles: what to look for.
        explained: rows in which a needle is expected, by contract table and column; column ``""`` means any column
            of the row. A connector counts them apart, in the same statement.
    """

    needles: tuple[Needle, ...]
    explained: Mapping[tuple[str, str], tuple[Condition, ...]] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something was looked for.

    Attributes:
        name: ``schema.relation``, or the path of a file below the dataset's place. Parts that hold a needle are masked.
        kind: what it is.
        column: empty where the place has none.
        table: the contract's table that it belongs to; empty: no contract declares it.
        is_declared: the contract names the column.
    """

    name: str
    kind: PlaceKind = PlaceKind.TABLE
    column: str = ""
    table: str = ""
    is_declared: bool = False


@dataclass(frozen=True, slots=True)
class Sighting:
    """A place that holds a needle.

    Attributes:
        rows: rows (for a file without rows: 1) that hold one.
        explained: how many of them :attr:`Testimony.explained` selects.
        kinds: identity kinds of the needles that were seen.
    """

    place: Place
    rows: int
    explained: int = 0
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """A table, view or file that was looked at, or why not.

    Attributes:
        place: without a column; with one where that column alone was not looked at, and the others were.
        sightings: one for each column that holds a needle. What was seen is said although not all was looked at.
        rows: about how many rows were looked at; -1: not known.
        not_looked: why it was not looked at, or not whole; None: it was, whole.
    """

    place: Place
    sightings: tuple[Sighting, ...] = ()
    rows: int = -1
    not_looked: NotLooked | None = None


def matcher(needles: Iterable[Needle]) -> re.Pattern[str]:
    """One pattern for all needles, for what is compared in Python: names of files, values that no database holds."""
    return re.compile("|".join(needle.expression for needle in needles) or r"(?!)", re.IGNORECASE)
