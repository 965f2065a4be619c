"""Every way into every table of a set of contracts, and which of them lead on (law 8).

What leads, and what does not:

1. a *proven* key leads to every row that holds it, whoever wrote it there;
2. from a row of the data subject, a reference is followed as its contract declares, if the organisation vouches for it;
3. from an *account* of the data subject, the keys that the organisation vouches for are searched in the columns that it
   vouches for; a key of a kind that people share is not;
4. nothing else leads anywhere: what somebody typed may be anybody's.

Worked out once for a set of contracts; no data are needed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from data_contracts.case.plan import TablePath
from data_contracts.company.contract import Column, Contracts, Reference, Table
from data_contracts.connectors.keys import When
from data_contracts.vocabulary import Follow, TableErasure

Slot = tuple[str, ...]
"""Where keys are kept; the first word says what they are."""

PROVEN: Final = "proven"
"""``("proven", kind)``: keys that were proven, or that a person said are the data subject's."""
VOUCHED: Final = "vouched"
"""``("vouched", kind)``: keys that the organisation vouches for, of accounts of the data subject."""
ACCOUNT: Final = "account"
"""``("account", kind)``: accounts of the data subject."""
REACHED: Final = "reached"
"""``("reached", kind)``: accounts that something leads to."""
CELL: Final = "cell"
"""``("cell", system, table, *columns)``: values in rows of the data subject that other rows refer to."""
POINTED: Final = "pointed"
"""``("pointed", system, table, *columns)``: rows that rows of the data subject point at."""
OWN: Final = "own"
"""``("own", system, table, *columns)``: of those, the rows that nobody else refers to."""
SHARED: Final = "shared"
"""``("shared", system, table, *columns)``: rows that the contract says belong to other people too in any case."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way into a table: its ``columns`` hold a key of one of ``slots``.

    Attributes:
        identity: the column, where it holds an identity; None for a reference.
        as_database: compared as the database's own equality compares, because a foreign key says so.
    """

    columns: tuple[str, ...]
    slots: tuple[Slot, ...]
    when: tuple[When, ...] = ()
    identity: Column | None = None
    as_database: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Keys that a search needs of the data subject's rows in a table, and the slots they go to."""

    columns: tuple[str, ...]
    when: tuple[When, ...]
    slots: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class Referring:
    """Rows of ``path`` whose ``columns`` refer to ``to_columns`` of the table in question, and that may own its row.

    Attributes:
        shared: the row belongs to others too in any case, whoever refers to it.
    """

    path: TablePath
    columns: tuple[str, ...]
    to_columns: tuple[str, ...]
    when: tuple[When, ...]
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Person:
    """Columns of a table that say whose row it is: they refer to an account, or hold its key.

    Attributes:
        slots: what they hold in a row of the data subject.
    """

    columns: tuple[str, ...]
    when: tuple[When, ...]
    slots: tuple[Slot, ...]
    identity: Column | None = None


@dataclass(frozen=True, slots=True)
class TableRoutes:
    """What concerns one table.

    Attributes:
        own: ways to rows of the data subject.
        reached: an account table's ways to accounts of which a person must say whose they are.
        shared: ways to rows that the contract says belong to others too.
        wanted: what a search needs of the data subject's rows.
        accounts: what tells the account, of an account table.
        owners: who else may refer to a row, of a table to which a reference is followed.
        people: what says whose row it is.
        is_contested: whether a row may be reached that says it is somebody else's, or that others refer to.
    """

    own: tuple[Way, ...] = ()
    reached: tuple[Way, ...] = ()
    shared: tuple[Way, ...] = ()
    wanted: tuple[Wanted, ...] = ()
    accounts: tuple[Wanted, ...] = ()
    owners: tuple[Referring, ...] = ()
    people: tuple[Person, ...] = ()
    is_contested: bool = False


Routes = Mapping[TablePath, TableRoutes]


def plan_routes(contracts: Contracts) -> Routes:
    """Every way into every table of the set, by table."""
    planner = _Planner(contracts)
    return {(table.system, table.name): planner.of(table) for table in contracts.tables()}


