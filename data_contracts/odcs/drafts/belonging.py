"""Whose rows a table holds, and which way each reference leads: proposed from names, looks and counts.

1. Rows are people where values or names say so: names of persons, mailboxes, dates of birth.
2. Rows that refer to people's rows are theirs, but for acts of staff, lists that each serve many, and what others own.
3. What people's rows refer to is theirs where it is an address, a card, and nearly every row has one of its own.
4. Everything else is nobody's: lists, products, places, settings.

A direction that no rule proposes is asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from data_contracts.odcs.drafts.companions import is_named_after, key_beside, type_beside
from data_contracts.odcs.drafts.guessing import Guess, Look, guess, is_about_others, words_of
from data_contracts.odcs.drafts.reference_names import Pointer, is_of_people, is_of_staff, names_act, names_own_act
from data_contracts.odcs.drafts.shapes import DraftColumn, DraftReference, DraftTable
from data_contracts.vocabulary import About

_OF_PERSONS: Final = (
    "user.name",
    "user.demographic.date_of_birth",
    "user.government_id.national_identification_number",
    "user.government_id.passport_number",
    "user.government_id.drivers_license_number",
    "user.account.username",
)
"""Categories of which a name alone says that rows are people."""
_PERSONS: Final = ("user.name", "user.contact.email", "user.demographic.date_of_birth")
_BY_VALUES: Final = (
    "user.contact.email",
    "user.device.ip_address",
    "user.device.cookie",
    "user.authorization.password",
    "user.financial.credit_card",
)
"""Categories of which values say that rows are people's."""
_ALSO_OF_THINGS: Final = ("user.contact.phone_number", "user.financial.bank_account")
"""Categories that shops and firms have as well."""
_OF_BELONGINGS: Final = ("user.contact.address", "user.financial")
_THING_NAMES: Final = frozenset({"name", "nom", "label", "libelle", "title", "titel", "naam", "bezeichnung"})
_OWN_SHARE: Final = 0.5
"""From this share of different values on, nearly every row has one of its own."""
_FAR_MORE: Final = 3
"""How many times as many those who are served are as those who serve."""
_DECLARED: Final = "fides"


@dataclass(frozen=True, slots=True)
class Seen:
    """A table with a guess for each of its columns."""

    table: DraftTable
    guesses: Mapping[str, Guess]

    @classmethod
    def of(cls, table: DraftTable, declared: Mapping[str, Guess] | None = None) -> Self:
        """The table, guessed at; what somebody declared of a column counts for more."""
        return cls(table, {c.name: (declared or {}).get(c.name) or _guess(table, c) for c in table.columns})

    @property
    def told_by(self) -> list[str]:
        """Columns that say that rows are people, or people's."""
        is_thing = self._is_thing
        told = [c.name for c in self.table.columns if _tells(c, self.guesses[c.name], is_thing=is_thing)]
        told = told or [key for key in self.row_keys if _tells_alone(guess(key, table=self.table.name))]
        return told or [self.table.name] * is_of_people(self.table.name)

    @property
    def is_of_persons(self) -> bool:
        """Whether rows are persons, not only what they left behind: visits, sessions."""
        return any(self.guesses[name].category.startswith(_PERSONS) for name in self.told_by if name in self.guesses)

    @property
    def row_keys(self) -> tuple[str, ...]:
        """What a table of keys and values holds, by its keys."""
        names = self.table.names
        beside = {key_beside(name, names) for name in names}
        return tuple(key for column in self.table.columns if column.name in beside for key in column.keys)

    @property
    def is_belonging(self) -> bool:
        """Whether rows are what people have: an address, a bank account."""
        return not self._is_thing and any(g.category.startswith(_OF_BELONGINGS) for g in self.guesses.values())

    @property
    def _is_thing(self) -> bool:
        """Whether rows have the name of a thing, a place or a firm."""
        names = {words_of(name) for name in self.table.names}
        is_named = bool(names & _THING_NAMES) or any(
            g.category == "user.contact.organization" for g in self.guesses.values()
        )
        return is_named and not any(g.category.startswith("user.name") for g in self.guesses.values())


