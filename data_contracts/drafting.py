"""Drafts of contracts: what can be seen from outside, as an ODCS document that a person finishes.

Types, keys and references are facts and stand in their places. What the law asks for is not written in any database:
it stands there as ``TODO``, and what names and values suggest as ``guess`` (:mod:`data_contracts.marks`), so that
``rightsflow contracts check`` refuses the document until a person has confirmed all of it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from data_contracts import taxonomy
from data_contracts.guessing import Guess, Look, guess, is_about_others
from data_contracts.marks import GUESS, TODO
from data_contracts.vocabulary import About, AccessTreatment, Follow, Sensitivity, TableErasure

_HEADER: Final = """\
# Draft of a contract; rightsflow contracts check refuses it until a person has confirmed all of it.
# guess: what names and values suggest. Write what is right beside it, then remove `guess`.
# TODO:  what nobody can see from outside. docs/contracts.md tells every key.
"""
_NO_ID: Final = re.compile(r"[^A-Za-z0-9_-]+")
_ODD_BREAKS: Final = re.compile("[\x85\u2028\u2029]")
_DATES: Final = frozenset({"date", "timestamp"})
_WIDTH: Final = 160


@dataclass(frozen=True, slots=True)
class DraftColumn:
    """What can be seen of a column.

    Attributes:
        key_position: place in the primary key, from 1; 0 when it is no part of it.
        looks: what its values look like; empty when none were looked at.
    """

    name: str
    logical_type: str
    physical_type: str = ""
    required: bool = False
    unique: bool = False
    key_position: int = 0
    looks: frozenset[Look] = frozenset()


@dataclass(frozen=True, slots=True)
class DraftReference:
    """A live foreign key; ``to_table`` is named as in the draft."""

    columns: tuple[str, ...]
    to_table: str
    to_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DraftTable:
    """What can be seen of a table, under its live name (``schema.table`` outside the default schema)."""

    name: str
    columns: tuple[DraftColumn, ...]
    references: tuple[DraftReference, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftSystem:
    """What can be seen of a system; ``server`` is an ODCS server, without any credential."""

    name: str
    tables: tuple[DraftTable, ...]
    server: Mapping[str, Any]


def draft_document(system: DraftSystem) -> dict[str, Any]:
    """The draft of ``system`` as plain values: valid ODCS, and full of open marks."""
    names = {table.name for table in system.tables}
    ids = element_ids(table.name for table in system.tables)
    columns = {table.name: element_ids(column.name for column in table.columns) for table in system.tables}
    made = {table.name: _Table(table, names, ids, columns) for table in system.tables}
    erasures = _erasures(system.tables, made)
    document = new_document(system.name, dsr(controller=TODO, subjects=[TODO], recipients=[TODO]))
    document["servers"] = [dict(system.server)]
    document["schema"] = [made[table.name].document(erasures[table.name]) for table in system.tables]
    kept = [table for table in system.tables if erasures[table.name] is not TableErasure.NONE]
    return document | ({"slaProperties": [_retention(table, ids[table.name]) for table in kept]} if kept else {})


def new_document(system: str, block: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The head of a draft; ``block`` is its ``customProperties``."""
    head = {"apiVersion": "v3.2.0", "kind": "DataContract", "id": system, "version": "0.1.0", "status": "draft"}
    return {**head, "customProperties": list(block)}


def dsr(**facts: object) -> list[dict[str, Any]]:
    """``customProperties`` with one ``dsr`` block; facts that say nothing are left out."""
    return [{"property": "dsr", "value": {key: value for key, value in facts.items() if value not in ("", {}, [])}}]


def element_ids(names: Iterable[str]) -> dict[str, str]:
    """An id that ODCS takes for each name, different from all others; the name itself where it is one."""
    listed = list(names)
    found = {name: name for name in listed if not _NO_ID.search(name) and name}
    taken = set(found)
    for name in listed:
        if name not in found:
            stem = _NO_ID.sub("_", name) or "_"
            tries = (stem if number == 1 else f"{stem}-{number}" for number in range(1, len(listed) + 2))
            found[name] = next(tried for tried in tries if tried not in taken)
            taken.add(found[name])
    return found


