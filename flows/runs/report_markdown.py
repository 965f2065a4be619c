"""Reports as Markdown, for artifacts in the Prefect UI: the same blocks as on paper."""

import re
from collections.abc import Iterator, Sequence

from data_contracts.officer.reports import Bars, Block, FactList, Grid, Heading, Paragraph, Report

_SIGNS = re.compile(r"([\\`*_{}\[\]<>|#])")


def markdown(report: Report) -> str:
    """The report as Markdown; whatever a part says is shown as it is, never read as markup."""
    head = [f"# {_plain(report.title)}", *([_plain(report.subtitle)] if report.subtitle else [])]
    return "\n\n".join([*head, *("\n".join(_lines(block)) for block in report.blocks)]) + "\n"


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"## {_plain(block.text)}"
    elif isinstance(block, Paragraph):
        yield f"**{_plain(block.text)}**" if block.is_strong else _plain(block.text)
    elif isinstance(block, FactList):
        yield from _table(("", ""), block.facts)
    elif isinstance(block, Bars):
        yield from _table(("", ""), [(label, str(number)) for label, number in block.bars], numbers=frozenset({1}))
    elif isinstance(block, Grid):
        yield from _table(block.columns, block.rows, numbers=block.numbers)
        if not block.rows:
            yield f"\n{_plain(block.empty)}"


def _table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: frozenset[int] = frozenset()
) -> Iterator[str]:
    yield _row(columns)
    yield _row(["---:" if place in numbers else "---" for place in range(len(columns))], is_rule=True)
    for row in rows:
        yield _row(row)


def _row(cells: Sequence[str], *, is_rule: bool = False) -> str:
    return f"| {' | '.join(cell if is_rule else _plain(cell) for cell in cells)} |"


def _plain(text: str) -> str:
    """Text in which nothing is markup; a line end would end a row."""
    return _SIGNS.sub(r"\\\1", " ".join(text.split()))
