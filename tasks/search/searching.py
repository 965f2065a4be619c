"""Asking systems what a search wants to know, and keeping what they answered sealed, system by system.

What one system answered is sealed as ``<look>.<system>``, so that each search can start again at any time, and nothing
is asked twice. See :mod:`tasks.rules.search.traversal` for the order.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from data_contracts.case.plan import TablePath
from data_contracts.company.contract import Column, Table
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Condition, Key, Selection, Spelling
from data_contracts.text.normal_form import normal_form
from tasks.case.parts import lost, named_by
from tasks.case.sealed import keys_of, plain_keys, plain_ways, read_json, subject_request, ways_of, write_json
from tasks.case.subject_keys import Digests
from tasks.rules.search.accounts import Admission
from tasks.rules.search.found import Claim, Findings, SpeltIn, Split, merged
from tasks.rules.search.inside import containers_of
from tasks.rules.search.routes import POINTED, Slot, Wanted
from tasks.rules.search.traversal import Search, begin
from tasks.search.remembered_keys import other_owner_of
from tasks.services import services

SEARCH = "search"
AGAIN = "again"
Ways: TypeAlias = tuple[Condition, ...]
_FORM = 2
"""The form in which searches are sealed; one of another form is made anew."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A search as it was sealed, and what each system contributed."""

    case_id: str
    look: str
    said: str
    search: Search
    parts: Mapping[str, Findings] = field(repr=False)


def load(case_id: str, look: str, admission: Admission | None, said: str) -> Loaded:
    """The search as sealed so far.

    Args:
        case_id: the case.
        look: which of its searches.
        admission: what people said about accounts.
        said: names that answer; what was found under another one is left out (law 8).

    Raises:
        VaultSealed: when the search was over, and a part of what it found is gone.
    """
    provided = services()
    search = begin(provided.contracts, subject_request(case_id).identity, routes=provided.routes, admission=admission)
    names = set(provided.vault.names(case_id))
    parts = {
        system: part
        for system in provided.contracts.systems
        if f"{look}.{system}" in names and (part := _read(case_id, f"{look}.{system}", said)) is not None
    }
    if look == SEARCH:
        _require_whole(case_id, parts)
    found = Findings()
    for part in parts.values():
        found = found.joined(part)
    search = search.knowing(found)
    return Loaded(case_id, look, said, replace(search, doubted=doubted_keys(search)), parts)


def part_name(system: str) -> str:
    """The vault's name of what one system answered."""
    return f"{SEARCH}.{system}"


def _require_whole(case_id: str, parts: Container[str]) -> None:
    """That nothing is missing of a search that is over: the keys that it found are what all that follows goes by."""
    if all(system in parts for system in services().contracts.systems):
        return
    first = f"{SEARCH}."
    for name in sorted(named_by(case_id, "confirm") | named_by(case_id, "locate")):
        if name.startswith(first) and name.removeprefix(first) not in parts:
            raise lost(case_id, name)


def seal(loaded: Loaded, system: str, search: Search) -> int:
    """Seal what ``search`` knows beyond what was loaded as that system's; the number of keys it has led to so far."""
    mine = loaded.parts.get(system, Findings()).joined(search.found.beyond(loaded.search.found))
    write_json(loaded.case_id, f"{loaded.look}.{system}", {"form": _FORM, "said": loaded.said, **_plain(mine)})
    return sum(len(keys) for keys in mine.keys.values())


def doubted_keys(search: Search) -> dict[str, frozenset[str]]:
    """Proven keys that another account gave up: rows that hold them may be those of who had them before."""
    digests = Digests()
    found = ((kind, str(key[0])) for kind, keys in search.accounts().items() for key in keys)
    accounts = [key for kind, value in found if (key := digests.of(kind, value)) is not None]
    doubted = {
        kind: frozenset(value for value in values if other_owner_of(kind, value, accounts) is not None)
        for kind, values in search.given.items()
    }
    return {kind: values for kind, values in doubted.items() if values}


def guarded_references(system: str, connector: Connector) -> Findings:
    """Which references of ``system`` a foreign key of the live database guards, at both of their ends."""
    ends = (
        (system, table, *columns)
        for one in connector.describe().references
        for table, columns in ((one.table, one.columns), (one.to_table, one.to_columns))
    )
    return Findings(guarded=frozenset(ends))


def ask(search: Search, system: str, connector: Connector) -> Search:
    """The search after ``system`` was asked for everything known, until it has nothing new to tell."""
    while search.has_questions(system):
        for place, spelling in search.spellings(system):
            search = search.spelt(place, spelling, connector.resolve(place[0][1], spelling))
        for question in search.questions(system):
            search = search.absorb(question, connector.find_keys(question.selection, question.columns))
    return search


def ask_everywhere(search: Search, systems: Iterable[str]) -> Search:
    """A wide search carried to its end in these systems."""
    names = list(systems)
    while pending := [name for name in names if search.has_questions(name)]:
        for name in pending:
            search = ask(search, name, services().systems.connector(name))
    return search


