"""Reports on paper: all that they say, in figures too, and nothing that a value could have them do."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from data_contracts.company.company import Organisation
from data_contracts.errors import SettingsInvalid
from data_contracts.officer.reports import Bars, Block, FactList, Grid, Heading, Paragraph, Report
from integrations.channels.reports.pdf import ReportPages

_AT = datetime(2026, 12, 1, 9, 30, 12, 345678, tzinfo=UTC)
_ALL = (
    Heading("Requests"),
    Paragraph("What came in."),
    Paragraph("One is late.", is_strong=True),
    FactList((("Received", "1,204"), ("Late", "1"))),
    Bars((("access", 1204), ("erasure", 3), ("objection", 0))),
    Grid(("System", "Rows"), (("crm", "12"), ("billing", "7")), frozenset({1}), widths=(3, 1)),
    Grid(("System",), (), empty="Nothing was found."),
)


def _said(organisation: Organisation, *blocks: Block, language: str = "en") -> str:
    report = Report("Report", language, "2026-12", _AT, blocks, subtitle="December")
    reader = PdfReader(BytesIO(ReportPages(organisation).pdf(report)))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_report_says_everything(organisation: Organisation) -> None:
    """Text, facts, bars with their figures, grids with their titles, and what is said instead of an empty one."""
    said = _said(organisation, *_ALL)

    for text in ("Report", "December", "What came in.", "Late 1", "access 1,204", "objection 0", "crm 12"):
        assert text in said
    assert "Nothing was found." in said
    assert "2026-12 Page 1 of 1" in said


def test_same_report_is_the_same_bytes(organisation: Organisation) -> None:
    """What was archived can be made again and compared."""
    report = Report("Rapport", "fr", "2026-12", _AT, _ALL, is_wide=True)

    assert ReportPages(organisation).pdf(report) == ReportPages(organisation).pdf(report)


@pytest.mark.parametrize("text", ['#read("/etc/passwd")', '"#eval("1")"', "$x$ *b* _i_ // c /* d */ [#panic()]"])
def test_values_stay_text(organisation: Organisation, text: str) -> None:
    """Whatever a value looks like, it stands on the page as it was written."""
    grid = Grid((text,), ((text,),))

    assert _said(organisation, grid, Bars(((text, 1),))).count(" ".join(text.split())) == 3


def test_character_without_a_font_is_told(organisation: Organisation) -> None:
    """An archived page has no box in the place of a letter: an error names the remedy."""
    with pytest.raises(SettingsInvalid, match="install a font"):
        _said(organisation, Paragraph("\U0001f9ff \U00013000"))
