"""The data protection officer's registers and the record of processing, in words, as reports and as rows (Art. 30).

What is said of categories and periods is what a data subject is told (:mod:`integrations.channels.package.article15`),
so that the record and an answer under Art. 15 can never differ.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from data_contracts.company.company import Contact, Organisation, Party, Purpose
from data_contracts.company.contract import Contracts, in_language
from data_contracts.company.taxonomy import is_special
from data_contracts.officer.entries import Entry, RegisterName
from data_contracts.officer.processing import Activity, ProcessingRecord, RegisterShown
from data_contracts.officer.registers import fact_names
from data_contracts.officer.reports import Block, FactList, Grid, Heading, Paragraph, Report
from integrations.channels.package.article15 import article_15, category_label, purpose_label
from integrations.channels.package.tables import Disclosure, human, system_title
from integrations.channels.templating import country_name, known_language, page_words, told_day

__all__ = ["RegisterPages"]

_DAYS: Final = frozenset(
    {"valid_from", "valid_until", "done_on", "review_on", "authorised_from", "authorised_until", "withdrawn"}
)
_PARTS: Final = (
    "basis", "joint", "subjects", "categories", "recipients", "transfers", "retention", "automated", "assessments",
    "systems",
)  # fmt: skip
"""What is told of an activity, in the order of Art. 30(1)."""
_BY_LINE: Final = frozenset({"joint", "recipients", "transfers", "retention"})
_BETWEEN: Final = "; "


@dataclass(frozen=True, slots=True)
class RegisterPages:
    """Registers of one organisation, in words; languages we have no words for are told in the organisation's first."""

    contracts: Contracts
    organisation: Organisation

    def register(self, shown: RegisterShown, made_at: datetime, language: str = "") -> Report:
        """A register, with its history where it is given."""
        words = self._in(language)
        said, titles = words.said, words.said["registers"][shown.name.value]
        names = fact_names(shown.name)
        columns = (titles["key"], *(said["facts"][name] for name in names), said["standing"], said["entered_by"])
        rows = tuple((*words.entry(entry, names), *words.entered(entry, shown)) for entry in shown.entries)
        blocks: list[Block] = [Grid(columns, rows, empty=said["nothing"])]
        if shown.history is not None:
            blocks += [Heading(said["history"]), words.changes(shown.history)]
        return Report(
            titles["title"],
            words.language,
            f"{shown.name.value} {words.day(made_at)}",
            made_at,
            tuple(blocks),
            subtitle=titles["subtitle"],
            is_wide=True,
        )

    def activity(self, activity: Activity, language: str = "") -> dict[str, list[str]]:
        """What Art. 30 asks of one activity, as lists of words by what they are about; beside them its purpose."""
        return self._in(language).activity(activity)

    def processing_rows(self, record: ProcessingRecord, language: str = "") -> tuple[list[str], list[list[str]]]:
        """Titles and one row for each activity, those for other controllers last."""
        words = self._in(language)
        titles = words.said["processing"]
        columns = [titles[part] for part in ("purpose", "name", *_PARTS, "measures")]
        measures = _BETWEEN.join(words.measures())
        rows = []
        for activity in (*record.own, *record.for_others):
            told = words.activity(activity)
            parts = [_BETWEEN.join(told[part]) for part in ("purpose", "controller", *_PARTS)]
            rows.append([*parts, measures])
        return columns, rows

    def processing(self, record: ProcessingRecord, made_at: datetime, language: str = "") -> Report:
        """Both records of Art. 30, with what holds for all activities first."""
        words = self._in(language)
        titles = words.said["processing"]
        blocks: list[Block] = [*words.about_us(record), Heading(titles["own"])]
        blocks += [
            Grid((titles["purpose"], titles["basis"], titles["systems"]), words.overview(record.own), widths=(5, 4, 3))
        ]
        blocks += [block for activity in record.own for block in words.activity_blocks(activity)]
        if record.for_others:
            blocks += [Heading(titles["others"])]
            blocks += [block for activity in record.for_others for block in words.activity_blocks(activity)]
        title, reference = titles["title"], f"Art. 30 {words.day(made_at)}"
        return Report(title, words.language, reference, made_at, tuple(blocks), subtitle=titles["subtitle"])

    def _in(self, language: str) -> "_Telling":
        return _Telling(self.contracts, self.organisation, known_language(language, self.organisation))


