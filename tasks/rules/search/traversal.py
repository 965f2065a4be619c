"""From contracts and proven keys to queries, wave by wave, until nothing new appears.

Pure: a wave says what to ask, the caller asks, and the answers are taken in. What leads from where stands in
:mod:`tasks.rules.search.routes`. The order:

1. :meth:`Search.spellings`: which stored values are spellings of the keys, for columns that are not in a normal form;
2. :meth:`Search.questions`: the rows that hold the keys, and what they lead on to; each key is asked for once;
3. when no question is left, :meth:`Search.claims` and :meth:`Search.contested`: of rows that others may have a part in,
   which are the data subject's alone; what these lead to is asked next;
4. when nothing is left the search is over, whatever circles the schema has.

Accounts of which nobody proved a key lead nowhere: the search stops there, and a person says whose they are
(:mod:`tasks.rules.search.accounts`). In a ``wide`` search, whose result is shown to nobody, they count as found.

A table that yields nothing is not asked while searching: its conditions are known at the end, its rows are read once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from data_contracts.case.plan import Located, TablePath
from data_contracts.company.contract import Contracts, Table
from data_contracts.connectors.keys import Condition, Key, Selection, Spelling, When
from data_contracts.text.normal_form import normal_form, normal_forms
from tasks.rules.search.accounts import Admission
from tasks.rules.search.found import Claim, Findings, Group, Question, SpeltIn, written
from tasks.rules.search.known import Known
from tasks.rules.search.routes import (
    ACCOUNT,
    OWN,
    POINTED,
    PROVEN,
    REACHED,
    VOUCHED,
    Person,
    Routes,
    Slot,
    Wanted,
    Way,
    plan_routes,
)


@dataclass(frozen=True, slots=True)
class Search(Known):
    """What is known and what was asked; every method returns a new search."""

    def knowing(self, found: Findings) -> "Search":
        """The search as it stood when that was known."""
        return replace(self, found=found)

    # --- 1. spellings ------------------------------------------------------------------------------------------------

    def spellings(self, system: str) -> list[tuple[SpeltIn, Spelling]]:
        """Columns of ``system`` to look for spellings of keys in, that were not looked for yet."""
        found = []
        for table, group, way in self._all_ways(system):
            place: SpeltIn = ((table.system, table.name), way.columns[0], group)
            keys = (
                self._forms(place[0], way) - self.found.spelt_for.get(place, frozenset())
                if _is_spelt(way)
                else frozenset()
            )
            if keys:
                found.append((place, self._spelling(table, way, keys)))
        return found

    def spelt(self, place: SpeltIn, spelling: Spelling, conditions: tuple[Condition, ...]) -> "Search":
        """The search after it is known how the keys are spelt in a column."""
        return self._with(Findings(spelt={place: conditions}, spelt_for={place: spelling.keys}))

    def _spelling(self, table: Table, way: Way, keys: frozenset[str]) -> Spelling:
        column = way.identity
        assert column is not None  # noqa: S101  # only identities are spelt
        kind = self.contracts.vocabulary.identities[column.identity]
        region = self.contracts.vocabulary.company.country
        key = table.primary_key if column.inside is not None else ()
        return Spelling(column.name, kind.normalise, keys, region, column.country, way.when, column.inside, key)

    def _forms(self, path: TablePath, way: Way) -> frozenset[str]:
        return frozenset(str(key[0]) for key in self._keys_of(path, way))

    def _keys_of(self, path: TablePath, way: Way) -> frozenset[Key]:
        """The keys that a way leads by; of those that changed hands none, but to accounts."""
        keys = frozenset(key for slot in way.slots for key in self.keys(slot))
        if way.identity is None or self.routes[path].accounts:
            return keys
        said = self.admission.keys if self.admission else {}
        kind = way.identity.identity
        return keys - {(value,) for value in self.doubted.get(kind, frozenset()) - said.get(kind, frozenset())}

    # --- 2. questions ------------------------------------------------------------------------------------------------

    def questions(self, system: str) -> tuple[Question, ...]:
        """What to ask ``system`` now; empty when it was asked about every key whose spellings are known."""
        tables = self.contracts.systems[system].tables
        return tuple(question for table in tables for question in self._questions(table))

    def has_questions(self, system: str) -> bool:
        """Whether ``system`` has tables that may hold keys it was not asked for."""
        return bool(self.spellings(system) or self.questions(system))

    def absorb(self, question: Question, answers: Mapping[tuple[str, ...], frozenset[Key]]) -> "Search":
        """The search after a question was answered, by the columns that were wanted."""
        keys: dict[Slot, frozenset[Key]] = {}
        for one in question.wanted:
            for slot in one.slots:
                keys[slot] = keys.get(slot, frozenset()) | self._normal(slot, answers.get(one.columns, frozenset()))
        asked = {_asked_at(question, one): frozenset(one.keys) for one in question.selection.conditions}
        return self._with(Findings(keys=keys, asked=asked))

    def _questions(self, table: Table) -> Iterator[Question]:
        path = (table.system, table.name)
        routes = self.routes[path]
        if not (routes.is_contested and not self.wide):
            yield from self._asked_of(path, "own", self._conditions(path, "own"), routes.wanted)
        wanted = routes.wanted if self.wide else routes.accounts
        yield from self._asked_of(path, "reached", self._conditions(path, "reached"), wanted)

    def _asked_of(
        self, path: TablePath, group: Group, conditions: tuple[Condition, ...], wanted: tuple[Wanted, ...]
    ) -> Iterator[Question]:
        """A question for each condition under which keys are wanted."""
        for when in dict.fromkeys(one.when for one in wanted):
            about = tuple(one for one in wanted if one.when == when)
            blank = Question(path, group, Selection(path[1], (), when=when), about)
            new = tuple(
                replace(one, keys=keys)
                for one in conditions
                if (keys := one.keys - self.found.asked.get(_asked_at(blank, one), frozenset()))
            )
            if new:
                yield replace(blank, selection=Selection(path[1], new, when=when))

    def _reached(self, path: TablePath) -> tuple[Way, ...]:
        routes = self.routes[path]
        if self.admission is None or not routes.reached:
            return routes.reached
        # Once a person has said which accounts are hers, a proven key alone opens none: it may find a new one.
        return (*(way for way in routes.own if not _names_account(way)), *routes.reached)

    def _own(self, path: TablePath) -> tuple[Way, ...]:
        routes = self.routes[path]
        if self.admission is None or not routes.accounts:
            return routes.own
        return tuple(
            replace(way, slots=way.slots[1:]) if _names_account(way) else way
            for way in routes.own
            if _names_account(way) or way.identity is None
        )

    def ways_into(self, table: Table) -> Iterator[tuple[Group, Way]]:
        """Every way into a table, and whose rows it leads to."""
        path = (table.system, table.name)
        yield from (("own", way) for way in self._own(path))
        yield from (("reached", way) for way in self._reached(path))

    def _all_ways(self, system: str) -> Iterator[tuple[Table, Group, Way]]:
        for table in self.contracts.systems[system].tables:
            for group, way in self.ways_into(table):
                yield table, group, way

    def _conditions(self, path: TablePath, group: Group) -> tuple[Condition, ...]:
        """One condition for each set of columns and way to compare, joined over the slots that lead there."""
        joined: dict[tuple[object, ...], Condition] = {}
        ways = self._own(path) if group == "own" else self._reached(path)
        for one in chain.from_iterable(self.by_way(path, way, group) for way in ways):
            place = (one.columns, one.when, one.as_database)
            before = joined[place].keys if place in joined else frozenset()
            joined[place] = replace(one, keys=before | one.keys)
        return tuple(one for one in joined.values() if one.keys)

    def by_way(self, path: TablePath, way: Way, group: Group) -> Iterator[Condition]:
        """What selects the rows that one way leads to."""
        if _is_spelt(way):
            yield from self.found.spelt.get((path, way.columns[0], group), ())
            return
        keys = self._keys_of(path, way)
        if keys:
            guarded = way.identity is None and (*path, *way.columns) in self.found.guarded
            yield Condition(way.columns, keys, when=way.when, as_database=guarded)

    def _normal(self, slot: Slot, keys: frozenset[Key]) -> frozenset[Key]:
        if slot[0] not in {VOUCHED, ACCOUNT, REACHED}:
            return keys
        kind = self.contracts.vocabulary.identities[slot[1]]
        region = self.contracts.vocabulary.company.country
        known = {key[0] for word in (PROVEN, ACCOUNT) for key in self.keys((word, slot[1]))}
        return frozenset(
            (form,)
            for (value,) in keys
            for form in _keys_in(normal_forms(kind.normalise, value, region), known, is_account=slot[0] != VOUCHED)
        )

    def _with(self, more: Findings) -> "Search":
        return replace(self, found=self.found.joined(more))

    # --- 3. rows that others may have a part in ----------------------------------------------------------------------

    def claims(self, system: str) -> list[Claim]:
        """References in ``system`` to count, for the rows that rows of the data subject point at."""
        if self.wide:
            return []
        found = []
        for path, routes in self.routes.items():
            for owner in routes.owners:
                keys = self.found.keys.get((POINTED, *path, *owner.to_columns), frozenset())
                if owner.path[0] == system and keys:
                    found.append(Claim(path, owner, keys))
        return found

    def contested(self, system: str) -> list[TablePath]:
        """Tables of ``system`` with rows that may say they are somebody else's."""
        if self.wide:
            return []
        tables = [(t.system, t.name) for t in self.contracts.systems[system].tables]
        return [p for p in tables if self.routes[p].is_contested and (self.of_subject(p) or self.of_several(p))]

    def is_settled(self, system: str, known: str) -> bool:
        """Whether nothing was learnt since it was looked, when that was known, which rows of ``system`` are hers."""
        return known == self.known() or not (self.claims(system) or self.contested(system))

    def known(self) -> str:
        """Says how much is known; another text whenever something is learnt. It holds counts alone."""
        keys = sum(map(len, self.found.keys.values()))
        own = sum(len(self.keys((OWN, *slot[1:]))) for slot in self.found.keys if slot[0] == POINTED)
        # By table, because one may come to be mixed, or be it no more, when another one grows.
        tables = (
            f"{'.'.join(path)}:{int(split.is_mixed)}:{sum(len(way.keys) for way in split.own)}"
            for path, split in sorted(self.found.splits.items())
        )
        return " ".join((str(keys), str(own), *tables))

    def of_subject(self, path: TablePath) -> tuple[Condition, ...]:
        """Everything known that selects rows of the data subject in a table, shared ones among them."""
        return self._conditions(path, "own")

    def of_person(self, path: TablePath, person: Person) -> tuple[Condition, ...]:
        """What selects the rows that name the data subject in those columns."""
        keys = self.named(person)
        if not keys:
            return ()
        if person.identity is not None and not person.identity.normalised:
            return self.found.spelt.get((path, person.columns[0], "own"), ())
        return (Condition(person.columns, keys, when=person.when),)

    def named(self, person: Person) -> frozenset[Key]:
        """What those columns hold in a row of the data subject."""
        return frozenset(key for slot in person.slots for key in self.keys(slot))

    def is_named(self, person: Person, key: Key) -> bool:
        """Whether a value of those columns names the data subject."""
        named = self.named(person)
        if person.identity is None:
            return written(key) in {written(one) for one in named}
        kind = self.contracts.vocabulary.identities[person.identity.identity]
        form = normal_form(kind.normalise, key[0], self.contracts.vocabulary.company.country)
        return not form or (form,) in named

    def settled(self, more: Findings) -> "Search":
        """The search after it is known of some rows whether they are hers alone, and what those lead to."""
        return self._with(more)

    # --- at the end --------------------------------------------------------------------------------------------------

    def conditions(self, table: Table, *, shared: bool = False) -> tuple[Condition, ...]:
        """Everything known that selects rows of ``table``: the data subject's own, or those shared with others."""
        path = (table.system, table.name)
        split = self.found.splits.get(path)
        if shared:
            return split.shared if split else self.of_several(path)
        own = split.own if split else self.of_subject(path)
        return (*own, *self._conditions(path, "reached")) if self.wide else own

    def of_several(self, path: TablePath) -> tuple[Condition, ...]:
        """What selects rows that rows of the data subject point at, and that others refer to as well."""
        found: dict[tuple[str, ...], frozenset[Key]] = {
            way.columns: way.keys for way in self.of_several_in_any_case(path)
        }
        for columns in {owner.to_columns for owner in self.routes[path].owners}:
            pointed = self.found.keys.get((POINTED, *path, *columns), frozenset())
            found[columns] = found.get(columns, frozenset()) | (pointed - self.keys((OWN, *path, *columns)))
        return tuple(Condition(columns, keys) for columns, keys in sorted(found.items()) if keys)

    def of_several_in_any_case(self, path: TablePath) -> tuple[Condition, ...]:
        """What selects rows that the contract says are shared, whether anybody else refers to them or not."""
        found: dict[tuple[str, ...], frozenset[Key]] = {}
        for way in self.routes[path].shared:
            keys = frozenset(key for slot in way.slots for key in self.keys(slot))
            found[way.columns] = found.get(way.columns, frozenset()) | keys
        return tuple(Condition(columns, keys) for columns, keys in found.items() if keys)

    def located(self, by_hand: Mapping[str, str]) -> Located:
        """Where the rows are, for every table of every system not handled by hand."""
        tables = [t for t in self.contracts.tables() if t.system not in by_hand]
        paths = {(t.system, t.name): t for t in tables}
        return Located(
            conditions={path: self.conditions(t) for path, t in paths.items()},
            shared={path: way for path, t in paths.items() if (way := self.conditions(t, shared=True))},
            by_hand=dict(by_hand),
            subjects={kind: len(keys) for kind, keys in self.accounts().items() if keys},
        )


