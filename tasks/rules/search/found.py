"""What a search asks and what it has found: the shapes that :mod:`tasks.rules.search.traversal` works with. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from typing import Literal, TypeVar

from data_contracts.case.plan import TablePath
from data_contracts.connectors.keys import Condition, Key, Selection
from tasks.rules.search.routes import Referring, Slot, Wanted

Keys = Mapping[Slot, frozenset[Key]]
Group = Literal["own", "reached"]
"""Whose rows a way leads to: the data subject's, or accounts of which a person must say whose they are."""
SpeltIn = tuple[TablePath, str, Group]
"""A column, and for which ways into its table it was looked for spellings."""

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Question:
    """One statement: rows of a table to look for, and the keys that are wanted of them."""

    path: TablePath
    group: Group
    selection: Selection
    wanted: tuple[Wanted, ...]

    @property
    def columns(self) -> tuple[tuple[str, ...], ...]:
        """The columns whose values are wanted, each tuple once."""
        return tuple(dict.fromkeys(one.columns for one in self.wanted))


@dataclass(frozen=True, slots=True)
class Claim:
    """Rows of ``target`` that rows of the data subject point at: does a row of ``by`` that is not hers as well?"""

    target: TablePath
    by: Referring
    keys: frozenset[Key] = field(repr=False)

    @property
    def place(self) -> Slot:
        """Under what the answer is kept."""
        return (*self.target, *self.by.to_columns, *place_of(self.by))


@dataclass(frozen=True, slots=True)
class Split:
    """Rows of a table in which others may have a part: those of the data subject alone, and those that are shared."""

    own: tuple[Condition, ...] = field(repr=False)
    shared: tuple[Condition, ...] = field(repr=False)
    is_mixed: bool = False
    """Whether there are rows that name somebody else."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known so far; every part only grows, but for ``others`` and ``splits``, which are made anew.

    Attributes:
        keys: by slot.
        asked: keys that were asked for, by place: system, table, group, condition, columns.
        spelt: conditions on stored values, by column.
        spelt_for: the keys that they are spellings of.
        others: keys of rows pointed at that somebody else refers to, by table, columns and reference.
        counted: keys of rows pointed at of which that is known, by the same.
        splits: by table.
        guarded: system, table and columns of references that a foreign key of the live database guards.
    """

    keys: Keys = field(default_factory=dict, repr=False)
    asked: Keys = field(default_factory=dict, repr=False)
    spelt: Mapping[SpeltIn, tuple[Condition, ...]] = field(default_factory=dict, repr=False)
    spelt_for: Mapping[SpeltIn, frozenset[str]] = field(default_factory=dict, repr=False)
    others: Keys = field(default_factory=dict, repr=False)
    counted: Keys = field(default_factory=dict, repr=False)
    splits: Mapping[TablePath, Split] = field(default_factory=dict, repr=False)
    guarded: frozenset[tuple[str, ...]] = frozenset()

    def joined(self, other: "Findings") -> "Findings":
        """Both together."""
        return Findings(
            merged(self.keys, other.keys),
            merged(self.asked, other.asked),
            {
                place: (*self.spelt.get(place, ()), *other.spelt.get(place, ()))
                for place in chain(self.spelt, (p for p in other.spelt if p not in self.spelt))
            },
            merged(self.spelt_for, other.spelt_for),
            {**self.others, **other.others},
            {**self.counted, **other.counted},
            {**self.splits, **other.splits},
            self.guarded | other.guarded,
        )

    def beyond(self, before: "Findings") -> "Findings":
        """What is known here and was not known before."""
        return Findings(
            _more(self.keys, before.keys),
            _more(self.asked, before.asked),
            {place: new for place, ways in self.spelt.items() if (new := _new(ways, before.spelt.get(place, ())))},
            _more(self.spelt_for, before.spelt_for),
            {place: keys for place, keys in self.others.items() if before.others.get(place) != keys},
            {place: keys for place, keys in self.counted.items() if before.counted.get(place) != keys},
            {path: split for path, split in self.splits.items() if before.splits.get(path) != split},
            self.guarded - before.guarded,
        )


def merged(before: Mapping[K, frozenset[V]], more: Mapping[K, frozenset[V]]) -> dict[K, frozenset[V]]:
    """Both, joined slot by slot."""
    found = dict(before)
    for slot, keys in more.items():
        found[slot] = found.get(slot, frozenset()) | keys
    return found


def written(key: Key) -> tuple[str, ...]:
    """A key as text, so that columns of different types can be compared: 42, ``"42"`` and ``Decimal(42)`` are one."""
    return tuple(_written(value) for value in key)


def _written(value: object) -> str:
    if isinstance(value, float | Decimal) and value == value.__floor__():
        return str(int(value))
    return str(value)


def place_of(owner: Referring) -> tuple[str, ...]:
    """Under what is kept what is known of a reference."""
    return (*owner.path, *owner.columns, *(f"{one.column}={'|'.join(map(str, one.values))}" for one in owner.when))


def _more(now: Mapping[K, frozenset[V]], before: Mapping[K, frozenset[V]]) -> dict[K, frozenset[V]]:
    return {slot: new for slot, keys in now.items() if (new := keys - before.get(slot, frozenset()))}


def _new(ways: tuple[Condition, ...], before: tuple[Condition, ...]) -> tuple[Condition, ...]:
    return tuple(way for way in ways if way not in before)
