"""Audits in words: every kind of finding in every language, and what a report shows."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
import yaml

import data_contracts
from data_contracts.areas import Severity
from data_contracts.odcs.reading.company_files import load_organisation
from data_contracts.officer.audits import AuditShown, FindingShown, SystemShown
from data_contracts.officer.findings import FindingKind, FindingState
from data_contracts.officer.reports import Grid, Paragraph, Report
from flows.runs.report_markdown import markdown
from integrations.channels.reports.audit import AuditPages
from integrations.channels.reports.pdf import ReportPages

_ROOT = Path(data_contracts.__file__).parent
ORGANISATION = load_organisation(_ROOT)
FOLDER = _ROOT.parent / "integrations" / "channels" / "templates" / "audits"
LANGUAGES = ("en", "fr", "nl")
AT = datetime(2026, 3, 31, 10, tzinfo=UTC)
FINDING = FindingShown(
    finding_id="F-7K3M9QXT",
    kind=FindingKind.VALUE_FORMAT,
    place="crm.customer.email",
    severity=Severity.MEDIUM,
    facts={"rows": 3, "rule": "email"},
    owner="dpo",
    due=date(2026, 4, 30),
)


def words(language: str) -> dict[str, Any]:
    """The words of a language, as they stand."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / f"{language}.yaml").read_text("utf-8"))
    return loaded


def shape(value: Any) -> Any:
    """Keys of words, and the facts that each text tells."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return sorted(name for _, name, _, _ in Formatter().parse(str(value)) if name)


def an_audit(**changes: Any) -> AuditShown:
    """An audit that found one thing."""
    facts: dict[str, Any] = {
        "run": "R-20260331-7K3M",
        "outcome": "complete",
        "day": date(2026, 3, 31),
        "system": "",
        "systems": (SystemShown("crm", is_complete=True, checks=52, findings=1),),
        "chains": 4,
        "findings": (FINDING,),
    }
    return AuditShown(**{**facts, **changes})


def report(shown: AuditShown, language: str = "en") -> Report:
    """Its report."""
    return AuditPages(ORGANISATION).report(shown, AT, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_says_the_same(language: str) -> None:
    """Every kind of finding has words, which tell the same facts in each language."""
    assert set(words(language)["kinds"]) == {kind.value for kind in FindingKind}
    assert shape(words(language)) == shape(words("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_report_tells_what_where_and_what_to_do(language: str) -> None:
    """One row a finding: its name, where, what with the number, the remedy, whose and until when."""
    told = report(an_audit(), language)

    grid = next(block for block in told.blocks if isinstance(block, Grid))
    (row,) = grid.rows
    assert (row[0].startswith("F-7K3M9QXT"), row[1], row[4:]) == (True, "crm.customer.email", ("dpo", "2026-04-30"))
    assert "3" in row[2]
    assert ReportPages(ORGANISATION).pdf(told).startswith(b"%PDF")


def test_incomplete_audit_says_so_in_bold() -> None:
    """Law 6: could not look is not nothing found, and nobody may overlook it."""
    strong = [b.text for b in report(an_audit(outcome="incomplete")).blocks if isinstance(b, Paragraph) and b.is_strong]

    assert strong == ["Not everything could be looked at. That is not the same as that nothing is wrong."]


def test_nothing_found_is_said() -> None:
    """An audit without findings says that, and of a dry run that nothing was kept."""
    text = markdown(report(an_audit(findings=(), run="", chains=None)))

    assert "Nothing was found." in text
    assert "nothing was written" in text
    assert "Chains of evidence" not in text


def test_accepted_late_and_gone_are_told() -> None:
    """What became of findings stands beside them."""
    accepted = replace(FINDING, state=FindingState.ACCEPTED, is_late=True, is_new=False)

    text = markdown(report(an_audit(findings=(accepted,), gone=((FindingKind.TABLE_UNDECLARED, "crm.stray"),))))

    assert "F-7K3M9QXT (risk accepted, late)" in text
    assert re.search(r"Undeclared table \| crm\.stray", text)


def test_language_without_words_is_told_in_the_organisations_first() -> None:
    """A report is never without words."""
    assert report(an_audit(), "pt").language == ORGANISATION.languages[0]


def test_markdown_shows_signs_as_they_are() -> None:
    """A name with a bar or a bracket breaks no row and makes no link."""
    odd = AuditPages(ORGANISATION).report(an_audit(system="a|b[c](d)"), AT, "en")

    assert r"a\|b\[c\](d)" in markdown(odd)