def _guess(table: DraftTable, column: DraftColumn) -> Guess:
    return guess(
        column.name,
        table=table.name,
        logical_type=column.logical_type,
        looks=column.looks | ({Look.FEW} if column.is_few else set()),
        is_key=column.unique or table.key == (column,),
    )


def _tells(column: DraftColumn, found: Guess, *, is_thing: bool) -> bool:
    if found.about is not About.SUBJECT or Look.DESK in column.looks or column.key_position:
        return False
    if _DECLARED in found.by:
        return found.category.startswith("user")
    is_told = found.is_told_by_values or not column.filled
    if found.category.startswith(_BY_VALUES) or (found.category.startswith(_ALSO_OF_THINGS) and not is_thing):
        return is_told
    return found.category.startswith(_OF_PERSONS)


def _tells_alone(found: Guess) -> bool:
    return found.category.startswith((*_OF_PERSONS, *_BY_VALUES))


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose rows each table holds.

    Attributes:
        people: tables whose rows are people, or tell of them themselves.
        theirs: tables whose rows are people's because of a row that they refer to; people's tables are among them.
        shared: tables that people's rows refer to, and that nobody else has.
        follows: by table and reference; empty where only a person can know.
    """

    people: frozenset[str]
    theirs: frozenset[str]
    shared: frozenset[str]
    follows: Mapping[tuple[str, DraftReference], str]

    @property
    def personal(self) -> frozenset[str]:
        """Every table with personal data of a data subject."""
        return self.theirs | self.shared


def whose(seen: Mapping[str, Seen], declared: Mapping[tuple[str, DraftReference], str] | None = None) -> Whose:
    """Whose rows the tables of a system hold; ``declared``: directions that somebody wrote down elsewhere."""
    people = {name for name, one in seen.items() if one.told_by}
    may_be = {name for name, one in seen.items() for column in one.table.columns if polymorphic(seen, name, column)}
    first = people | may_be
    state = _State(seen, people, first)
    said = declared or {}
    for _ in range(2 * len(seen) + 2):  # pragma: no branch  # it settles before
        follows = {(t, r): said.get((t, r)) or state.proposed(t, r) for t, r in _references(seen)}
        if follows == state.follows:
            break
        theirs = {t for (t, _), follow in follows.items() if follow == "from"} | first
        shared = {r.to_table for (_, r), follow in follows.items() if follow == "to"}
        state = _State(seen, people, theirs, shared, follows)
    return Whose(frozenset(people), frozenset(state.theirs), frozenset(state.shared - state.theirs), state.follows)


def polymorphic(seen: Mapping[str, Seen], table: str, column: DraftColumn) -> list[DraftReference]:
    """Where a column may refer that refers to something else in each row; no database declares it."""
    names = seen[table].table.names
    if not type_beside(column.name, names) or any(is_named_after(column.name, name) for name in seen):
        return []
    return [
        DraftReference((column.name,), name, (one.table.key[0].name,), by="name")
        for name, one in seen.items()
        if one.told_by and is_of_people(name) and [c.logical_type for c in one.table.key] == [column.logical_type]
    ]


def _references(seen: Mapping[str, Seen]) -> Iterator[tuple[str, DraftReference]]:
    for name, one in seen.items():
        for reference in one.table.references:
            if reference.to_table in seen:
                yield name, reference


@dataclass(frozen=True, slots=True)
class _State:
    """What is known so far of whose rows the tables hold."""

    seen: Mapping[str, Seen]
    people: set[str]
    theirs: set[str]
    shared: set[str] = field(default_factory=set)
    follows: Mapping[tuple[str, DraftReference], str] = field(default_factory=dict)

    def proposed(self, table: str, reference: DraftReference) -> str:
        """The direction that is proposed now; empty where only a person can know."""
        to = reference.to_table
        if table == to:
            return "none"
        if self._names_somebody_else(reference):
            return "" if self._may_be_own_act(table, reference) else "none"
        if to in self.theirs:
            return self._to_people(table, reference)
        return self._from_people(table, reference) if table in self.theirs else "none"

    def _from_people(self, table: str, reference: DraftReference) -> str:
        """Which way a reference leads that starts at people's rows and does not end at any."""
        if reference.to_table in self.shared or self._is_own(table, reference):
            return "to"
        is_belonging = Pointer(table, reference.columns, reference.to_table).is_to_belongings
        return "" if is_belonging and not self._is_list(table, reference) else "none"

    def _names_somebody_else(self, reference: DraftReference) -> bool:
        """Whether it names who acted, or somebody beside the data subject; staff's own table names nobody else."""
        if is_of_staff(reference.to_table) and any(map(names_own_act, reference.columns)):
            return True
        acts = any(names_act(name) and not names_own_act(name) for name in reference.columns)
        is_called_so = is_of_staff(reference.to_table) and is_named_after(reference.columns[0], reference.to_table)
        return acts or (not is_called_so and any(map(is_about_others, reference.columns)))

    def _may_be_own_act(self, table: str, reference: DraftReference) -> bool:
        """Whether those who acted are so many that they may be data subjects who wrote their own rows."""
        columns = [self.seen[table].table.column(name) for name in reference.columns]
        is_of_many = all(c.filled and not self._is_list(table, reference) for c in columns)
        leads = [r for t, r in _references(self.seen) if t == table and r.to_table in self.theirs]
        to = reference.to_table
        return is_of_many and to != table and to in self.people and not is_of_staff(to) and leads == [reference]

    def _to_people(self, table: str, reference: DraftReference) -> str:
        """Which way a reference leads that ends at people's rows."""
        to = reference.to_table
        if any(map(names_own_act, reference.columns)):
            return ""
        others = [r for t, r in _references(self.seen) if t == table and r is not reference and r.to_table != table]
        also = [r for r in others if r.to_table in self.theirs and not any(map(names_act, r.columns))]
        if is_of_staff(to) and (table in self.people or self._has_another_subject(table, others)):
            return "none"  # whoever serves the person, or works on the thing, that the row is about
        if table not in self.people and self._serves_others(table, reference):
            return "none"
        if any(r.to_table == table and self._is_list(to, r) for t, r in _references(self.seen) if t == to):
            return "none"  # a list that people's rows refer to, and that names one of them
        if to not in self.people and Pointer(table, reference.columns, to).is_to_belongings:
            return "none" if also else ""
        return "from"

    def _has_another_subject(self, table: str, others: Sequence[DraftReference]) -> bool:
        """Whether rows are about somebody or something else than staff: what they refer to differs from row to row."""
        return any(
            not is_of_staff(r.to_table) and (r.to_table in self.theirs or not self._is_list(table, r)) for r in others
        )

    def _serves_others(self, table: str, reference: DraftReference) -> bool:
        """Whether rows are about, or serve, people who far outnumber these: the pupils of a teacher's course."""
        few = self._persons(reference.to_table, without=table)
        outnumbered = _FAR_MORE * max((self.seen[name].table.rows for name in few), default=0)
        about = {
            name for r in self._own(table) if r is not reference for name in self._persons(r.to_table, without=table)
        }
        served = {
            name
            for t, r in _references(self.seen)
            if r.to_table == table and t != table and self._is_list(t, r)
            for name in self._persons(t, without=table)
        }
        return bool(few) and any(self.seen[name].table.rows >= outnumbered for name in (about | served) - few)

    def _own(self, table: str) -> list[DraftReference]:
        """References by which rows were found to be people's."""
        return [r for (t, r), follow in self.follows.items() if t == table and follow == "from"]

    def _persons(self, table: str, *, without: str) -> set[str]:
        """Tables of persons whose rows the table's are, by ways that do not lead through ``without``."""
        found: set[str] = set()
        seen, ahead = {without}, [table]
        while ahead:
            name = ahead.pop()
            if name in seen:
                continue
            seen.add(name)
            if self.seen[name].is_of_persons:
                found.add(name)
            else:
                ahead += [r.to_table for r in self._own(name)]
        return found

    def _is_own(self, table: str, reference: DraftReference) -> bool:
        """Whether nearly every row refers to one of its own, which is an address or the like."""
        is_belonging = self.seen[reference.to_table].is_belonging
        columns = [self.seen[table].table.column(name) for name in reference.columns]
        return is_belonging and all(c.filled and c.distinct >= _OWN_SHARE * c.filled for c in columns)

    def _is_list(self, table: str, reference: DraftReference) -> bool:
        columns = [self.seen[table].table.column(name) for name in reference.columns]
        return all(column.distinct < _OWN_SHARE * column.filled for column in columns)
