"""Reports that people read and print: what they are made of, and the port that sets them.

A report holds counts, names of systems and of the law, ids of cases: no personal data unless its reader may see them.
Words are those of the report's language already; the writer adds none but the page numbers.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a part."""

    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; ``is_strong`` where it must not be overlooked."""

    text: str
    is_strong: bool = False


@dataclass(frozen=True, slots=True)
class FactList:
    """Names with their values, one below the other."""

    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table.

    Attributes:
        columns: their titles.
        rows: each as long as ``columns``.
        numbers: places of the columns that hold numbers, from 0: set to the right.
        widths: share of the page by column; empty: as wide as what they hold.
        empty: what is said where there is no row.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    widths: tuple[int, ...] = ()
    empty: str = "–"


@dataclass(frozen=True, slots=True)
class Bars:
    """Numbers as bars, longest is the whole width; each also in figures, for those who cannot see the bars."""

    bars: tuple[tuple[str, int], ...]


Block: TypeAlias = Heading | Paragraph | FactList | Grid | Bars


@dataclass(frozen=True, slots=True)
class Report:
    """Something to be read and printed.

    Attributes:
        reference: what it is found by: a run's name, a case id, a month.
        made_at: aware.
        is_wide: set across the page, for grids of many columns.
    """

    title: str
    language: str
    reference: str
    made_at: datetime
    blocks: tuple[Block, ...] = field(repr=False)
    subtitle: str = ""
    is_wide: bool = False


class ReportWriter(Protocol):
    """Sets reports."""

    def pdf(self, report: Report) -> bytes:
        """The report as a PDF, tagged for screen readers; the same report gives the same bytes.

        Raises:
            SettingsInvalid: when no font of this machine has one of the report's characters.
        """
