"""The page of an answer package: one HTML file that a person reads, from the disk, without scripts or a network."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from markupsafe import Markup, escape

from data_contracts.case.disclosures import Received
from data_contracts.company.company import Organisation
from data_contracts.company.contract import Contracts, Table, in_language
from data_contracts.company.row_cases import rules_at
from data_contracts.told.notices import LeftOut, PackageContent
from data_contracts.vocabulary import Right
from integrations.channels.package.article15 import article_15, purpose_label, table_purposes
from integrations.channels.package.tables import (
    MASK,
    Disclosure,
    ReadTable,
    column_label,
    human,
    system_title,
    table_description,
    table_title,
)
from integrations.channels.templating import environment, long_date, number, words

__all__ = ["SHOWN_ROWS", "PackagePage"]

SHOWN_ROWS = 50
"""How many rows of a table a page shows; all are in its files."""

_REMEMBERED = 256
_MARKED = frozenset({"redacted", "withheld"})
"""Reasons for which a mark stands in a value that is shown."""
_TIME = re.compile(r"T([^.Z]+)(?:\.0+(?=Z|$))?")
_CELL, _ROW = "\x1f", "\x1e"


@dataclass(frozen=True, slots=True)
class _Shown:
    """A table as the page shows it."""

    title: str
    description: str
    anchor: str
    folder: str
    labels: list[str]
    rows: list[list[str]]
    """Cells of a table with one row, which is shown as a list."""
    body: Markup
    """Rows of a table with more."""
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


class PackagePage:
    """Renders pages; what the law makes us tell of a set of tables is remembered, for the next data subject."""

    def __init__(self, contracts: Contracts, organisation: Organisation) -> None:
        self._contracts = contracts
        self._organisation = organisation
        self._told: dict[object, Markup] = {}

    def render(self, content: PackageContent, tables: Sequence[ReadTable], language: str) -> bytes:
        """The page as UTF-8; ``tables`` in reading order, those without rows included."""
        local = self._organisation.in_country(content.country)
        page = _Page(content, self._contracts, language)
        held = [table for table in tables if table.rows]
        context = page.context(held, [table for table in tables if not table.rows])
        zone = ZoneInfo(self._organisation.time_zone)
        made = content.made_at.astimezone(zone).date()
        received = tuple(replace(one, at=one.at.astimezone(zone)) for one in content.received)
        html = environment("html").get_template("package/index.html.j2")
        law = (
            Markup()
            if content.right == Right.PORTABILITY
            else self._law([table.disclosure for table in held], received, language, content.country)
        )
        return html.render(context, law=law, org=local, made=long_date(made, language)).encode()

    def _law(self, held: Sequence[Disclosure], received: tuple[Received, ...], language: str, country: str) -> Markup:
        key = (language, country, tuple(entry.key for entry in held), received)
        if key not in self._told:
            if len(self._told) >= _REMEMBERED:
                self._told.clear()
            said = words(language)
            law = article_15(held, self._contracts, language, received)
            local = self._organisation.in_country(country)
            context = {"law": law, "language": language, "words": said, "page": said["page"], "org": local}
            section = environment("html").get_template("package/law.html.j2").render(context)
            self._told[key] = Markup(section)  # noqa: S704  # rendered, and escaped, by our own environment
        return self._told[key]


class _Page:
    """Puts what was read into the words and order of a page."""

    def __init__(self, content: PackageContent, contracts: Contracts, language: str) -> None:
        self.language = language
        self._content = content
        self._contracts = contracts
        self._said = words(language)
        self._page = self._said["page"]

    def context(self, held: Sequence[ReadTable], empty: Sequence[ReadTable]) -> dict[str, Any]:
        """What the template names of data and codes, in words."""
        return {
            "content": self._content,
            "is_portable": self._content.right == Right.PORTABILITY,
            "language": self.language,
            "words": self._said,
            "page": self._page,
            "right": self._said["rights"].get(self._content.right, self._said["rights"]["any"]),
            "systems": [
                self._system(name, list(group)) for name, group in groupby(held, key=lambda t: t.disclosure.path[0])
            ],
            "empty": [self._title(table.disclosure) for table in empty],
            "left_out": [self._left_out(entry) for entry in self._content.left_out],
            "by_hand": [(self._system_title(name), reference) for name, reference in self._content.by_hand],
            "masked": any(table.disclosure.masked for table in held)
            or any(entry.why in _MARKED for entry in self._content.left_out),
        }

    def _system_title(self, name: str) -> str:
        contract = self._contracts.systems.get(name)
        return system_title(contract, self.language) if contract else human(name)

    def _title(self, entry: Disclosure) -> str:
        return f"{self._system_title(entry.path[0])} – {self._table_title(entry)}"

    def _table_title(self, entry: Disclosure) -> str:
        title = table_title(entry.table, self.language)
        return f"{title} ({self._page['shared']})" if entry.is_shared else title

    def _system(self, name: str, tables: list[ReadTable]) -> _System:
        contract = self._contracts.systems[name]
        description = in_language(contract.descriptions, self.language) or contract.description
        return _System(self._system_title(name), description, [self._shown(table) for table in tables])

    def _shown(self, table: ReadTable) -> _Shown:
        entry = table.disclosure
        vocabulary = self._contracts.vocabulary
        rows = self._rows(table)
        return _Shown(
            title=self._table_title(entry),
            description=table_description(entry.table, self.language),
            anchor=entry.folder.replace("/", "-"),
            folder=entry.folder,
            labels=[column_label(column, self.language) for column in entry.columns],
            rows=rows[:1],
            body=_body(rows) if table.rows > 1 else Markup(),
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

    def _rows(self, table: ReadTable) -> list[list[str]]:
        columns = [self._column(table, column.name) for column in table.disclosure.columns]
        return [list(row) for row in zip(*columns, strict=True)]

    def _column(self, table: ReadTable, name: str) -> list[str]:
        values = [row[name] for row in table.first]
        kind = table.schema.field(name).type
        if name in table.disclosure.masked:
            return [MASK] * len(values)
        if pa.types.is_boolean(kind):
            return ["" if value is None else self._page["yes" if value else "no"] for value in values]
        # The page alone: a database that keeps times as text writes fractions of a second that nobody measured.
        texts = ["" if value is None else str(value).removesuffix(".000000") for value in values]
        return (
            [_TIME.sub(r" \1", text).replace("Z", " UTC") for text in texts] if pa.types.is_timestamp(kind) else texts
        )

    def _left_out(self, entry: LeftOut) -> _Left:
        table = self._declared(entry)
        place = self._system_title(entry.system)
        if entry.table:
            place = f"{place} – {table_title(table, self.language) if table else human(entry.table)}"
        what = self._left_column(table, entry.column) if entry.column else self._page["whole_rows"]
        rows = f" ({self._count(entry.rows)})" if entry.rows else ""
        return _Left(f"{place}{self._page['colon']} {what}{rows}", self._said["why"].get(entry.why, entry.why))

    def _declared(self, entry: LeftOut) -> Table | None:
        try:
            return rules_at(self._contracts, entry.system, entry.table)
        except KeyError:
            return None

    def _left_column(self, table: Table | None, name: str) -> str:
        labels = (
            column_label(column, self.language) for column in (table.columns if table else ()) if column.name == name
        )
        return next(labels, human(name))


def _body(rows: list[list[str]]) -> Markup:
    """Table rows, escaped all at once: cell by cell it is half of the time that a package takes."""
    if any(_CELL in cell or _ROW in cell for row in rows for cell in row):
        rows = [[cell.replace(_CELL, " ").replace(_ROW, " ") for cell in row] for row in rows]
    text = str(escape(_ROW.join(_CELL.join(row) for row in rows)))
    text = text.replace(_CELL, "</td><td>").replace(_ROW, "</td></tr>\n<tr><td>")
    return Markup(f"<tr><td>{text}</td></tr>")  # noqa: S704  # escaped two lines above
