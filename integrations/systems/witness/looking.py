"""What every witness needs: the testimony made ready, names that tell nothing, and a budget that is kept.

A look goes through *places* (tables, files), the smallest first. It never ends early in silence: each place is given,
with why it was not looked at where it was not.
"""

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from threading import Event
from typing import Final
from urllib.parse import unquote, unquote_plus

from data_contracts.company.contract import SystemContract
from data_contracts.company.contract import Table as ContractTable
from data_contracts.connectors.keys import Condition
from data_contracts.connectors.witnessing import (
    Budget,
    Looked,
    Needle,
    NotLooked,
    Place,
    PlaceKind,
    Sighting,
    Testimony,
    matcher,
)
from data_contracts.errors import StepFailed
from data_contracts.text.plain_text import as_text
from integrations.systems.witness.in_bytes import texts_of

MASKED: Final = "***"
"""What stands for the part of a name that holds a key."""
_CUTS: Final = re.compile(r"[\W_]")
_MOST_CUTS: Final = 40
_NUMBERS: Final = "0123456789.-+"


class Question:
    """A testimony made ready: patterns by kind, and what can be told from them."""

    def __init__(self, asked: Testimony) -> None:
        """Nothing of it leaves the process but bound to statements."""
        self.explained = asked.explained
        by_kind: dict[str, list[Needle]] = {}
        for needle in asked.needles:
            by_kind.setdefault(needle.kind, []).append(needle)
        self.patterns = {kind: "|".join(n.expression for n in needles) for kind, needles in sorted(by_kind.items())}
        self.matchers = {kind: matcher(needles) for kind, needles in sorted(by_kind.items())}
        self.any = matcher(asked.needles)
        self.trails = tuple(dict.fromkeys(trail for needle in asked.needles for trail in needle.trails))
        self.slow_kinds = tuple(sorted({needle.kind for needle in asked.needles if not needle.trails}))
        """Kinds of needles of which nothing is known but the pattern."""
        self._needles = asked.needles
        self.has_whole = any(needle.is_whole for needle in asked.needles)

    @property
    def is_hinted(self) -> bool:
        """Whether what holds no trail holds no needle."""
        return not self.slow_kinds

    def kinds_in(self, text: str) -> frozenset[str]:
        """Kinds of the needles in a text."""
        if self.is_hinted and not self.may_be_in(text):
            return frozenset()
        return frozenset(kind for kind, found in self.matchers.items() if found.search(text))

    def kinds_of(self, value: object) -> frozenset[str]:
        """Kinds of the needles in a value of any type."""
        if value is None or (isinstance(value, int | float) and not self.can_be_number):
            return frozenset()
        if isinstance(value, bytes):
            return frozenset(kind for text in texts_of(value) for kind in self.kinds_in(text))
        is_nested = isinstance(value, dict | list)
        return self.kinds_in(json.dumps(value, default=str, ensure_ascii=False) if is_nested else as_text(value))

    def may_be_in(self, text: str) -> bool:
        """Whether a text holds a trail."""
        lower = text.lower()
        return any(_has(lower, trail) for trail in self.trails)

    def can_be_of(self, signs: str) -> bool:
        """Whether some needle can be written with these signs alone: can a number, or a UUID, be one?"""
        trails = [n.trails for n in self._needles]
        return any(not ways or any(set("".join(way)) <= set(signs) for way in ways) for ways in trails)

    @cached_property
    def can_be_number(self) -> bool:
        """Whether a number can be a needle."""
        return self.can_be_of(_NUMBERS)

    # --- names -----------------------------------------------------------------------------------------------------

    def kinds_in_name(self, name: str) -> frozenset[str]:
        """Kinds of the needles in a part of a name, where words are told by any sign: ``export_ann@e.org.csv``."""
        found: set[str] = set()
        for text in {name, unquote(name), unquote_plus(name)}:
            found |= self.kinds_in(text)
            if not self.is_hinted or self.may_be_in(text):
                found |= {kind for piece in _pieces(text) for kind in self.kinds_in(piece)}
        return frozenset(found)

    def masked(self, name: str) -> str:
        """A name without the parts that hold a needle; parts are told by ``/``, in them the sides of a ``=``."""
        made = "/".join("=".join(map(self._masked, part.split("="))) for part in name.split("/"))
        return MASKED if self.kinds_in(made) else made

    def _masked(self, part: str) -> str:
        return MASKED if self.kinds_in_name(part) else part

    def place(
        self, *parts: str, kind: PlaceKind, column: str = "", table: str = "", is_declared: bool = False
    ) -> Place:
        """A place whose name is ``parts`` joined by dots, and tells nothing."""
        name = ".".join(map(self.masked, filter(None, parts)))
        return Place(name, kind, self.masked(column), table, is_declared)

    def names(self, names: Iterable[tuple[str, Place]]) -> Looked:
        """What the names of places hold.

        Args:
            names: each with the place that it is the name of, masked.
        """
        count, sightings = 0, []
        for name, place in names:
            count += 1
            if kinds := self.kinds_in_name(name):
                sightings.append(Sighting(replace(place, kind=PlaceKind.NAME), 1, 0, tuple(sorted(kinds))))
        return Looked(Place("", PlaceKind.NAME), tuple(sightings), count)