def text_of(*documents: Mapping[str, Any]) -> str:
    """The documents as YAML that our strict reading takes, ``dsr`` blocks in one line each."""
    dumped = yaml.dump_all(
        [_in_flow(document) for document in documents],
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=_WIDTH,
        explicit_start=len(documents) > 1,
    )
    return _HEADER + dumped


def marks_in(document: object) -> dict[str, int]:
    """How many guesses and how many TODO a draft has."""
    found = {"guesses": 0, "todos": int(document == TODO)}
    inner = document.values() if isinstance(document, Mapping) else document if isinstance(document, list) else ()
    if isinstance(document, Mapping):
        found["guesses"] += GUESS in document
    for part in map(marks_in, inner):
        found = {key: count + part[key] for key, count in found.items()}
    return found


@dataclass(frozen=True, slots=True)
class _Table:
    """One table among the others of its system: names of all, ids of tables, ids of columns by table."""

    table: DraftTable
    tables: set[str]
    table_ids: Mapping[str, str]
    column_ids: Mapping[str, Mapping[str, str]]

    def guesses(self) -> dict[str, Guess]:
        """A guess for each column."""
        keys = [column for column in self.table.columns if column.key_position]
        return {
            column.name: guess(
                column.name,
                table=self.table.name,
                logical_type=column.logical_type,
                looks=column.looks,
                is_key=column.unique or keys == [column],
            )
            for column in self.table.columns
        }

    def is_personal(self) -> bool:
        """Whether some column seems to hold data about a data subject."""
        return any(found.category and found.about is About.SUBJECT for found in self.guesses().values())

    def document(self, erasure: TableErasure) -> dict[str, Any]:
        """The table as ODCS."""
        guesses = self.guesses()
        purposes = [] if erasure is TableErasure.NONE else [TODO]
        composite = [self._relationship(r, is_composite=True) for r in self._drafted() if len(r.columns) > 1]
        facts: dict[str, Any] = {"id": self.table_ids[self.table.name], "name": self.table.name}
        facts["physicalType"] = "table"
        if composite:
            facts["relationships"] = composite
        facts["customProperties"] = dsr(guess={"erase": erasure.value}, erase=TODO, purposes=purposes)
        return facts | {"properties": [self._column(column, guesses[column.name]) for column in self.table.columns]}

    def _column(self, column: DraftColumn, found: Guess) -> dict[str, Any]:
        own_id = self.column_ids[self.table.name][column.name]
        is_target = column.key_position or column.unique or own_id != column.name
        facts: dict[str, Any] = {"id": own_id} if is_target else {}
        facts |= {"name": column.name, "logicalType": column.logical_type}
        if column.physical_type:
            facts["physicalType"] = column.physical_type
        if column.key_position:
            facts |= {"primaryKey": True, "primaryKeyPosition": column.key_position}
        facts |= {key: True for key, holds in (("required", column.required), ("unique", column.unique)) if holds}
        if taxonomy.is_special(found.category):
            facts["classification"] = Sensitivity.RESTRICTED.value
        references = [r for r in self._drafted() if r.columns == (column.name,)]
        if references:
            facts["relationships"] = [self._relationship(reference) for reference in references]
        block = self._block(column, found)
        return facts | ({"customProperties": dsr(**block)} if block else {})

    def _block(self, column: DraftColumn, found: Guess) -> dict[str, Any]:
        """The ``dsr`` block; empty for a bare key, which needs none."""
        absent = [f"{r.to_table}.{to}" for r in self._undrafted() for c, to in self._ends(r) if c == column.name]
        is_bare_key = column.key_position or any(column.name in r.columns for r in self._drafted())
        if is_bare_key and not found.by and not absent:
            return {}
        return column_block(found, refers_to=absent)

    def _relationship(self, reference: DraftReference, *, is_composite: bool = False) -> dict[str, Any]:
        ends = [self._path(self.table.name, column) for column in reference.columns]
        to = [self._path(reference.to_table, column) for column in reference.to_columns]
        is_others = reference.to_table == self.table.name or any(map(is_about_others, reference.columns))
        follow = "none" if is_others else Follow.FROM.value
        block = dsr(guess={"by": "foreign key", "follow": follow}, follow=TODO)
        return ({"from": ends, "to": to} if is_composite else {"to": to[0]}) | {"customProperties": block}

    def _path(self, table: str, column: str) -> str:
        return f"schema/{self.table_ids[table]}/properties/{self.column_ids[table][column]}"

    def _drafted(self) -> list[DraftReference]:
        return [reference for reference in self.table.references if reference.to_table in self.tables]

    def _undrafted(self) -> list[DraftReference]:
        return [reference for reference in self.table.references if reference.to_table not in self.tables]

    def _ends(self, reference: DraftReference) -> Iterable[tuple[str, str]]:
        return zip(reference.columns, reference.to_columns, strict=True)


