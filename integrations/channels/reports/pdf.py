"""Reports as PDF, set with Typst; whatever a report says stands in the source as strings, never as markup."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup

from data_contracts.company.company import Organisation
from data_contracts.officer.reports import Bars, Block, Grid, Report
from integrations.channels.templating import environment, known_language, long_date, number, words
from integrations.channels.typesetting import FONTS, set_pages

__all__ = ["ReportPages"]


@dataclass(frozen=True, slots=True)
class ReportPages:
    """The port ``ReportWriter`` for an organisation."""

    organisation: Organisation

    def pdf(self, report: Report) -> bytes:
        """The report as a PDF; see the port."""
        at = report.made_at.astimezone(ZoneInfo(self.organisation.time_zone))
        language = known_language(report.language, self.organisation)
        source = (
            environment("typst")
            .get_template("report.typst.j2")
            .render(
                report=report,
                blocks=list(_blocks(report.blocks, language)),
                org=self.organisation,
                language=language,
                letter=words(language)["letter"],
                dated=f"{long_date(at.date(), language)}, {at:%H:%M}",
                wide=_code("true" if report.is_wide else "false"),
                fonts=_code(f"({', '.join(f'{_in_quotes(font)}' for font in FONTS)})"),
                typst_date=_code(f"datetime(year: {at.year}, month: {at.month}, day: {at.day})"),
            )
        )
        return set_pages(source.encode(), report.made_at.replace(microsecond=0), what="report", where=report.reference)


def _blocks(blocks: tuple[Block, ...], language: str) -> Iterator[dict[str, Any]]:
    for block in blocks:
        shown: dict[str, Any] = {"is": type(block).__name__, "of": block}
        if isinstance(block, Bars):
            longest = max((value for _, value in block.bars), default=0)
            shown["bars"] = [
                (label, round(100 * value / longest) if longest else 0, number(value, language))
                for label, value in block.bars
            ]
        if isinstance(block, Grid):
            widths = [f"{share}fr" for share in block.widths] or ["auto"] * len(block.columns)
            sides = ["right" if place in block.numbers else "left" for place in range(len(block.columns))]
            shown["columns"], shown["aligned"] = _listed(widths), _listed(sides)
        yield shown


def _listed(code: list[str]) -> Markup:
    return _code(f"({''.join(f'{one}, ' for one in code)})")


def _in_quotes(text: str) -> Markup:
    return environment("typst").filters["quoted"](text)  # type: ignore[no-any-return]  # Jinja keeps filters untyped


def _code(source: str) -> Markup:
    """Code of ours, made of nothing that anybody wrote."""
    return Markup(source)  # noqa: S704  # as said
