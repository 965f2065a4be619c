"""Resolving ODCS relationships: from ``crm.odcs.yaml#/schema/customer/properties/email`` to system, table and column.

ODCS knows two notations: by names inside the document (``customer.email``), and by ids as a path, which may
start with another document of the same folder. Where an element has no id, its name serves as one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from open_data_contract_standard.model import OpenDataContractStandard, Relationship, SchemaObject

from data_contracts.company.contract import Reference
from data_contracts.connectors.keys import When
from data_contracts.odcs.dsr import RelationDsr
from data_contracts.odcs.notes import Notes
from data_contracts.odcs.reading.yaml_file import NodePath
from data_contracts.vocabulary import Assertion

_BY_ID: Final = re.compile(r"(?:(?P<file>[^#]+)#)?/?schema/(?P<table>[^/]+)/properties/(?P<column>[^/]+)")
_BY_NAME: Final = re.compile(r"(?P<table>[^./#]+)\.(?P<column>[^./#]+)")
_NOTATION: Final = "write `table.column`, or `other.odcs.yaml#/schema/table/properties/column`"


@dataclass(frozen=True, slots=True)
class Outline:
    """Names of one document by what others may call them: table id or name to its name and columns."""

    system: str
    tables: Mapping[str, tuple[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Resolver:
    """Finds the ends of relationships.

    Attributes:
        outlines: by file name; None for a file of the folder that could not be read.
        notes: where dangling ends are noted.
    """

    outlines: Mapping[str, Outline | None]
    notes: Notes

    def references(self, table: SchemaObject, path: NodePath) -> tuple[Reference, ...]:
        """Every reference that ``table`` and its columns declare and that leads somewhere."""
        found = []
        for place, column in enumerate(table.properties or []):
            for index, relationship in enumerate((column.name and column.relationships) or []):
                inner = (*path, "properties", place, "relationships", index)
                found.append(self._reference((column.name or "",), relationship, inner))
        for index, relationship in enumerate(table.relationships or []):
            inner = (*path, "relationships", index)
            found.append(self._reference(self._origin(relationship, table, inner), relationship, inner))
        return tuple(reference for reference in found if reference is not None)

    def _origin(self, relationship: Relationship, table: SchemaObject, path: NodePath) -> tuple[str, ...]:
        """The columns of ``table`` that a relationship written at the table starts from; empty when they are wrong."""
        ends = self._ends(relationship.from_, path)
        own = self.outlines[self.notes.file]
        if any(end[:2] != (own.system if own else "", table.name) for end in ends):
            what = "a relationship written at a table starts from another table"
            self.notes.fault(path, what=what, remedy=f"write `from: {table.name}.<column>`, or move it there")
            return ()
        return tuple(end[2] for end in ends)

    def _reference(self, columns: tuple[str, ...], relationship: Relationship, path: NodePath) -> Reference | None:
        ends = self._ends(relationship.to, path)
        places = {end[:2] for end in ends}
        dsr = self.notes.dsr(path, relationship.customProperties, RelationDsr)
        if dsr is None and self.notes.has_dsr(relationship.customProperties):
            return None  # what is wrong with it was noted
        dsr = dsr or RelationDsr()
        if dsr.follow is None and not self.notes.is_open(path):
            remedy = (
                "add `customProperties: [{property: dsr, value: {follow: from}}]`: `from` where rows here are the "
                "data subject's because of the row they refer to, `to`, `both`, or `none`"
            )
            self.notes.fault(path, what="does not say which way a search follows it", remedy=remedy)
        if not ends or not columns:
            return None
        if len(places) > 1 or len(ends) != len(columns):
            self.notes.fault(
                path,
                what="a reference needs as many columns on both ends, each end in one table",
                remedy="write `from` and `to` as lists of the same length",
            )
            return None
        system, name, _ = ends[0]
        to_columns = tuple(end[2] for end in ends)
        return Reference(
            columns,
            system,
            name,
            to_columns,
            follow=dsr.follow or frozenset(),
            shared=dsr.shared,
            assertion=dsr.assertion or Assertion.ASSIGNED,
            when=when_of(dsr.when),
            says_assertion=dsr.assertion is not None,
        )

    def _ends(self, written: str | Sequence[str] | None, path: NodePath) -> list[tuple[str, str, str]]:
        """System, table and column of each end; empty when one of them leads nowhere."""
        texts = [written] if isinstance(written, str) else list(written or [])
        ends = [self._end(text, path) for text in texts]
        return [end for end in ends if end] if all(ends) else []

    def _end(self, text: str, path: NodePath) -> tuple[str, str, str] | None:
        match = _BY_ID.fullmatch(text) or _BY_NAME.fullmatch(text)
        if match is None:
            self.notes.fault(path, what=f"the reference `{text}` is not understood", remedy=_NOTATION)
            return None
        file = (match.groupdict().get("file") or self.notes.file).removeprefix("./")
        if file not in self.outlines:
            self.notes.fault(
                path,
                what=f"refers to `{file}`, which is no contract of this folder",
                remedy=f"write one of {', '.join(sorted(self.outlines))}",
            )
            return None
        outline = self.outlines[file]
        return self._column(outline, (match["table"], match["column"]), path) if outline else None

    def _column(self, outline: Outline, end: tuple[str, str], path: NodePath) -> tuple[str, str, str] | None:
        table, column = end
        name, columns = outline.tables.get(table, ("", {}))
        if not name:
            self.notes.fault(
                path,
                what=f"refers to table `{table}`, which `{outline.system}` does not declare",
                remedy=f"write one of {', '.join(sorted(outline.tables))}, or declare the table",
            )
            return None
        if column not in columns:
            self.notes.fault(
                path,
                what=f"refers to column `{table}.{column}`, which `{outline.system}` does not declare",
                remedy=f"write one of {', '.join(sorted(columns))}",
            )
            return None
        return outline.system, name, columns[column]


def when_of(conditions: Mapping[str, Sequence[str]]) -> tuple[When, ...]:
    """``when`` of a ``dsr`` block as conditions, by column."""
    return tuple(When(column, tuple(dict.fromkeys(values))) for column, values in sorted(conditions.items()))


def outline(document: OpenDataContractStandard) -> Outline:
    """What others may call the tables and columns of ``document``."""
    tables: dict[str, tuple[str, Mapping[str, str]]] = {}
    for table in document.schema_ or []:
        columns = {key: p.name for p in table.properties or [] if p.name for key in (p.name, p.id) if key}
        tables |= {key: (table.name, columns) for key in (table.name, table.id) if key and table.name}
    return Outline(document.id or "", tables)


def refers_by_table(table: SchemaObject) -> frozenset[str]:
    """Names of columns that a relationship written at the table starts from."""
    written = [r.from_ for r in table.relationships or []]
    texts = [text for item in written for text in ([item] if isinstance(item, str) else item or [])]
    matches = [_BY_ID.fullmatch(text) or _BY_NAME.fullmatch(text) for text in texts]
    return frozenset(match["column"] for match in matches if match)