def rows_that_hold(kind: str, value: str, path: TablePath) -> tuple[Condition, ...]:
    """What selects the rows of one table that hold a key themselves; nothing is followed."""
    provided = services()
    search = begin(provided.contracts, {kind: [value]}, routes=provided.routes)
    connector = provided.systems.connector(path[0])
    for place, spelling in search.spellings(path[0]):
        if place[0] == path:
            search = search.spelt(place, spelling, connector.resolve(path[1], spelling))
    return search.of_subject(path)


def rows_with_key(connector: Connector, table: Table, column: Column, value: object) -> Ways:
    """What selects the rows that hold a key in one column, however it is spelt; none where it can be no such key."""
    spelling = spelling_of(table, column, [value])
    if not spelling.keys:
        return ()
    if column.normalised:
        return (Condition((column.name,), frozenset((form,) for form in spelling.keys), when=column.when),)
    return connector.resolve(table.name, spelling)


def spelling_of(table: Table, column: Column, values: Iterable[object]) -> Spelling:
    """Keys in one column, however they are spelt; without keys where none of the values can be one."""
    vocabulary = services().contracts.vocabulary
    rule, region = vocabulary.identities[column.identity].normalise, vocabulary.company.country
    forms = frozenset(form for value in values if (form := normal_form(rule, value, region)))
    return Spelling(
        column.name,
        rule,
        forms,
        region,
        country=column.country,
        when=column.when,
        inside=column.inside,
        key=table.primary_key,
    )


def settle(search: Search, system: str, connector: Connector) -> Search:
    """The search after it was looked which rows in ``system`` are the data subject's alone."""
    before = ""
    while before != (before := search.known()):
        # First whose the rows are that refer to others: those that name somebody else own what they refer to.
        for path in search.contested(system):
            split, keys = _Contest(search, path, connector).settled()
            search = search.settled(Findings(keys=keys, splits={path: split}))
        for claim in search.claims(system):
            others = _claimed_by_others(search, claim, connector)
            search = search.settled(Findings(others={claim.place: others}, counted={claim.place: claim.keys}))
    return search


def _claimed_by_others(search: Search, claim: Claim, connector: Connector) -> frozenset[Key]:
    """Keys of rows that a row refers to which is not the data subject's alone."""
    table = claim.by.path[1]
    pointing = Condition(claim.by.columns, claim.keys, when=claim.by.when)
    split = search.found.splits.get(claim.by.path)
    # Of rows that may name somebody else nothing is hers until it was looked.
    hers = split.own if split else () if search.routes[claim.by.path].is_contested else search.of_subject(claim.by.path)
    selection = Selection(table, (pointing,), spared=() if claim.by.shared else hers)
    if claim.by.path != claim.target:
        return connector.find_keys(selection, [claim.by.columns])[claim.by.columns]
    # A row that refers to itself says nothing of others.
    pairs, width = (*claim.by.columns, *claim.by.to_columns), len(claim.by.columns)
    found = connector.find_keys(selection, [pairs])[pairs]
    return frozenset(key[:width] for key in found if key[:width] != key[width:])