class _Telling:
    """Words of one language for what registers and contracts say in keys."""

    def __init__(self, contracts: Contracts, organisation: Organisation, language: str) -> None:
        self.language = language
        self.said = page_words("registers", language)
        self._contracts = contracts
        self._vocabulary = contracts.vocabulary
        self._organisation = organisation
        self._zone = ZoneInfo(organisation.time_zone)

    def day(self, moment: datetime) -> str:
        """The day it was at the organisation's place."""
        return f"{moment.astimezone(self._zone):%Y-%m-%d}"

    # --- registers ---------------------------------------------------------------------------------------------------

    def entry(self, entry: Entry, names: Iterable[str]) -> Iterator[str]:
        """What an entry is about, and its facts."""
        yield self._about(entry)
        for name in names:
            yield self._fact(name, str(entry.facts.get(name, "")))

    def entered(self, entry: Entry, shown: RegisterShown) -> tuple[str, str]:
        """How an entry stands, and who entered it when."""
        standing = self.said["standings"][shown.standings[entry.key]]
        return standing, f"{entry.actor}, {self.day(entry.at)}"

    def changes(self, history: Iterable[Entry]) -> Grid:
        """Every row, with what stood there before."""
        titles = self.said["changes"]
        before: dict[str, str] = {}
        rows = []
        for row in history:
            after = titles["removed"] if row.is_removed else self._all_facts(row)
            at = f"{row.at.astimezone(self._zone):%Y-%m-%d %H:%M}"
            rows.append((at, row.actor, row.key, before.get(row.key, ""), after))
            before[row.key] = after
        columns = tuple(titles[name] for name in ("at", "by", "key", "before", "after"))
        return Grid(columns, tuple(rows), widths=(3, 3, 4, 7, 7), empty=self.said["nothing"])

    def _all_facts(self, row: Entry) -> str:
        return _BETWEEN.join(
            f"{self.said['facts'].get(name, name)}{self.said['colon']} {self._fact(name, str(value))}"
            for name, value in row.facts.items()
        )

    def _about(self, entry: Entry) -> str:
        about, _, detail = entry.key.partition("/")
        if entry.register is RegisterName.TRAINING:
            return entry.key
        if entry.register is not RegisterName.DPIAS:
            party = self._vocabulary.parties.get(about)
            return party.name if party else about
        system = self._contracts.systems.get(about)
        title = system_title(system, self.language) if system else about
        return f"{title} – {self._purpose(detail)}" if detail else title

    def _fact(self, name: str, value: str) -> str:
        if name in _DAYS:
            return told_day(value, self.language)
        return str(self.said["risks"].get(value, value)) if name == "risk" else value

    # --- the record of processing ------------------------------------------------------------------------------------

    def about_us(self, record: ProcessingRecord) -> Iterator[Block]:
        """Art. 30(1)(a), and (g): the same for every activity."""
        titles, org = self.said["processing"], self._organisation
        joint = dict.fromkeys(key for activity in record.own for key in activity.joint)
        yield Heading(titles["controller"])
        yield FactList(
            (
                (titles["name"], f"{self._vocabulary.company.name}, {self._country(self._vocabulary.company.country)}"),
                (titles["contact"], _reached(org.requests)),
                (titles["dpo"], _reached(org.dpo)),
                (titles["authority"], org.authority.name),
                *_listed(titles["joint_all"], [self._with_contact(key) for key in joint] or [self.said["none"]]),
            )
        )
        yield Heading(titles["measures"])
        measures = self.measures()
        if not measures:
            yield Paragraph(titles["measures_none"], is_strong=True)
        yield from (Paragraph(f"• {measure}") for measure in measures)

    def measures(self) -> list[str]:
        """Art. 30(1)(g), in the language, else in the organisation's first that has them."""
        told = self._organisation.security_measures
        wishes = (self.language, *self._organisation.languages, *told)
        return next((told[wish] for wish in wishes if told.get(wish)), [])

    def overview(self, activities: Iterable[Activity]) -> tuple[tuple[str, ...], ...]:
        """Purpose, basis and systems of each activity."""
        return tuple(
            (self._purpose(one.purpose), self._bases(one)[0], _BETWEEN.join(self._systems(one))) for one in activities
        )

    def activity_blocks(self, activity: Activity) -> Iterator[Block]:
        """One activity, under its purpose."""
        titles, told = self.said["processing"], self.activity(activity)
        yield Heading(told["purpose"][0])
        parts = [part for part in _PARTS if told[part]]
        shown = {part: told[part] if part in _BY_LINE else [_BETWEEN.join(told[part])] for part in parts}
        facts = [pair for part in parts for pair in _listed(titles[part], shown[part])]
        if activity.controller != self._vocabulary.company.key:
            facts = [(titles["on_behalf"], self._with_contact(activity.controller)), *facts]
        yield FactList(tuple(facts))

    def activity(self, activity: Activity) -> dict[str, list[str]]:
        """What Art. 30 asks, by what it is about; an empty list means that nothing is to be told."""
        titles, purpose = self.said["processing"], self._vocabulary.purposes[activity.purpose]
        parties = self._receiving(activity)
        logic = in_language(purpose.automated_decision_label, self.language) or purpose.automated_decision
        return {
            "purpose": [self._purpose(activity.purpose)],
            "controller": [self._vocabulary.parties[activity.controller].name],
            "basis": self._bases(activity),
            "joint": [self._with_contact(key) for key in activity.joint],
            "subjects": [self.said["subjects"].get(key, human(key)) for key in activity.subjects],
            "categories": self._categories(activity),
            "recipients": [self._recipient(party) for party in parties] or [titles["nobody"]],
            "transfers": [self._transfer(party) for party in parties if party.transfer] or [titles["no_transfer"]],
            "retention": list(self._retention(activity)),
            "automated": [logic] if logic else [],
            "assessments": list(activity.assessments),
            "systems": self._systems(activity) or [titles["no_place"]],
        }

    def _bases(self, activity: Activity) -> list[str]:
        purpose = self._vocabulary.purposes[activity.purpose]
        return [self.said["bases"][purpose.basis.value], *self._qualities(purpose)]

    def _qualities(self, purpose: Purpose) -> Iterator[str]:
        titles = self.said["processing"]
        if purpose.law:
            yield titles["law"].format(text=purpose.law)
        if purpose.interest:
            yield titles["interest"].format(text=in_language(purpose.interest_label, self.language) or purpose.interest)
        if purpose.special:
            yield titles["art9"].format(text=self.said["special"].get(purpose.special, purpose.special))
        if purpose.direct_marketing:
            yield titles["marketing"]
        if purpose.profiling:
            yield titles["profiling"]

    def _categories(self, activity: Activity) -> list[str]:
        """Art. 30(1)(c), special categories marked (Art. 9)."""
        mark = self.said["processing"]["special"]
        keys = dict.fromkeys(
            column.category for held in self._held(activity) for column in held.columns if column.category
        )
        told = {key: category_label(key, self.language) for key in keys}
        return list(dict.fromkeys(f"{text} ({mark})" if is_special(key) else text for key, text in told.items()))

    def _receiving(self, activity: Activity) -> list[Party]:
        """Art. 30(1)(d): who decides with us receives the data too; whose record it is does not."""
        deciding = {self._vocabulary.company.key, activity.controller}
        keys = dict.fromkeys(
            key
            for held in self._held(activity)
            for key in (
                *(held.table.recipients or self._contracts.systems[held.path[0]].recipients),
                *activity.joint,
            )
        )
        return [self._vocabulary.parties[key] for key in keys if key not in deciding]

    def _recipient(self, party: Party) -> str:
        role = self.said["roles"]["joint" if party.joint else party.role.value]
        return f"{party.name} ({role}, {self._country(party.country)})"

    def _transfer(self, party: Party) -> str:
        """Art. 30(1)(e)."""
        safeguard = self.said["transfers"].get(party.transfer, party.transfer)
        return f"{self._country(party.country)}, {party.name}{self.said['colon']} {safeguard}"

    def _retention(self, activity: Activity) -> Iterator[str]:
        """Art. 30(1)(f): periods with the law that asks for them, by table; equal ones are told once."""
        held = self._held(activity)
        places: dict[str, list[str]] = {}
        for one, line in zip(held, article_15(held, self._contracts, self.language).retention, strict=True):
            notes = (
                line.notes if one.table.retentions else (self.said["processing"]["until_purpose_ends"], *line.notes[1:])
            )
            places.setdefault(_BETWEEN.join(notes), []).append(line.what)
        for told, tables in places.items():
            yield f"{', '.join(tables)}{self.said['colon']} {told}"

    def _held(self, activity: Activity) -> list[Disclosure]:
        """The tables of an activity, with the columns that serve it."""
        found = []
        for place in activity.places:
            table = self._contracts.table(place.system, place.table)
            named = (column for column in table.rules if column.name in place.columns)
            columns = tuple(one for one in named if activity.purpose in (one.purposes or table.purposes))
            found.append(Disclosure((place.system, place.table), table, columns, frozenset(), ""))
        return found

    def _systems(self, activity: Activity) -> list[str]:
        systems = dict.fromkeys(place.system for place in activity.places)
        return [system_title(self._contracts.systems[name], self.language) for name in systems]

    def _purpose(self, key: str) -> str:
        return purpose_label(key, self._vocabulary, self.language)

    def _country(self, code: str) -> str:
        return country_name(code, self.language)

    def _with_contact(self, key: str) -> str:
        party = self._vocabulary.parties[key]
        return ", ".join(part for part in (party.name, self._country(party.country), party.contact) if part)


def _reached(contact: Contact) -> str:
    """Where somebody can be reached, on one line."""
    address = ", ".join(contact.address.lines)
    parts = ("" if contact.name in address else contact.name, address, contact.email, contact.phone, contact.website)
    return ", ".join(part for part in parts if part)


def _listed(title: str, values: list[str]) -> Iterator[tuple[str, str]]:
    """A line for each value, the title before the first."""
    for place, value in enumerate(values):
        yield ("" if place else title), value
