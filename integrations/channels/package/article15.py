"""What Art. 15(1)(a) to (h) and 15(2) make us tell about the tables in which something is held.

Everything is read from contracts and vocabulary, so that the answer to a data subject and the record of processing can
never differ. Lists are in reading order and name each thing once; an empty list means there is nothing to tell, and
the page then says so in words.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data_contracts.case.disclosures import AT_REQUEST, Received
from data_contracts.company.company import Party, Purpose, Vocabulary
from data_contracts.company.contract import Contracts, Retention, in_language
from data_contracts.company.row_cases import table_name
from data_contracts.vocabulary import ColumnErasure, TableErasure
from integrations.channels.package.tables import Disclosure, column_label, human, system_title, table_title
from integrations.channels.templating import country_name, long_date, words

__all__ = ["Article15", "Line", "article_15", "category_label", "purpose_label"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a list: what, what belongs to it, and where."""

    what: str
    notes: tuple[str, ...] = ()
    where: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Art. 15(1)(c) and 15(2): named, with the safeguard of a transfer (Art. 46)."""

    name: str
    role: str
    country: str
    safeguard: str
    policy: str


@dataclass(frozen=True, slots=True)
class Actual:
    """Art. 15(1)(c) as CJEU C-154/21 reads it: who has really received data, when, and what for."""

    name: str
    on: str
    purpose: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Article15:
    """The letters that depend on what is held; (e) and (f) are the same for everybody and stand in the page."""

    purposes: tuple[Line, ...]
    categories: tuple[Line, ...]
    recipients: tuple[Recipient, ...]
    actual: tuple[Actual, ...]
    retention: tuple[Line, ...]
    sources: tuple[Line, ...]
    automated: tuple[Line, ...]
    has_transfers: bool
    """A recipient is outside the European Economic Area, with the safeguard named (Art. 15(2))."""


def article_15(
    held: Sequence[Disclosure], contracts: Contracts, language: str, received: Sequence[Received] = ()
) -> Article15:
    """What to tell of the tables in ``held``, and of who has ``received`` data, in local time; empty for nothing."""
    told = _Telling(contracts, words(language), language)
    used = told.used_purposes(held)
    return Article15(
        purposes=told.purposes(used),
        categories=told.categories(held),
        recipients=told.recipients(held, received),
        actual=tuple(told.actual(one) for one in received),
        retention=tuple(told.retention(entry) for entry in held),
        sources=told.sources(held),
        automated=told.automated(used),
        has_transfers=told.has_transfers(held, received),
    )


def purpose_label(key: str, vocabulary: Vocabulary, language: str) -> str:
    """What a data subject reads for a purpose: its label, else what its key says."""
    purpose = vocabulary.purposes.get(key)
    return _worded(purpose.label, language) or human(key) if purpose else human(key)


def category_label(key: str, language: str) -> str:
    """What a data subject reads for a category of the taxonomy."""
    said = words(language)["categories"]
    parts = key.split(".")
    told = [said.get(part, part.replace("_", " ")) for part in (parts[1:] or parts)]
    return human(" – ".join(told)) if len(told) == 1 else " – ".join((human(told[0]), *told[1:]))


def _worded(label: Mapping[str, str], language: str) -> str:
    return label.get(language) or next(iter(label.values()), "")


def table_purposes(entry: Disclosure) -> tuple[str, ...]:
    """Keys of the purposes a table and its disclosed columns serve, each once."""
    of_columns = (key for column in entry.columns for key in column.purposes)
    return tuple(dict.fromkeys((*entry.table.purposes, *of_columns)))


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Places by key, both in order of first mention, each once."""
    groups: dict[str, dict[str, None]] = {}
    for key, place in pairs:
        groups.setdefault(key, {})[place] = None
    return {key: tuple(places) for key, places in groups.items()}