def column_block(found: Guess, **more: object) -> dict[str, Any]:
    """The facts of a column's ``dsr`` block: what is guessed, and TODO for what only a person knows.

    Args:
        found: what was guessed.
        more: further proposals, written below ``guess``.
    """
    is_about_others = found.about is not About.SUBJECT
    proposals: dict[str, object] = {
        "by": list(found.by),
        "identity": found.identity,
        "about": found.about.value if is_about_others else "",
        "access": found.access.value if found.access is AccessTreatment.REVIEW else "",
        **more,
    }
    open_keys = {"about": TODO} if is_about_others else {}
    open_keys |= {"access": TODO} if is_about_others or proposals["access"] else {}
    needs_source = not found.category or taxonomy.is_personal(found.category)
    return {
        GUESS: {key: value for key, value in proposals.items() if value not in ("", [], {})},
        "category": found.category or TODO,
        "source": TODO if needs_source else "",
        **open_keys,
    }


def _erasures(tables: Sequence[DraftTable], made: Mapping[str, _Table]) -> dict[str, TableErasure]:
    """What erasure probably does: empties what others refer to, deletes what only refers to people."""
    personal = {table.name for table in tables if made[table.name].is_personal()}
    pointing = {(table.name, r.to_table) for table in tables for r in table.references if r.to_table != table.name}
    referred = {to for _, to in pointing}
    for _ in tables:
        personal |= {name for name, to in pointing if to in personal}
    of_people = {name: TableErasure.COLUMNS if name in referred else TableErasure.DELETE for name in personal}
    return {table.name: of_people.get(table.name, TableErasure.NONE) for table in tables}


def _retention(table: DraftTable, table_id: str) -> dict[str, Any]:
    """A retention item: nobody can see from outside how long, from when and why."""
    dates = [column.name for column in table.columns if column.logical_type in _DATES]
    facts = {"id": f"keep_{table_id}", "property": "retention", "value": TODO, "unit": TODO}
    block = dsr(guess={"element": dates}, then=TODO) if dates else dsr(then=TODO)
    return {**facts, "element": f"{table.name}.{TODO}", "customProperties": block}


class _Flow(dict[str, Any]):
    """A mapping that is written in one line."""


class _Dumper(yaml.SafeDumper):
    """Writes lists below their key's indentation, and what is used twice twice, as a person would."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # PyYAML asks for each value
        """Never an alias."""
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002  # PyYAML's signature
        """Indent lists like mappings."""
        super().increase_indent(flow, indentless=False)


def _flow(dumper: yaml.SafeDumper, value: _Flow) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value, flow_style=True)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    """A text; with its line breaks escaped where YAML has more of them than we do."""
    style = '"' if _ODD_BREAKS.search(value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(_Flow, _flow)
_Dumper.add_representer(str, _text)


def _in_flow(value: object) -> object:
    """``value`` with each custom property marked to be written in one line."""
    if isinstance(value, Mapping):
        made = {key: _in_flow(inner) for key, inner in value.items()}
        return _Flow(made) if "property" in made and "value" in made and "element" not in made else made
    return [_in_flow(item) for item in value] if isinstance(value, list) else value