@dataclass(frozen=True, slots=True)
class _Contest:
    """Tells the data subject's own rows of a table from those that name somebody else as well."""

    search: Search
    path: TablePath
    connector: Connector

    def settled(self) -> tuple[Split, dict[Slot, frozenset[Key]]]:
        """The rows, apart, and the keys that the data subject's own lead on to."""
        own = self.search.of_subject(self.path)
        foreign = tuple(self._foreign(own + self.search.of_several(self.path)))
        keys = self._candidates(foreign)
        # What was not counted yet is taken for shared.
        several = self.search.settled(Findings(keys=keys)).of_several(self.path)
        split = self._split(own, several, foreign) if foreign or several else Split(own, ())
        for one in self.search.routes[self.path].wanted:
            found = self._keys(split.own, one)
            keys = merged(keys, dict.fromkeys(one.slots, found))
        return split, keys

    def _candidates(self, foreign: Ways) -> dict[Slot, frozenset[Key]]:
        """By what others may refer to the rows that were reached: of which it must be counted whether they do."""
        columns = list(dict.fromkeys(owner.to_columns for owner in self.search.routes[self.path].owners))
        ways = self.search.of_subject(self.path) + self.search.of_several(self.path)
        if not columns or not ways:
            return {}
        found = self.connector.find_keys(Selection(self.path[1], ways, spared=foreign), columns)
        return {(POINTED, *self.path, *names): keys for names, keys in found.items()}

    def _foreign(self, ways: tuple[Condition, ...]) -> Iterable[Condition]:
        """What selects rows that name somebody else."""
        for person in self.search.routes[self.path].people:
            selection = Selection(self.path[1], ways, when=person.when)
            held = self.connector.find_keys(selection, [person.columns])[person.columns]
            others = frozenset(key for key in held if not self.search.is_named(person, key))
            if others:
                yield Condition(person.columns, others, when=person.when)
        yield from self._foreign_inside()

    def _foreign_inside(self) -> Iterable[Condition]:
        """What selects rows that are hers by what lies inside a column alone, where somebody else's key lies as well.

        A row that is hers for another reason is hers; of its containers she is shown her own members.
        """
        search, table, inside = self.search, self._table, self._ways(inside=True)
        for column, own in containers_of(table, search.contracts, search.identity()) if inside else ():
            names = (*table.primary_key, column.name)
            selection = Selection(table.name, inside, spared=self._ways(inside=False), when=column.when)
            held = self.connector.find_keys(selection, [names])[names]
            mixed = frozenset(row[:-1] for row in held if own.holds_others(row[-1]))
            if mixed:
                yield Condition(table.primary_key, mixed)

    def _ways(self, *, inside: bool) -> Ways:
        """What leads to rows by what lies inside a column, or by anything else."""
        ways = [way for group, way in self.search.ways_into(self._table) if group == "own"]
        wanted = (w for w in ways if (w.identity is not None and w.identity.inside is not None) is inside)
        return tuple(one for way in wanted for one in self.search.by_way(self.path, way, "own"))

    @property
    def _table(self) -> Table:
        return self.search.contracts.table(*self.path)

    def _split(self, own: Ways, several: Ways, foreign: Ways) -> Split:
        key = self._table.primary_key
        if not key:
            # Rows that cannot be told apart are treated as shared, all of them.
            return Split((), own + several, is_mixed=True)
        hers = self._rows(key, own, foreign + several)
        common = self._rows(key, own + several, foreign) - hers
        named = self._rows(key, self._naming_her(), ()) if foreign else frozenset()
        mixed = (self._rows(key, own + several, ()) - hers - common) & named
        return Split(_by_key(key, hers), _by_key(key, common | mixed), is_mixed=True)

    def _naming_her(self) -> tuple[Condition, ...]:
        """What selects rows that hold a key of the data subject, or refer to her account."""
        routes = self.search.routes[self.path]
        identities = {way.columns for way in routes.own if way.identity is not None}
        proven = [way for way in self.search.of_subject(self.path) if way.columns in identities]
        names = (way for person in routes.people for way in self.search.of_person(self.path, person))
        return (*proven, *self._ways(inside=True), *names)

    def _rows(self, key: tuple[str, ...], ways: Ways, spared: Ways) -> frozenset[Key]:
        selection = Selection(self.path[1], ways, spared=spared)
        return self.connector.find_keys(selection, [key])[key] if ways else frozenset()

    def _keys(self, ways: tuple[Condition, ...], wanted: Wanted) -> frozenset[Key]:
        selection = Selection(self.path[1], ways, when=wanted.when)
        return self.connector.find_keys(selection, [wanted.columns])[wanted.columns] if ways else frozenset()


def _by_key(key: tuple[str, ...], rows: frozenset[Key]) -> tuple[Condition, ...]:
    return (Condition(key, rows),) if rows else ()


# --- sealed ----------------------------------------------------------------------------------------------------------


def settled_at(case_id: str, look: str, system: str) -> str:
    """What was known when it was last looked which rows of ``system`` are the data subject's; empty for never."""
    name = f"{look}.{system}.settled"
    return str(read_json(case_id, name)) if services().vault.has(case_id, name) else ""


def note_settled(case_id: str, look: str, system: str, search: Search) -> None:
    """Note what is known, after it was looked which rows of ``system`` are the data subject's."""
    write_json(case_id, f"{look}.{system}.settled", search.known())


def _plain(found: Findings) -> dict[str, object]:
    return {
        "keys": plain_keys(found.keys),
        "asked": plain_keys(found.asked),
        "spelt": [
            [list(path), column, group, plain_ways(found.spelt.get((path, column, group), ())), sorted(keys)]
            for (path, column, group), keys in found.spelt_for.items()
        ],
        "guarded": sorted(map(list, found.guarded)),
        "others": plain_keys(found.others),
        "counted": plain_keys(found.counted),
        "splits": [
            [list(path), plain_ways(split.own), plain_ways(split.shared), split.is_mixed]
            for path, split in found.splits.items()
        ],
    }


def _read(case_id: str, name: str, said: str) -> Findings | None:
    plain = read_json(case_id, name)
    if plain.get("form") != _FORM or plain["said"] != said:
        return None
    spelt: dict[SpeltIn, tuple[Condition, ...]] = {}
    spelt_for: dict[SpeltIn, frozenset[str]] = {}
    for path, column, group, ways, keys in plain["spelt"]:
        place: SpeltIn = ((path[0], path[1]), column, group)
        spelt[place], spelt_for[place] = ways_of(ways), frozenset(keys)
    splits = {
        (path[0], path[1]): Split(ways_of(own), ways_of(shared), mixed) for path, own, shared, mixed in plain["splits"]
    }
    keys, asked, others, counted = (keys_of(plain[name]) for name in ("keys", "asked", "others", "counted"))
    guarded = frozenset(map(tuple, plain.get("guarded", ())))
    return Findings(keys, asked, spelt, spelt_for, others, counted, splits, guarded)