class _Telling:
    """Words for what contracts say in codes, in one language."""

    def __init__(self, contracts: Contracts, said: dict[str, Any], language: str) -> None:
        self._contracts = contracts
        self._vocabulary = contracts.vocabulary
        self._said = said
        self._page = said["page"]
        self._language = language

    def _place(self, entry: Disclosure) -> str:
        system = self._contracts.systems[entry.path[0]]
        return f"{system_title(system, self._language)} – {table_title(entry.table, self._language)}"

    def used_purposes(self, held: Sequence[Disclosure]) -> dict[str, tuple[str, ...]]:
        """Places by key of purpose."""
        return _grouped((key, self._place(entry)) for entry in held for key in table_purposes(entry))

    def purposes(self, used: Mapping[str, tuple[str, ...]]) -> tuple[Line, ...]:
        """Art. 15(1)(a), with the legal basis that Art. 13(1)(c) and (d) ask for."""
        return tuple(Line(self._purpose(key), tuple(self._bases(key)), places) for key, places in used.items())

    def _purpose(self, key: str) -> str:
        return purpose_label(key, self._vocabulary, self._language)

    def _bases(self, key: str) -> Iterator[str]:
        purpose = self._vocabulary.purposes.get(key)
        if purpose is None:
            return
        yield self._said["bases"][purpose.basis.value]
        yield from self._qualities(purpose)

    def _qualities(self, purpose: Purpose) -> Iterator[str]:
        page = self._page
        if purpose.law:
            yield page["law"].format(text=purpose.law)
        if purpose.interest:
            told = in_language(purpose.interest_label, self._language) or purpose.interest
            yield page["interest"].format(text=told)
        if purpose.special:
            yield page["special"].format(text=self._said["special"].get(purpose.special, purpose.special))
        if purpose.direct_marketing:
            yield page["marketing"]
        if purpose.profiling:
            yield page["profiling"]

    def categories(self, held: Sequence[Disclosure]) -> tuple[Line, ...]:
        """Art. 15(1)(b)."""
        pairs = (
            (self._category(c.category), self._place(entry)) for entry in held for c in entry.columns if c.category
        )
        return tuple(Line(what, where=places) for what, places in _grouped(pairs).items())

    def _category(self, key: str) -> str:
        return category_label(key, self._language)

    def recipients(self, held: Sequence[Disclosure], received: Sequence[Received]) -> tuple[Recipient, ...]:
        """Art. 15(1)(c): parties that receive the data or did, and controllers other than us, by name."""
        return tuple(self._recipient(party) for party in self._receiving(held, received))

    def has_transfers(self, held: Sequence[Disclosure], received: Sequence[Received]) -> bool:
        """Art. 15(2): whether a recipient is in a third country; the contracts check that it names its safeguard."""
        return any(party.transfer for party in self._receiving(held, received))

    def _receiving(self, held: Sequence[Disclosure], received: Sequence[Received]) -> list[Party]:
        declared = (key for entry in held for key in self._parties(entry))
        keys = dict.fromkeys((*declared, *(one.recipient for one in received)))
        own = self._vocabulary.company.key
        return [self._vocabulary.parties[key] for key in keys if key != own and key in self._vocabulary.parties]

    def actual(self, one: Received) -> Actual:
        """A disclosure in words; a party or table that no file names any more is told by its key."""
        party = self._vocabulary.parties.get(one.recipient)
        purpose = self._page["art20_request"] if one.purpose == AT_REQUEST else self._purpose(one.purpose)
        day = long_date(one.at.date(), self._language)
        return Actual(party.name if party else human(one.recipient), day, purpose, tuple(map(self._told, one.places)))

    def _told(self, place: str) -> str:
        """What a person calls ``system.table``."""
        system, _, name = place.partition(".")
        contract = self._contracts.systems.get(system)
        tables = [t for t in contract.tables if t.name == table_name(name)] if contract else []
        return table_title(tables[0], self._language) if tables else human(name or place)

    def _parties(self, entry: Disclosure) -> Iterator[str]:
        system = self._contracts.systems[entry.path[0]]
        yield from entry.table.recipients or system.recipients
        yield entry.table.controller or system.controller

    def _recipient(self, party: Party) -> Recipient:
        safeguard = self._said["transfers"].get(party.transfer, party.transfer) or self._page["safeguard_none"]
        country = country_name(party.country, self._language)
        return Recipient(party.name, self._said["roles"][party.role.value], country, safeguard, party.policy)

    def retention(self, entry: Disclosure) -> Line:
        """Art. 15(1)(d): the period, or the criteria that determine it; and what a hold keeps longer."""
        periods = tuple(self._period(entry, retention) for retention in entry.table.retentions)
        holds = tuple(self._hold(key) for key in dict.fromkeys(_holds(entry)))
        return Line(self._place(entry), (*(periods or (self._page["d_criteria"],)), *holds))

    def _period(self, entry: Disclosure, retention: Retention) -> str:
        units = self._said["units"].get(retention.unit, [retention.unit] * 2)
        start = self._said["starts"][retention.start.value].format(column=self._column(entry, retention.column))
        period = f"{retention.value} {units[retention.value != 1]} {start}"
        kept = in_language(retention.labels, self._language) or retention.description.rstrip(".")
        return f"{kept}{self._page['colon']} {period}" if kept else period

    def _column(self, entry: Disclosure, name: str) -> str:
        labels = (column_label(column, self._language) for column in entry.table.columns if column.name == name)
        return next(labels, human(name))

    def _hold(self, key: str) -> str:
        hold = self._vocabulary.holds.get(key)
        text = f"{_worded(hold.label, self._language) or hold.note or human(key)}, {hold.law}" if hold else human(key)
        return str(self._page["d_hold"].format(text=text))

    def sources(self, held: Sequence[Disclosure]) -> tuple[Line, ...]:
        """Art. 15(1)(g)."""
        said = self._said["sources"]
        pairs = ((said[c.source.value], self._place(entry)) for entry in held for c in entry.columns if c.category)
        return tuple(Line(what, where=places) for what, places in _grouped(pairs).items())

    def automated(self, used: Iterable[str]) -> tuple[Line, ...]:
        """Art. 15(1)(h): logic, significance and consequences in plain words."""
        purposes = ((key, self._vocabulary.purposes.get(key)) for key in used)
        return tuple(Line(self._purpose(k), (self._logic(p),)) for k, p in purposes if p and p.automated_decision)

    def _logic(self, purpose: Purpose) -> str:
        return in_language(purpose.automated_decision_label, self._language) or purpose.automated_decision


def _holds(entry: Disclosure) -> Iterator[str]:
    """Keys of holds that make a part of the table outlive an erasure request."""
    if entry.table.hold and entry.table.erase is TableErasure.KEEP:
        yield entry.table.hold
    kept = {ColumnErasure.KEEP, ColumnErasure.HMAC}
    yield from (c.hold for c in entry.columns if c.hold and c.erase in kept)
    yield from (retention.hold for retention in entry.table.retentions if retention.hold)
