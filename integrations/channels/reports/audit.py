"""Audits and findings in words, and the report that the data protection officer reads (charter 3.4)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from data_contracts.areas import Severity
from data_contracts.company.company import Organisation
from data_contracts.officer.audits import AuditShown, FindingShown, Told
from data_contracts.officer.findings import FindingKind, FindingState
from data_contracts.officer.reports import Bars, Block, FactList, Grid, Heading, Paragraph, Report
from integrations.channels.templating import known_language, long_date, page_words

__all__ = ["AuditPages"]

_WIDTHS: Final = (10, 15, 22, 26, 8, 8)


class _Facts(dict[str, str | int]):
    """Facts of a finding; one that it has not is told as nothing."""

    def __missing__(self, key: str) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class AuditPages:
    """The port ``AuditWords`` for an organisation."""

    organisation: Organisation

    def told(self, kind: FindingKind, facts: Mapping[str, str | int], language: str) -> Told:
        """What was found and what to do about it."""
        words = page_words("audits", known_language(language, self.organisation))["kinds"][kind.value]
        return Told(words["title"], words["what"].format_map(_Facts(facts)), words["remedy"])

    def report(self, shown: AuditShown, made_at: datetime, language: str = "") -> Report:
        """The report for the data protection officer; without a language in the organisation's first."""
        chosen = known_language(language or self.organisation.languages[0], self.organisation)
        words = page_words("audits", chosen)
        return Report(
            title=words["title"],
            language=chosen,
            reference=shown.run or f"{shown.day:%Y-%m-%d}",
            made_at=made_at,
            blocks=tuple(self._blocks(shown, words, chosen)),
            subtitle=words["subtitle"],
            is_wide=True,
        )

    def _blocks(self, shown: AuditShown, words: Mapping[str, Any], language: str) -> Iterator[Block]:
        yield FactList(tuple(_facts(shown, words, language)))
        if shown.outcome == "incomplete":
            yield Paragraph(words["incomplete"], is_strong=True)
        counts = Counter(one.severity for one in shown.findings)
        yield Heading(words["by_severity"])
        yield Bars(tuple((words["severities"][severity.value], counts[severity]) for severity in Severity))
        if not shown.findings:
            yield Paragraph(words["none"])
        for severity in Severity:
            found = [one for one in shown.findings if one.severity is severity]
            if found:
                yield Heading(words["headings"][severity.value])
                rows = tuple(self._row(one, words, language) for one in found)
                yield Grid(tuple(words["columns"].values()), rows, widths=_WIDTHS)
        yield from _endings(shown, words)
        yield Paragraph(words["note"].format(run=shown.run) if shown.run else words["note_dry"])

    def _row(self, one: FindingShown, words: Mapping[str, Any], language: str) -> tuple[str, ...]:
        told = self.told(one.kind, one.facts, language)
        states = words["states"]
        marks = [states["new"]] if one.is_new and one.finding_id else []
        marks += [states["accepted"]] if one.state is FindingState.ACCEPTED else []
        marks += [states["late"]] if one.is_late else []
        name = one.finding_id or told.title
        shown = f"{name} ({', '.join(marks)})" if marks else name
        what = f"{told.title}. {told.what}" if one.finding_id else told.what
        return shown, one.place, what, told.remedy, one.owner, f"{one.due:%Y-%m-%d}"


def _facts(shown: AuditShown, words: Mapping[str, Any], language: str) -> Iterator[tuple[str, str]]:
    said = words["facts"]
    looked = sum(one.is_complete for one in shown.systems)
    yield said["run"], shown.run or words["dry"]
    yield said["day"], long_date(shown.day, language)
    yield said["scope"], words["scope"]["one" if shown.system else "all"].format(system=shown.system)
    yield said["outcome"], words["outcomes"][shown.outcome]
    yield said["systems"], words["of"].format(looked=looked, all=len(shown.systems))
    yield said["checks"], str(sum(one.checks for one in shown.systems))
    if shown.chains is not None:
        yield said["chains"], str(shown.chains)
    if shown.run:
        yield said["new"], str(sum(one.is_new for one in shown.findings))
        yield said["gone"], str(len(shown.gone))
    yield said["open"], str(len(shown.findings))
    yield said["late"], str(sum(one.is_late for one in shown.findings))


def _endings(shown: AuditShown, words: Mapping[str, Any]) -> Iterator[Block]:
    if shown.gone:
        yield Heading(words["gone"])
        rows = tuple((words["kinds"][kind.value]["title"], place) for kind, place in shown.gone)
        yield Grid(tuple(words["gone_columns"].values()), rows)
    yield Heading(words["systems"])
    systems = tuple(
        (
            one.system,
            words["looked"]["yes" if one.is_complete else "no"],
            str(one.checks),
            str(one.findings),
            words["canaries"][one.canary].format(day=one.canary_day) if one.canary else "–",
        )
        for one in shown.systems
    )
    yield Grid(tuple(words["systems_columns"].values()), systems, numbers=frozenset({2, 3}))
