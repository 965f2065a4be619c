"""From contracts and known keys to queries, wave by wave, until nothing new appears.

Pure: a wave says what to ask, the caller asks, :meth:`Search.absorb` takes the answers in. The order:

1. the identity keys that the verified subject gave lead to the tables with a column of that identity kind;
2. rows found yield new keys: other identity keys, and the columns that references lead to or from;
3. each new key is asked once, in each table that can hold it; a wave asks each table at most once;
4. when a wave brings no new key the search is over, whatever circles or self-references the schema has.

A reference is followed only in the direction its contract declares (law 8). A row reached only through a ``shared``
reference belongs to other people too: it is counted apart and yields no keys.

A table that yields no key (nothing refers to it, no identity in it) is not asked while searching: its conditions are
known at the end, and its rows are read once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from data_contracts.contract import Contracts, Table
from data_contracts.keys import Condition, Key, Selection
from data_contracts.plan import Located, TablePath
from data_contracts.vocabulary import Follow
from tasks.rules.identity_keys import normal_form

Slot = tuple[str, ...]
"""Where keys are kept: ``("identity", kind)`` or ``("cell", system, table, column, …)``."""

Keys = Mapping[Slot, frozenset[Key]]


@dataclass(frozen=True, slots=True)
class _Way:
    """One way into a table: its ``columns`` compared with the keys of ``slot``."""

    columns: tuple[str, ...]
    slot: Slot
    normalise: str = "verbatim"


@dataclass(frozen=True, slots=True)
class Routes:
    """Every way into every table, worked out once for a set of contracts."""

    own: Mapping[TablePath, tuple[_Way, ...]]
    shared: Mapping[TablePath, tuple[_Way, ...]]
    yields: Mapping[TablePath, tuple[tuple[str, ...], ...]]
    """The columns of a table that other searches need, each tuple once."""


@dataclass(frozen=True, slots=True)
class Question:
    """One statement: new keys to look for in one table, and the columns whose values are wanted."""

    path: TablePath
    selection: Selection
    yields: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Search:
    """What is known and what was asked; every method returns a new search.

    Attributes:
        known: keys by slot.
        asked: keys by slot that each system was already asked for, by system.
        named_only: follow only keys the subject gave (a person's answer where several people were reached).
        allow_several: a person said that all keys reached are the subject's.
    """

    contracts: Contracts
    routes: Routes = field(repr=False)
    given: Keys = field(repr=False)
    known: Keys = field(repr=False)
    asked: Mapping[str, Keys] = field(default_factory=dict, repr=False)
    named_only: bool = False
    allow_several: bool = False

    def resumed(self, known: Keys, asked: Mapping[str, Keys]) -> "Search":
        """The search as it stood when it was sealed."""
        return replace(self, known=known, asked=asked)

    def questions(self, system: str) -> tuple[Question, ...]:
        """What to ask ``system`` now; empty when it was asked about every known key."""
        done = self.asked.get(system, {})
        return tuple(
            question
            for table in self.contracts.systems[system].tables
            if (question := self._question(table, done)) is not None
        )

    def has_questions(self, system: str) -> bool:
        """Whether ``system`` has tables that may hold keys it was not asked for."""
        return bool(self.questions(system))

    def absorb(self, system: str, answers: Mapping[TablePath, Mapping[tuple[str, ...], frozenset[Key]]]) -> "Search":
        """The search after ``system`` answered all of :meth:`questions`; ``answers`` may be empty."""
        found: dict[Slot, set[Key]] = {}
        for path, columns in answers.items():
            table = self.contracts.table(*path)
            for names, keys in columns.items():
                for slot in _slots(table, names):
                    found.setdefault(slot, set()).update(self._normal(slot, keys))
        asked = {**self.asked, system: self.known}
        return replace(self, known=_merge(self.known, found), asked=asked)

    def subjects(self) -> dict[str, int]:
        """How many different values of each unique identity kind were reached."""
        identities = self.contracts.vocabulary.identities
        return {
            slot[1]: len(keys)
            for slot, keys in self.known.items()
            if slot[0] == "identity" and identities[slot[1]].unique and keys
        }

    def is_ambiguous(self) -> bool:
        """Whether keys of what may be several people were reached (law 8)."""
        return not self.allow_several and any(count > 1 for count in self.subjects().values())

    def conditions(self, table: Table, *, shared: bool = False) -> tuple[Condition, ...]:
        """Everything known that selects rows of ``table``: own rows, or rows shared with others."""
        ways = self.routes.shared if shared else self.routes.own
        return _conditions(ways[table.system, table.name], self._usable(table, self.known))

    def located(self, by_hand: Mapping[str, str]) -> Located:
        """Where the rows are, for every table of every system not handled by hand."""
        tables = [t for t in self.contracts.tables() if t.system not in by_hand]
        paths = {(t.system, t.name): t for t in tables}
        return Located(
            conditions={path: self.conditions(t) for path, t in paths.items()},
            shared={path: way for path, t in paths.items() if (way := self.conditions(t, shared=True))},
            by_hand=dict(by_hand),
            subjects=self.subjects(),
        )

    def _question(self, table: Table, done: Keys) -> Question | None:
        path = (table.system, table.name)
        if not self.routes.yields[path]:
            return None
        ways = self.routes.own[path]
        conditions = _conditions(ways, self._usable(table, self.known), asked=self._usable(table, done))
        if not conditions:
            return None
        return Question(path, Selection(table.name, conditions), self.routes.yields[path])

    def _usable(self, table: Table, keys: Keys) -> Keys:
        """The keys that may be looked for in ``table``; all of them unless a person said: only the named ones."""
        if not self.named_only:
            return keys
        usable = {s: k & self.given.get(s, frozenset()) if s[0] == "identity" else k for s, k in keys.items()}
        unique = {c.identity for c in table.identities if self._names_unique(c.identity)}
        if unique:
            # A key that belongs to one person only was given: it alone says whose rows these are.
            usable = {s: k for s, k in usable.items() if s[0] != "identity" or s[1] in unique}
        return usable

    def _names_unique(self, kind: str) -> bool:
        return self.contracts.vocabulary.identities[kind].unique and bool(self.given.get(("identity", kind)))

    def _normal(self, slot: Slot, keys: Iterable[Key]) -> set[Key]:
        if slot[0] != "identity":
            return set(keys)
        rule = self.contracts.vocabulary.identities[slot[1]].normalise
        return {(normal,) for (value,) in keys if (normal := normal_form(rule, value))}


def begin(
    contracts: Contracts,
    identity: Mapping[str, Iterable[str]],
    *,
    routes: Routes | None = None,
    named_only: bool = False,
    allow_several: bool = False,
) -> Search:
    """The search at its start.

    Args:
        contracts: the checked set.
        identity: values by identity kind, as the verified subject gave them.
        routes: of these contracts, where they were worked out before.
        named_only: follow only these, not the identity keys found on the way.
        allow_several: several values of a unique identity kind are no reason to stop.
    """
    kinds = contracts.vocabulary.identities
    given: dict[Slot, frozenset[Key]] = {
        ("identity", kind): frozenset(
            (normal,) for value in values if (normal := normal_form(kinds[kind].normalise, value))
        )
        for kind, values in identity.items()
    }
    return Search(
        contracts,
        routes or plan_routes(contracts),
        given=given,
        known=given,
        named_only=named_only,
        allow_several=allow_several,
    )


def plan_routes(contracts: Contracts) -> Routes:
    """Every way into every table of the set."""
    tables = list(contracts.tables())
    own: dict[TablePath, list[_Way]] = {(t.system, t.name): [] for t in tables}
    shared: dict[TablePath, list[_Way]] = {path: [] for path in own}
    yields: dict[TablePath, set[tuple[str, ...]]] = {path: set() for path in own}
    for table in tables:
        path = (table.system, table.name)
        for column in table.identities:
            rule = "verbatim" if column.normalised else contracts.vocabulary.identities[column.identity].normalise
            own[path].append(_Way((column.name,), ("identity", column.identity), rule))
            yields[path].add((column.name,))
        for reference in table.references:
            target = (reference.to_system, reference.to_table)
            if Follow.FROM in reference.follow:
                own[path].append(_Way(reference.columns, _cell(*target, reference.to_columns)))
                yields[target].add(reference.to_columns)
            if Follow.TO in reference.follow:
                way = _Way(reference.to_columns, _cell(*path, reference.columns))
                (shared if reference.shared else own)[target].append(way)
                yields[path].add(reference.columns)
    return Routes(
        own={path: tuple(ways) for path, ways in own.items()},
        shared={path: tuple(ways) for path, ways in shared.items()},
        yields={path: tuple(sorted(columns)) for path, columns in yields.items()},
    )


@dataclass(frozen=True, slots=True)
class Reach:
    """How a table can be reached: the first wave in which it is asked, and by what."""

    path: TablePath
    wave: int
    """1 for what the given identity leads to; 0 when nothing leads there."""
    by: tuple[str, ...]
    """``column = identity kind`` or ``column -> system.table.column``."""
    shared: bool


def reach(contracts: Contracts, kinds: Iterable[str]) -> tuple[Reach, ...]:
    """Which tables a request that names keys of ``kinds`` can reach, in which wave; no data is needed."""
    routes = plan_routes(contracts)
    first: dict[Slot, int] = {("identity", kind): 0 for kind in kinds}
    waves: dict[TablePath, int] = {}
    for wave in range(1, len(routes.own) + 2):
        new = [p for p, ways in routes.own.items() if p not in waves and any(w.slot in first for w in ways)]
        waves |= dict.fromkeys(new, wave)
        for path in new:
            for columns in routes.yields[path]:
                for slot in _slots(contracts.table(*path), columns):
                    first.setdefault(slot, wave)
    found = [_reach(path, waves.get(path, 0), routes.own[path], first) for path in routes.own]
    shared = [
        _reach(path, 1 + max(first[w.slot] for w in ways if w.slot in first), ways, first, shared=True)
        for path, ways in routes.shared.items()
        if any(w.slot in first for w in ways)
    ]
    return tuple(sorted([*found, *shared], key=lambda r: (r.wave == 0, r.wave, r.path)))


def _reach(
    path: TablePath, wave: int, ways: Iterable[_Way], known: Mapping[Slot, int], *, shared: bool = False
) -> Reach:
    by = tuple(_said(way) for way in ways if way.slot in known)
    return Reach(path, wave, by if wave else (), shared)


def _said(way: _Way) -> str:
    columns = ", ".join(way.columns)
    if way.slot[0] == "identity":
        return f"{columns} = {way.slot[1]}"
    _, system, table, *names = way.slot
    return f"{columns} -> {system}.{table}.{', '.join(names)}"


def _slots(table: Table, columns: tuple[str, ...]) -> list[Slot]:
    slots: list[Slot] = [_cell(table.system, table.name, columns)]
    if len(columns) == 1 and (kind := table.column(columns[0]).identity):
        slots.append(("identity", kind))
    return slots


def _cell(system: str, table: str, columns: tuple[str, ...]) -> Slot:
    return ("cell", system, table, *columns)


def _conditions(ways: Sequence[_Way], keys: Keys, *, asked: Keys = MappingProxyType({})) -> tuple[Condition, ...]:
    """One condition for each set of columns and way to compare, joined over the slots that lead there.

    Keys that those columns were ``asked`` for are left out, whichever slot they came from.
    """
    before = _joined(ways, asked)
    new = {way: found - before.get(way, set()) for way, found in _joined(ways, keys).items()}
    return tuple(
        Condition(columns, frozenset(values), normalise=rule)  # type: ignore[arg-type]  # rule is an IdentityKind's
        for (columns, rule), values in sorted(new.items(), key=lambda item: item[0])
        if values
    )


def _joined(ways: Iterable[_Way], keys: Keys) -> dict[tuple[tuple[str, ...], str], set[Key]]:
    joined: dict[tuple[tuple[str, ...], str], set[Key]] = {}
    for way in ways:
        if values := keys.get(way.slot):
            joined.setdefault((way.columns, way.normalise), set()).update(values)
    return joined


def _merge(known: Keys, found: Mapping[Slot, set[Key]]) -> Keys:
    merged = dict(known)
    for slot, keys in found.items():
        merged[slot] = merged.get(slot, frozenset()) | keys
    return merged