def begin(
    contracts: Contracts,
    identity: Mapping[str, Iterable[str]],
    *,
    routes: Routes | None = None,
    admission: Admission | None = None,
    wide: bool = False,
) -> Search:
    """The search at its start.

    Args:
        contracts: the checked set.
        identity: values by identity kind, proven to be the data subject's.
        routes: of these contracts, where they were worked out before.
        admission: what a person said about accounts.
        wide: see :class:`Search`.
    """
    kinds, region = contracts.vocabulary.identities, contracts.vocabulary.company.country
    given = {
        kind: frozenset(form for value in values if (form := normal_form(kinds[kind].normalise, value, region)))
        for kind, values in identity.items()
    }
    return Search(contracts, routes or plan_routes(contracts), given, admission=admission, wide=wide)


def _keys_in(forms: frozenset[str], known: set[object], *, is_account: bool) -> frozenset[str]:
    """What a field with several keys says: a known key names the account; of several, none is vouched for."""
    if len(forms) <= 1:
        return forms
    return frozenset(form for form in forms if form in known) or forms if is_account else frozenset()


def _is_spelt(way: Way) -> bool:
    """Whether the column may hold a key in other spellings than its normal form."""
    return way.identity is not None and (way.identity.inside is not None or not way.identity.normalised)


def _names_account(way: Way) -> bool:
    return any(slot[0] == ACCOUNT for slot in way.slots)


def _asked_at(question: Question, condition: Condition) -> Slot:
    whens = (*question.selection.when, When("|", ()), *condition.when)
    said = ";".join(f"{one.column}={'|'.join(map(str, one.values))}" for one in whens)
    return (*question.path, question.group, said, *condition.columns)
