"""What rows say about who they belong to, read from the systems as they are asked (Art. 33, 34).

A row is read once, in a statement a table: its keys in their normal form, what it refers to, an e-mail address, and,
where it holds none, what a letter needs. See :mod:`tasks.rules.search.persons` for how rows are joined.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any, Final

from data_contracts.company.contract import Column, Contracts, Reference, Table
from data_contracts.connectors.keys import Selection, When
from data_contracts.text.plain_text import as_text, plain
from data_contracts.vocabulary import Follow
from tasks.rules.search.found import written
from tasks.rules.search.inside import keys_held
from tasks.rules.search.persons import Address, Node, Paper, Sighting
from tasks.services import services

EMAIL: Final = "email"
_LANGUAGE: Final = "user.demographic.language"
_NAME: Final = "user.name"
_POSTAL: Final = "user.contact.address"
_STREET, _CITY, _COUNTRY = f"{_POSTAL}.street", f"{_POSTAL}.city", f"{_POSTAL}.country"
_LINES: Final = ((_POSTAL, _STREET), (f"{_POSTAL}.postal_code", _CITY), (f"{_POSTAL}.state",))
_LANGUAGE_LETTERS: Final = 2
_COUNTRY_LETTERS: Final = 2
TYPED: Final = 1_000
"""What an address is worth that somebody typed: less than each that we vouch for."""


def account_kinds(contracts: Contracts) -> frozenset[str]:
    """Kinds of key by which one person's account is told from another's, whatever else is unique."""
    kinds = contracts.vocabulary.identities
    keys = (
        table.column(table.primary_key[0])
        for table in contracts.tables()
        if len(table.primary_key) == 1 and any(column.name == table.primary_key[0] for column in table.columns)
    )
    numbers = {c.identity for c in keys if c.identity and c.is_vouched and kinds[c.identity].normalise == "verbatim"}
    return frozenset(numbers) | {table.account for table in contracts.tables() if table.account}


def is_postal(table: Table) -> bool:
    """Whether its rows hold postal addresses."""
    return any(column.category in {_STREET, _POSTAL} for column in table.columns)


def follows(table: Table) -> list[Reference]:
    """References along which a row is whoever's the row is that it refers to."""
    return [r for r in table.references if Follow.FROM in r.follow and r.assertion.is_vouched]


def sightings(table: Table, selection: Selection, worth: int = 0) -> Iterator[Sighting]:
    """What each of the selected rows says; ``worth`` is that of an address that we vouch for."""
    reading = _Reading.of(table, worth)
    connector = services().systems.connector(table.system)
    for batch in connector.read(selection, list(reading.columns)):
        for row in batch.to_pylist():
            yield from reading.seen(row)


def bare(kind: str, form: str, worth: int) -> Sighting:
    """What a key says that stands for itself."""
    addresses: tuple[Address, ...] = ((worth, form, ""),) if kind == EMAIL else ()
    return Sighting(bare=((kind, form),), addresses=addresses, paper=Paper(keys=((kind, form),)))


def cells(contracts: Contracts, table: Table) -> tuple[tuple[str, ...], ...]:
    """Columns of a table to which rows refer that are whoever's its row is."""
    into = (
        reference.to_columns
        for other in contracts.tables()
        for reference in follows(other)
        if (reference.to_system, reference.to_table) == (table.system, table.name)
    )
    return tuple(dict.fromkeys(into))


def fulfils(row: Mapping[str, Any], whens: tuple[When, ...]) -> bool:
    """Whether a row fulfils every condition."""
    return all(((None if (v := row[w.column]) is None else as_text(v)) in w.values) is not w.negated for w in whens)


