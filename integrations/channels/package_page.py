"""The page of an answer package: one HTML file that a person reads, from the disk, without scripts or a network."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from data_contracts.company import Organisation
from data_contracts.contract import Contracts
from data_contracts.notices import LeftOut, PackageContent
from integrations.channels.article15 import article_15, purpose_label, table_purposes
from integrations.channels.package_tables import Disclosure, ReadTable, human
from integrations.channels.templating import environment, known_language, long_date, number, words

__all__ = ["SHOWN_ROWS", "render_page"]

SHOWN_ROWS = 50
"""How many rows of a table a page shows; all are in its files."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A table as the page shows it."""

    title: str
    description: str
    anchor: str
    folder: str
    labels: list[str]
    rows: list[list[str]]
    count: str
    cut: str
    why: list[str]


@dataclass(frozen=True, slots=True)
class _System:
    """A system with the tables in which something is held."""

    title: str
    description: str
    tables: list[_Shown]


@dataclass(frozen=True, slots=True)
class _Left:
    """A line of what was left out."""

    what: str
    why: str


def render_page(
    content: PackageContent, tables: Sequence[ReadTable], *, contracts: Contracts, organisation: Organisation
) -> bytes:
    """The page as UTF-8; ``tables`` in reading order, those without rows included."""
    page = _Page(content, contracts, known_language(content.language, organisation))
    context = page.context([table for table in tables if table.rows], [table for table in tables if not table.rows])
    made = content.made_at.astimezone(ZoneInfo(organisation.time_zone)).date()
    template = environment("html").get_template("package/index.html.j2")
    return template.render(context, org=organisation, made=long_date(made, page.language)).encode()


class _Page:
    """Puts what was read into the words and order of a page."""

    def __init__(self, content: PackageContent, contracts: Contracts, language: str) -> None:
        self.language = language
        self._content = content
        self._contracts = contracts
        self._said = words(language)
        self._page = self._said["page"]

    def context(self, held: Sequence[ReadTable], empty: Sequence[ReadTable]) -> dict[str, Any]:
        """Everything the template names, but for the organisation and the date."""
        disclosed = [table.disclosure for table in held]
        return {
            "content": self._content,
            "language": self.language,
            "words": self._said,
            "page": self._page,
            "right": self._said["rights"].get(self._content.right, self._said["rights"]["any"]),
            "systems": [
                self._system(name, list(group)) for name, group in groupby(held, key=lambda t: t.disclosure.path[0])
            ],
            "empty": [self._title(table.disclosure) for table in empty],
            "law": article_15(disclosed, self._contracts, self.language),
            "left_out": [self._left_out(entry) for entry in self._content.left_out],
            "by_hand": [(self._system_title(name), reference) for name, reference in self._content.by_hand],
            "masked": any(entry.masked for entry in disclosed),
        }

    def _system_title(self, name: str) -> str:
        contract = self._contracts.systems.get(name)
        return contract.title or human(name) if contract else human(name)

    def _title(self, entry: Disclosure) -> str:
        return f"{self._system_title(entry.path[0])} – {human(entry.path[1])}"

    def _system(self, name: str, tables: list[ReadTable]) -> _System:
        description = self._contracts.systems[name].description
        return _System(self._system_title(name), description, [self._shown(table) for table in tables])

    def _shown(self, table: ReadTable) -> _Shown:
        entry = table.disclosure
        vocabulary = self._contracts.vocabulary
        return _Shown(
            title=human(entry.path[1]),
            description=entry.table.description,
            anchor=entry.folder.replace("/", "-"),
            folder=entry.folder,
            labels=[entry.label(column) for column in entry.columns],
            rows=[[self._cell(row[c.name], c.name in entry.masked) for c in entry.columns] for row in table.first],
            count=self._count(table.rows),
            cut=self._cut(table),
            why=[purpose_label(key, vocabulary, self.language) for key in table_purposes(entry)],
        )

    def _count(self, rows: int) -> str:
        return str(self._page["rows_one"] if rows == 1 else self._page["rows_many"].format(n=self._number(rows)))

    def _cut(self, table: ReadTable) -> str:
        if table.rows <= len(table.first):
            return ""
        shown, n = self._number(len(table.first)), self._number(table.rows)
        return str(self._page["first_rows"].format(shown=shown, n=n, file=f"{table.disclosure.folder}.csv"))

    def _number(self, value: int) -> str:
        return number(value, self.language)

    def _cell(self, value: object, is_masked: bool) -> str:  # noqa: FBT001  # one call, one line above
        if is_masked:
            return "•••"
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(self._page["yes" if value else "no"])
        return str(value)

    def _left_out(self, entry: LeftOut) -> _Left:
        place = f"{self._system_title(entry.system)} – {human(entry.table)}" if entry.table else entry.system
        what = human(entry.column) if entry.column else self._page["whole_rows"]
        rows = f" ({self._count(entry.rows)})" if entry.rows else ""
        return _Left(f"{place}{self._page['colon']} {what}{rows}", self._said["why"].get(entry.why, entry.why))