@dataclass(frozen=True, slots=True)
class _Planner:
    contracts: Contracts

    def of(self, table: Table) -> TableRoutes:
        people = tuple(self._people(table))
        own, reached = self._ways(table)
        into = list(self._into(table))
        owners = () if table.account or _is_catalogue(table) else tuple(self._owners(table))
        shared = tuple(way for _, r in into if r.shared for way in self._to(table, r, SHARED))
        return TableRoutes(
            own=own,
            reached=reached,
            shared=shared,
            wanted=tuple(self._wanted(table)),
            accounts=tuple(_account_keys(table)),
            owners=owners,
            people=people,
            is_contested=_names_several(people, own)
            or _is_used(owners, own, shared)
            or any(column.inside is not None for column in table.identities),
        )

    def leads(self, column: Column) -> bool:
        """Whether a key of an account that this column holds is searched elsewhere."""
        kind = self.contracts.vocabulary.identities.get(column.identity)
        return bool(column.is_vouched and kind and not kind.shared)

    def _ways(self, table: Table) -> tuple[tuple[Way, ...], tuple[Way, ...]]:
        """Ways to rows of the data subject, and of an account table those to accounts that may be anybody's."""
        identities = [self._identity(table, column) for column in table.identities]
        references = [*self._from(table), *(w for _, r in self._into(table) for w in self._to(table, r, OWN))]
        if not table.account:
            return (*identities, *references), ()
        vouched = [Way((c.name,), ((VOUCHED, c.identity),), c.when, c) for c in table.identities if self.leads(c)]
        # Of a table of keys and values some rows are accounts, and the others are whoever's they hang on.
        hanging = references if _is_partly_accounts(table) else []
        return (*identities, *hanging), (*vouched, *references)

    def _identity(self, table: Table, column: Column) -> Way:
        slots: tuple[Slot, ...] = ((PROVEN, column.identity),)
        if table.account:
            slots += ((ACCOUNT, column.identity),) if column.identity == table.account else ()
        elif self.leads(column):
            slots += ((VOUCHED, column.identity),)
        return Way((column.name,), slots, column.when, column)

    def _from(self, table: Table) -> Iterator[Way]:
        for reference in table.references:
            if Follow.FROM in reference.follow and reference.assertion.is_vouched:
                slot = (CELL, reference.to_system, reference.to_table, *reference.to_columns)
                yield Way(reference.columns, (slot,), reference.when)

    def _to(self, table: Table, reference: Reference, word: str) -> Iterator[Way]:
        """The way along a reference that is followed to ``table``, into rows of that sort."""
        if Follow.TO in reference.follow and reference.assertion.is_vouched and reference.shared is (word == SHARED):
            # An account that a row points at is nobody's until somebody says whose; a row of a catalogue never is.
            sort = POINTED if (table.account or _is_catalogue(table)) and word == OWN else word
            yield Way(reference.to_columns, ((sort, table.system, table.name, *reference.to_columns),))

    def _into(self, table: Table) -> Iterator[tuple[Table, Reference]]:
        for other in self.contracts.tables():
            for reference in other.references:
                if (reference.to_system, reference.to_table) == (table.system, table.name):
                    yield other, reference

    def _wanted(self, table: Table) -> Iterator[Wanted]:
        found: dict[tuple[tuple[str, ...], tuple[When, ...]], dict[Slot, None]] = {}
        for columns, when, slot in self._slots(table):
            found.setdefault((columns, when), {})[slot] = None
        for (columns, when), slots in found.items():
            yield Wanted(columns, when, tuple(slots))

    def _slots(self, table: Table) -> Iterator[tuple[tuple[str, ...], tuple[When, ...], Slot]]:
        if table.account:
            for column in table.account_columns:
                yield (column.name,), column.when, (ACCOUNT, column.identity)
            for column in table.identities:
                if self.leads(column):
                    yield (column.name,), column.when, (VOUCHED, column.identity)
        for _, reference in self._into(table):
            is_followed = Follow.FROM in reference.follow and reference.assertion.is_vouched
            # Which of them are the data subject's says also whether a value that refers to one may be shown.
            if is_followed or (is_personal(table) and not self._is_told_by_ways(table, reference.to_columns)):
                yield reference.to_columns, (), (CELL, table.system, table.name, *reference.to_columns)
        for reference in table.references:
            if Follow.TO in reference.follow and reference.assertion.is_vouched:
                word = SHARED if reference.shared else POINTED
                slot = (word, reference.to_system, reference.to_table, *reference.to_columns)
                yield reference.columns, reference.when, slot

    def _is_told_by_ways(self, table: Table, columns: tuple[str, ...]) -> bool:
        """Whether what leads to the data subject's rows is itself the keys that these columns hold of them."""
        own, _ = self._ways(table)
        return all(way.columns == columns and not way.when for way in own) and not any(self._people(table))

    def _owners(self, table: Table) -> Iterator[Referring]:
        """References into ``table`` from rows that own what they refer to: they are not hers because of it."""
        into = list(self._into(table))
        if not any(Follow.TO in r.follow for _, r in into):
            return
        for other, reference in into:
            if Follow.FROM not in reference.follow or reference.shared:
                path = (other.system, other.name)
                yield Referring(path, reference.columns, reference.to_columns, reference.when, reference.shared)

    def _people(self, table: Table) -> Iterator[Person]:
        if table.account:
            for column in table.account_columns if _is_partly_accounts(table) else ():
                slots: tuple[Slot, ...] = ((PROVEN, column.identity), (ACCOUNT, column.identity))
                yield Person((column.name,), column.when, slots, column)
            return
        for reference in table.references:
            target = self.contracts.table(reference.to_system, reference.to_table)
            if target.account and Follow.FROM in reference.follow and reference.assertion.is_vouched:
                cell = (CELL, target.system, target.name, *reference.to_columns)
                yield Person(reference.columns, reference.when, (cell,))
        kinds = {other.account for other in self.contracts.tables() if other.account}
        for column in table.identities:
            # Several people may lie inside one value: whose the row is, is told by looking at each member.
            if column.inside is None and column.identity in kinds and self.leads(column):
                slots = ((PROVEN, column.identity), (ACCOUNT, column.identity))
                yield Person((column.name,), column.when, slots, column)