def is_of_people(table: Table, contracts: Contracts) -> bool:
    """Whether each row is somebody, also one that holds no key: an account, or what has a name and hangs on nothing."""
    keys = {*table.primary_key} if len(table.primary_key) == 1 else set()
    if table.account or any(c.is_vouched and (c.unique or c.name in keys) for c in table.identities):
        return True
    is_named = any(column.category.startswith(_NAME) for column in table.columns)
    return not follows(table) and (is_named or bool(cells(contracts, table)))


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the rows of one table are read.

    Attributes:
        cells: columns to which rows refer that are whoever's the row is.
        columns: everything that is read.
        at: the reference to a postal address that lies in another table.
    """

    table: Table
    worth: int
    accounts: frozenset[str]
    cells: tuple[tuple[str, ...], ...]
    is_of_people: bool
    at: Reference | None
    numbers: Iterator[int] = field(default_factory=count)

    @classmethod
    def of(cls, table: Table, worth: int) -> "_Reading":
        """How rows of a table are read."""
        contracts = services().contracts
        at = None if is_postal(table) else _postal_reference(table, contracts)
        own = cells(contracts, table)
        return cls(table, worth, account_kinds(contracts), own, is_of_people(table, contracts), at)

    @property
    def columns(self) -> tuple[str, ...]:
        """Everything that is read."""
        references = follows(self.table)
        names = (
            *self.table.primary_key,
            *(column.name for column in self.table.identities),
            *(when.column for column in self.table.identities for when in column.when),
            *chain(*self.cells),
            *chain(*(one.columns for one in references)),
            *(when.column for one in references for when in one.when),
            *(self.at.columns if self.at else ()),
            *(c.name for c in self.table.columns if c.category.startswith((_LANGUAGE, _NAME, _POSTAL))),
        )
        return tuple(dict.fromkeys(names))

    def seen(self, row: Mapping[str, Any]) -> Iterator[Sighting]:
        """What a row says; of several people inside one value, each for themselves."""
        found = _Found(
            own=[n for n in (_cell(self.table.system, self.table.name, c, row, c) for c in self.cells) if n],
            links=[n for n in (self._link(one, row) for one in follows(self.table)) if n],
        )
        kinds = services().contracts.vocabulary.identities
        for column, forms in self._keys(row):
            if column.inside is not None:
                yield from (bare(column.identity, form, self.worth + TYPED) for form in forms)
                continue
            place = found.others if kinds[column.identity].shared or not column.is_vouched else found.keys
            if column.is_vouched and column.identity in self.accounts:
                place = found.own if self.table.account == column.identity else found.links
            place += [(column.identity, form) for form in forms]
        if found.is_empty and self.is_of_people:
            found.own.append(self._row(row))
        mails = self._addresses(row)
        yield found.sighting(mails, None if mails else self._paper(row), self.accounts)

    def _row(self, row: Mapping[str, Any]) -> Node:
        """What stands for a row that names nobody, and is somebody."""
        key = self.table.primary_key
        node = _cell(self.table.system, self.table.name, key, row, key) if key else None
        return node or ("row", self.table.system, self.table.name, next(self.numbers))

    def _link(self, reference: Reference, row: Mapping[str, Any]) -> Node | None:
        if not fulfils(row, reference.when):
            return None
        return _cell(reference.to_system, reference.to_table, reference.to_columns, row, reference.columns)

    def _keys(self, row: Mapping[str, Any]) -> Iterator[tuple[Column, list[str]]]:
        """The keys that a row holds, column by column, in their normal form."""
        vocabulary = services().contracts.vocabulary
        for column in self.table.identities:
            if row[column.name] is None or not fulfils(row, column.when):
                continue
            rule = vocabulary.identities[column.identity].normalise
            region = vocabulary.company.country
            forms = sorted(keys_held(column, rule, row[column.name], region))
            if forms:
                yield column, forms

    def _addresses(self, row: Mapping[str, Any]) -> tuple[Address, ...]:
        """An address for whoever's the row is: the first that we vouch for, else the first that somebody typed."""
        language = self._language(row)
        found = [
            (self.worth + (0 if column.is_vouched else TYPED), forms[0], language)
            for column, forms in self._keys(row)
            if column.identity == EMAIL and column.inside is None
        ]
        return tuple(sorted(found, key=lambda one: one[0])[:1])

    def _language(self, row: Mapping[str, Any]) -> str:
        """ISO 639 code, however the row spells it: ``fr``, ``FR``, ``fr-BE``."""
        return _said(row, self.table, _LANGUAGE)[:_LANGUAGE_LETTERS].lower()

    def _paper(self, row: Mapping[str, Any]) -> Paper:
        """What the row says for a letter."""
        keys = tuple((c.identity, form) for c, forms in self._keys(row) if c.inside is None for form in forms)
        to = self.at
        key = tuple(row[name] for name in to.columns) if to else ()
        at = (to.to_system, to.to_table, to.to_columns, key) if to and None not in key else None
        lines, country = postal_lines(self.table, row)
        return Paper(_name(row, self.table), lines, country, self._language(row), at, keys)


@dataclass(slots=True)
class _Found:
    """What was found in a row."""

    own: list[Node]
    links: list[Node]
    keys: list[Node] = field(default_factory=list)
    others: list[Node] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.own or self.links or self.keys or self.others)

    def sighting(self, mails: tuple[Address, ...], paper: Paper | None, accounts: frozenset[str]) -> Sighting:
        """All of it; of a row that tells nobody surely, one key stands for it: the account's, where it has one."""
        others = sorted(dict.fromkeys(self.others), key=lambda node: (node[0] not in accounts, node[0] != EMAIL))
        bare_ones = () if self.own or self.links or self.keys else tuple(others[:1])
        return Sighting(
            own=tuple(self.own),
            links=tuple(self.links),
            keys=tuple(self.keys),
            held=tuple(others[len(bare_ones) :]),
            bare=bare_ones,
            addresses=mails,
            paper=paper,
        )


def postal_columns(table: Table) -> list[str]:
    """Columns that hold parts of a postal address."""
    return [column.name for column in table.columns if column.category.startswith(_POSTAL)]


def postal_lines(table: Table, row: Mapping[str, Any]) -> tuple[tuple[str, ...], str]:
    """The lines of a postal address as a row holds it, without the country's, and the country's code."""
    lines = [" ".join(filter(None, (_said(row, table, category) for category in parts))) for parts in _LINES]
    country = _said(row, table, _COUNTRY)
    is_code = country.isascii() and country.isalpha() and len(country) == _COUNTRY_LETTERS
    return tuple(filter(None, (*lines, "" if is_code else country))), country.upper() if is_code else ""


def _cell(
    system: str, table: str, to: tuple[str, ...], row: Mapping[str, Any], columns: tuple[str, ...]
) -> Node | None:
    """What the row of a table is by the values that others refer to; None where one is missing."""
    values = tuple(row[name] for name in columns)
    return None if None in values else ("row", system, table, to, written(values))


def _postal_reference(table: Table, contracts: Contracts) -> Reference | None:
    """The reference to the table that holds the postal address of a row."""
    held = (r for r in table.references if r.to_system in contracts.systems)
    return next((r for r in held if is_postal(contracts.table(r.to_system, r.to_table))), None)


def _said(row: Mapping[str, Any], table: Table, category: str) -> str:
    """What the columns of one category say, on one line."""
    values = (row.get(column.name) for column in table.columns if column.category == category)
    return " ".join(" ".join(plain(as_text(value)).split()) for value in values if value is not None).strip()


def _name(row: Mapping[str, Any], table: Table) -> str:
    parts = (_said(row, table, category) for category in (f"{_NAME}.first", _NAME, f"{_NAME}.last"))
    return " ".join(filter(None, parts))
