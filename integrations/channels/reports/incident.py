"""The authority's file of an incident, and the register of incidents, in words (Art. 33(3), 33(5))."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from data_contracts.company.company import Contact, Organisation
from data_contracts.officer.incidents import Incident, IncidentFile, IncidentWords, SendingState
from data_contracts.officer.reports import Block, FactList, Grid, Heading, Paragraph, Report
from integrations.channels.package.article15 import category_label
from integrations.channels.templating import known_language, long_date, number, page_words

__all__ = ["IncidentPages"]


@dataclass(frozen=True, slots=True)
class IncidentPages:
    """Incidents of one organisation, in words; languages we have no words for are told in the organisation's first."""

    organisation: Organisation

    def file(self, file: IncidentFile, made_at: datetime, language: str = "") -> Report:
        """What the authority is told."""
        known = known_language(language, self.organisation)
        said = page_words("incidents", known)
        page = _Page(self.organisation, known, said)
        blocks = [*page.what(file), *page.who(file), *page.rest(file), *page.contacts()]
        return Report(
            said["file"]["title"], known, file.incident.run_id, made_at, tuple(blocks), said["file"]["subtitle"]
        )

    def register(self, files: Sequence[IncidentFile], made_at: datetime, language: str = "") -> Report:
        """Every incident (Art. 33(5))."""
        known = known_language(language, self.organisation)
        said = page_words("incidents", known)
        page = _Page(self.organisation, known, said)
        columns, rows = page.register(files)
        grid = Grid(columns, rows, empty=said["none"], widths=(4, 3, 4, 2, 2, 4, 5, 5))
        reference = f"incidents {made_at:%Y-%m-%d}"
        title, subtitle = said["register"]["title"], said["register"]["subtitle"]
        return Report(title, known, reference, made_at, (grid,), subtitle, is_wide=True)

    def register_rows(
        self, files: Sequence[IncidentFile], language: str = ""
    ) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """The same as columns and rows."""
        known = known_language(language, self.organisation)
        return _Page(self.organisation, known, page_words("incidents", known)).register(files)


@dataclass(frozen=True, slots=True)
class _Page:
    """Words of one language."""

    organisation: Organisation
    language: str
    said: dict[str, Any]

    def what(self, file: IncidentFile) -> Iterator[Block]:
        """What happened, when, and how bad it is."""
        facts, incident = self.said["facts"], file.incident
        yield Heading(self.said["parts"]["what"])
        rows = [
            (facts["reference"], f"{incident.run_id}: {file.facts.title}"),
            (facts["kind"], self.said["kinds"][incident.kind.value]),
            (facts["risk"], self.said["risks"][incident.risk.value]),
            (facts["began"], file.facts.began or self.said["unknown"]),
            (facts["found"], file.facts.found or self.said["unknown"]),
            (facts["aware"], self.moment(incident.aware_at)),
            (facts["due"], self.moment(file.due)),
            (facts["told"], self.moment(incident.authority_told_at)),
            (facts["told_reference"], incident.authority_reference),
            (facts["processor"], file.facts.processor),
        ]
        yield FactList(tuple((name, value) for name, value in rows if value))
        yield Paragraph(self.words(file).nature)

    def who(self, file: IncidentFile) -> Iterator[Block]:
        """Who and what is concerned, approximately, as Art. 33(3)(a) says."""
        facts, columns = self.said["facts"], self.said["columns"]
        yield Heading(self.said["parts"]["who"])
        counts = file.incident.counts
        names = ("people", "with_address", "without_address")
        told = [(facts[n], number(counts[n], self.language)) for n in names if n in counts]
        subjects = [(columns["subjects"], ", ".join(file.subjects))] if file.subjects else []
        yield FactList((*(told or [(facts["people"], self.said["unknown"])]), *subjects))
        rows = tuple((place, number(rows, self.language)) for place, rows in file.rows.items())
        yield Grid((columns["table"], columns["rows"]), rows, frozenset({1}), empty=self.said["unknown"])
        kinds = tuple(
            (category_label(category, self.language), number(count, self.language))
            for category, count in file.categories.items()
        )
        if kinds:
            yield Grid((columns["category"], columns["number"]), kinds, frozenset({1}))

    def rest(self, file: IncidentFile) -> Iterator[Block]:
        """Consequences, measures, telling the people, reasons of a delay; what is open follows in phases."""
        words, parts, facts = self.words(file), self.said["parts"], self.said["facts"]
        for title, text in ((parts["consequences"], words.consequences), (parts["measures"], words.measures)):
            yield Heading(title)
            yield Paragraph(text or self.said["unknown"])
        yield Heading(parts["people"])
        sent = {state: number(count, self.language) for state, count in file.sent.items()}
        rows = [
            (facts["sent"], sent.get(SendingState.SENT, "")),
            (facts["waiting"], sent.get(SendingState.WAITING, "")),
            (facts["failed"], sent.get(SendingState.FAILED, "")),
            (facts["people_told"], self.moment(file.incident.people_told_at)),
            (facts["not_told"], file.facts.not_told_because),
        ]
        kept = tuple((name, value) for name, value in rows if value)
        yield FactList(kept) if kept else Paragraph(self.said["unknown"])
        if file.facts.late_because:
            yield Heading(parts["late"])
            yield Paragraph(file.facts.late_because)
        yield Paragraph(self.said["phases"])

    def contacts(self) -> Iterator[Block]:
        """Who we are, and where more can be asked (Art. 33(3)(b))."""
        facts, who = self.said["facts"], self.organisation
        yield Heading(self.said["parts"]["contact"])
        yield FactList(
            (
                (facts["controller"], _reach(who.requests)),
                (facts["dpo"], _reach(who.dpo)),
                (facts["authority"], _reach(who.authority)),
            )
        )

    def register(self, files: Sequence[IncidentFile]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
        """Facts, effects and remedial action of each (Art. 33(5))."""
        facts, parts = self.said["facts"], self.said["parts"]
        columns = (
            facts["reference"], facts["kind"], facts["aware"], facts["risk"], facts["people"], facts["told"],
            parts["consequences"], parts["measures"],
        )  # fmt: skip
        rows = tuple((*self.row(file.incident), *self.effects(file)) for file in files)
        return columns, rows

    def row(self, incident: Incident) -> tuple[str, ...]:
        """What the register's row says of an incident."""
        people = incident.counts.get("people")
        told = " ".join(
            part for part in (self.moment(incident.authority_told_at), incident.authority_reference) if part
        )
        return (
            incident.run_id,
            self.said["kinds"][incident.kind.value],
            self.moment(incident.aware_at),
            self.said["risks"][incident.risk.value],
            self.said["unknown"] if people is None else number(people, self.language),
            told,
        )

    def effects(self, file: IncidentFile) -> tuple[str, str]:
        """Effects and remedial action."""
        words = self.words(file)
        return words.consequences, words.measures

    def words(self, file: IncidentFile) -> IncidentWords:
        """What staff wrote, in the page's language, else in the first that they wrote in."""
        return file.facts.words.get(self.language) or next(iter(file.facts.words.values()))

    def moment(self, at: datetime | None) -> str:
        """A moment in the organisation's zone; empty for none."""
        if at is None:
            return ""
        local = at.astimezone(ZoneInfo(self.organisation.time_zone))
        return f"{long_date(local.date(), self.language)}, {local:%H:%M}"


def _reach(who: Contact) -> str:
    return ", ".join(part for part in (who.name, *who.address.lines, who.email, who.phone) if part)