def _names_several(people: tuple[Person, ...], own: tuple[Way, ...]) -> bool:
    """Whether a row that is reached may say that it is somebody else's."""
    return bool(people) and (len(people) > 1 or {way.columns for way in own} != {people[0].columns})


def _is_used(owners: tuple[Referring, ...], own: tuple[Way, ...], shared: tuple[Way, ...]) -> bool:
    """Whether others may have a part in a row for another reason than one reference that is followed to it."""
    is_linked = any(slot[0] != OWN for way in own for slot in way.slots)
    by = {owner.to_columns for owner in owners} | {way.columns for way in own}
    return bool(owners) and (is_linked or bool(own and shared) or len(by) > 1)


def may_be_others(routes: Routes, path: TablePath, columns: tuple[str, ...]) -> bool:
    """Whether a row may be somebody else's too although its ``columns`` refer to a row of the data subject."""
    own = routes[path]
    return bool(own.shared) or any(person.columns != columns for person in own.people)


def is_personal(table: Table) -> bool:
    """Whether rows of ``table`` are somebody's; a catalogue of products is nobody's."""
    belongs = any(reference.follow for reference in table.references)
    return belongs or bool(table.identities) or any(column.is_personal for column in table.rules)


def _is_catalogue(table: Table) -> bool:
    """Whether its rows are nobody's, and nothing is ever done with them."""
    return table.erase is TableErasure.NONE and not is_personal(table)


def _is_partly_accounts(table: Table) -> bool:
    """Whether only those rows of an account table are accounts that fulfil a condition."""
    return any(column.when for column in table.account_columns)


def _account_keys(table: Table) -> Iterator[Wanted]:
    for column in table.account_columns:
        yield Wanted((column.name,), column.when, ((REACHED, column.identity),))


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
    """Which tables a request that proves keys of ``kinds`` can reach, in which wave; no data are needed."""
    routes = plan_routes(contracts)
    first: dict[Slot, int] = {(PROVEN, kind): 0 for kind in kinds}
    waves: dict[TablePath, int] = {}
    for wave in range(1, len(routes) + 2):
        new = [p for p, r in routes.items() if p not in waves and any(_leads(way, first) for way in r.own)]
        waves |= dict.fromkeys(new, wave)
        for path in new:
            for slot in (slot for wanted in routes[path].wanted for slot in wanted.slots):
                first.setdefault(slot, wave)
                # What is pointed at may turn out to be the data subject's alone.
                first.setdefault((OWN if slot[0] == POINTED else slot[0], *slot[1:]), wave)
    found = [_reach(path, waves.get(path, 0), r.own, first) for path, r in routes.items()]
    shared = [
        _reach(path, 1 + max(first[s] for way in r.shared for s in way.slots if s in first), r.shared, first)
        for path, r in routes.items()
        if any(_leads(way, first) for way in r.shared)
    ]
    apart = [Reach(r.path, r.wave, r.by, shared=True) for r in shared]
    return tuple(sorted([*found, *apart], key=lambda r: (r.wave == 0, r.wave, r.path)))


def _leads(way: Way, known: Mapping[Slot, int]) -> bool:
    return any(slot in known for slot in way.slots)


def _reach(path: TablePath, wave: int, ways: Iterable[Way], known: Mapping[Slot, int]) -> Reach:
    return Reach(
        path, wave, tuple(way_in_words(way) for way in ways if _leads(way, known)) if wave else (), shared=False
    )


def way_in_words(way: Way) -> str:
    """A way for a person: ``email = email``, ``customer_id -> crm.customer.id``; with its condition."""
    columns = ", ".join(way.columns)
    if way.identity is not None:
        words = f"{columns} = {way.identity.identity}"
    else:
        word, system, table, *names = way.slots[0]
        end = f"{system}.{table}" if word != CELL else f"{system}.{table}.{', '.join(names)}"
        words = f"{columns} -> {end}" if word == CELL else f"{columns} <- rows that refer to it"
    held = " and ".join(f"{one.column} is {' or '.join(map(_said, one.values))}" for one in way.when)
    return f"{words} where {held}" if held else words


def _said(value: str | None) -> str:
    return "empty" if value is None else value