def _has(text: str, trail: tuple[str, ...]) -> bool:
    place = 0
    for piece in trail:
        found = text.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def _pieces(name: str) -> Iterator[str]:
    """Stretches of a name between two signs that may part words in it."""
    cuts = sorted({0, len(name), *(place for found in _CUTS.finditer(name) for place in found.span())})
    for start, end in combinations(cuts[:_MOST_CUTS], 2):
        yield name[start:end]


@dataclass(frozen=True, slots=True)
class Declared:
    """What the contract says of a place: its table, and the columns that it names."""

    table: str = ""
    columns: frozenset[str] = frozenset()
    explained: Mapping[str, tuple[Condition, ...]] = field(default_factory=dict)
    """By column; ``""`` for any column."""


NOT_DECLARED: Final = Declared()


def declared(table: ContractTable, explained: Mapping[tuple[str, str], tuple[Condition, ...]]) -> Declared:
    """What the contract says of a table, with what of it is explained."""
    own = {column: conditions for (name, column), conditions in explained.items() if name == table.name}
    return Declared(table.name, frozenset(column.name for column in table.columns), own)


def physical_names(contract: SystemContract) -> dict[str, ContractTable]:
    """Tables of a contract by the name that they have in the live system."""
    return {table.physical_name or table.name: table for table in contract.tables}


class Watch:
    """Keeps a budget: how long a place may take, and when to rest."""

    def __init__(self, budget: Budget, *, is_cancelled: Callable[[], bool] = lambda: False) -> None:
        """The look begins now."""
        self._budget = budget
        self._end = time.monotonic() + budget.total_seconds
        self._is_cancelled = is_cancelled
        self._rest = Event()

    def seconds(self) -> float:
        """What the next place may take; 0 when everything was used up, or it was cancelled."""
        if self._is_cancelled():
            return 0.0
        return max(0.0, min(self._budget.place_seconds, self._end - time.monotonic()))

    def rest(self, rows: int, seconds: float) -> None:
        """Pause as long as looking at so many rows should have taken beyond ``seconds``."""
        if self._budget.rows_per_second > 0 and rows > 0:
            until = min(time.monotonic() + rows / self._budget.rows_per_second - seconds, self._end)
            while (left := until - time.monotonic()) > 0 and not self._is_cancelled():
                self._rest.wait(min(left, 0.2))


def cancelled(system: str) -> StepFailed:
    """What is said of a look that was cancelled."""
    return StepFailed(
        "the look was broken off, because it was cancelled; nothing was changed",
        where=system,
        remedy="resume, and it looks again",
    )


def not_looked(place: Place, why: NotLooked, rows: int = -1) -> Looked:
    """A place that was not looked at."""
    return Looked(place, (), rows, why)
