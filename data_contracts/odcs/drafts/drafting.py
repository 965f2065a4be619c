"""Drafts of contracts: what can be seen from outside, as an ODCS document that a person finishes.

Types, keys and references are facts and stand in their places. What names, values and counts suggest stands in its
place too, under one mark a table (:mod:`data_contracts.odcs.drafts.blocks`); what nobody can see is ``TODO``.
``rightsflow contracts check`` refuses the document until a person has confirmed all of it. What may be left out is not
asked.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from data_contracts.company import taxonomy
from data_contracts.odcs.drafts.belonging import Seen, Whose, polymorphic, whose
from data_contracts.odcs.drafts.blocks import NOT_PERSONAL, dsr, erasure_of, new_document, personal_block, source_of
from data_contracts.odcs.drafts.companions import is_named_after, key_beside, type_beside
from data_contracts.odcs.drafts.guessing import Guess, Look, guess, words_of
from data_contracts.odcs.drafts.reference_names import is_of_people, is_of_staff
from data_contracts.odcs.drafts.shapes import DraftColumn, DraftReference, DraftSystem, DraftTable
from data_contracts.odcs.marks import GUESS, TODO
from data_contracts.vocabulary import Assertion, Sensitivity, TableErasure

_NO_ID: Final = re.compile(r"[^A-Za-z0-9_-]+")
_KEY: Final = re.compile(r"[a-z_][A-Za-z0-9_.:-]{0,63}")
MOST_KEYS: Final = 40
"""How many different keys a column may hold for cases to be proposed."""
_OF_ACCOUNTS: Final = ("customer_no", "email")
"""Identity kinds that may tell accounts apart, the better one first."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What somebody declared of the system for other software: guesses by table and column, directions by reference."""

    columns: Mapping[str, Mapping[str, Guess]] = field(default_factory=dict)
    follows: Mapping[tuple[str, DraftReference], str] = field(default_factory=dict)


def draft_document(system: DraftSystem, declared: Declared | None = None) -> dict[str, Any]:
    """The draft of ``system`` as plain values: valid ODCS with open marks."""
    said = declared or Declared()
    seen = {table.name: Seen.of(table, said.columns.get(table.name)) for table in system.tables}
    owners = whose(seen, said.follows)
    ids = element_ids(table.name for table in system.tables)
    columns = {table.name: element_ids(column.name for column in table.columns) for table in system.tables}
    whole = _Whole(seen, owners, ids, columns)
    block = dsr(guess=_nobodys(seen, owners), controller=TODO, purposes=[TODO])
    document = new_document(system.name, block)
    document["servers"] = [dict(system.server)]
    return document | {"schema": [_Table(whole, seen[table.name]).document() for table in system.tables]}


def _nobodys(seen: Mapping[str, Seen], owners: Whose) -> dict[str, Any]:
    """Tables that were taken for nobody's, and what of them holds sentences, in which somebody may be named."""
    names = [name for name in seen if name not in owners.personal]
    texts = [f"{name}.{c.name}" for name in names for c in seen[name].table.columns if Look.PROSE in c.looks]
    return ({"nobodys": names} if names else {}) | ({"sentences_in": texts} if texts else {})


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


@dataclass(frozen=True, slots=True)
class _Whole:
    """Every table of a system: guesses, owners, ids of tables, ids of columns by table."""

    seen: Mapping[str, Seen]
    owners: Whose
    table_ids: Mapping[str, str]
    column_ids: Mapping[str, Mapping[str, str]]

    def path(self, table: str, column: str) -> str:
        """What a relationship calls the column."""
        return f"schema/{self.table_ids[table]}/properties/{self.column_ids[table][column]}"

    def ends(self) -> set[tuple[str, str]]:
        """Columns at either end of a reference, as table and column."""
        found = set()
        for name, one in self.seen.items():
            for reference in one.table.references:
                found |= {(name, c) for c in reference.columns} | {
                    (reference.to_table, c) for c in reference.to_columns
                }
        return found

    def erasure(self, table: str) -> TableErasure:
        """What erasure probably does: empties what others refer to, deletes the rest of what is people's."""
        if table not in self.owners.personal:
            return TableErasure.NONE
        one = self.seen[table]
        is_referred = any(
            r.to_table == table for name, other in self.seen.items() if name != table for r in other.table.references
        )
        return TableErasure.COLUMNS if is_referred or one.row_keys else TableErasure.DELETE


@dataclass(frozen=True, slots=True)
class _Table:
    """One table among the others of its system."""

    whole: _Whole
    seen: Seen

    @property
    def table(self) -> DraftTable:
        """What can be seen of it."""
        return self.seen.table

    @property
    def is_personal(self) -> bool:
        """Whether it seems to hold data of a data subject."""
        return self.table.name in self.whole.owners.personal

    def document(self) -> dict[str, Any]:
        """The table as ODCS."""
        composite = [self._relationship(r, is_composite=True) for r in self._drafted() if len(r.columns) > 1]
        facts: dict[str, Any] = {"id": self.whole.table_ids[self.table.name], "name": self.table.name}
        facts["physicalType"] = "table"
        if composite:
            facts["relationships"] = composite
        erase = self.whole.erasure(self.table.name)
        account = self._account()
        facts["customProperties"] = dsr(guess=self._reasons(), erase=erase.value, account=account)
        return facts | {"properties": [self._column(column) for column in self.table.columns]}

    def _reasons(self) -> dict[str, Any]:
        """Why the table was taken for people's, and which columns of it would be search keys."""
        if not self.is_personal:
            return {}
        owners = self.whole.owners
        by = self.seen.told_by
        led = [r.columns[0] for r in self._drafted() if owners.follows[self.table.name, r] == "from"]
        keys = {c.name: found.identity for c in self.table.columns if _is_sure(found := self.seen.guesses[c.name])}
        return {"people_by": by or led or "what refers to it"} | ({"search_keys": keys} if keys else {})

    def _account(self) -> str:
        """The identity kind that tells accounts apart in a table of people; empty for other tables."""
        name = self.table.name
        is_account = name in self.whole.owners.people and is_of_people(name) and not is_of_staff(name)
        kinds = [
            found.identity
            for column in self.table.columns
            if _is_sure(found := self.seen.guesses[column.name]) and (column.unique or column.is_one_each)
        ]
        known = [kind for kind in kinds if kind in _OF_ACCOUNTS and kinds.count(kind) == 1]
        return min(known, key=_OF_ACCOUNTS.index, default="") if is_account and self.table.key else ""

    def _column(self, column: DraftColumn) -> dict[str, Any]:
        own_id = self.whole.column_ids[self.table.name][column.name]
        references = [r for r in self._drafted() if r.columns == (column.name,)] or polymorphic(
            self.whole.seen, self.table.name, column
        )
        is_target = (self.table.name, column.name) in self.whole.ends() or own_id != column.name or column.key_position
        facts: dict[str, Any] = {"id": own_id} if is_target or column.unique else {}
        facts |= {"name": column.name, "logicalType": column.logical_type}
        if column.physical_type:
            facts["physicalType"] = column.physical_type
        if column.key_position:
            facts |= {"primaryKey": True, "primaryKeyPosition": column.key_position}
        facts |= {key: True for key, holds in (("required", column.required), ("unique", column.unique)) if holds}
        if self.is_personal and taxonomy.is_special(self.seen.guesses[column.name].category):
            facts["classification"] = Sensitivity.RESTRICTED.value
        if references:
            facts["relationships"] = [self._relationship(reference) for reference in references]
        block = self._block(column, refers=bool(references))
        return facts | ({"customProperties": dsr(**block)} if block else {})

    def _block(self, column: DraftColumn, *, refers: bool) -> dict[str, Any]:
        """The ``dsr`` block; empty for a bare key, which needs none."""
        found = self.seen.guesses[column.name]
        is_key = bool(column.key_position or refers or any(column.name in r.columns for r in self._drafted()))
        if is_key and not found.identity:
            return self._joining_block(column)
        if not self.is_personal or column.name in self._sayers():
            return {"category": NOT_PERSONAL}
        if absent := self._leads_out(column):
            return {GUESS: {"refers_to": absent}, "category": TODO, "source": TODO}
        block = personal_block(column, found, erase=self._erase(column))
        beside = key_beside(column.name, self.table.names) if found.identity else ""
        block |= {"when": {beside: TODO}} if beside else {}
        # Where in the value it lies, nobody can see from outside.
        block |= {"inside": TODO} if column.is_container and found.identity else {}
        return block | ({"cases": cases} if (cases := self._cases(column)) else {})

    def _joining_block(self, column: DraftColumn) -> dict[str, Any]:
        """The block of a key: of a table that only joins people to something, what they are joined to tells of them."""
        follows = self.whole.owners.follows
        is_only_joining = self.is_personal and all(
            c.key_position or any(c.name in r.columns for r in self._drafted()) for c in self.table.columns
        )
        own = [r for r in self._drafted() if column.name in r.columns]
        if not is_only_joining or not own or any(follows[self.table.name, r] != "none" for r in own):
            return {}
        erase = self._erase(column)
        return {"category": "user.behavior", "source": source_of("user.behavior")} | ({"erase": erase} if erase else {})

    def _erase(self, column: DraftColumn) -> str:
        if self.whole.erasure(self.table.name) is not TableErasure.COLUMNS:
            return ""
        return erasure_of(column, is_end=(self.table.name, column.name) in self.whole.ends())

    def _cases(self, column: DraftColumn) -> list[dict[str, Any]]:
        """A case for each key whose name says what its values are, and one for the others, of which a person knows."""
        beside = key_beside(column.name, self.table.names)
        keys = next((other.keys for other in self.table.columns if other.name == beside), ())
        found = [(key, guess(key, table=self.table.name)) for key in keys]
        erase = {"erase": erased} if (erased := self._erase(column)) else {}
        cases = [{"when": {beside: [key]}, **_case_block(one), **erase} for key, one in found if one.by]
        rest = [key for key, one in found if not one.by]
        return [*cases, {"when": {beside: rest}, "category": TODO, "source": TODO}] if rest else cases

    def _relationship(self, reference: DraftReference, *, is_composite: bool = False) -> dict[str, Any]:
        ends = [self.whole.path(self.table.name, column) for column in reference.columns]
        to = [self.whole.path(reference.to_table, column) for column in reference.to_columns]
        said_by = "" if is_named_after(reference.columns[0], reference.to_table) else self._said_by(reference)
        follow = "" if said_by else self.whole.owners.follows.get((self.table.name, reference), "")
        block = dsr(
            follow=follow or TODO,
            assertion=self._assertion(reference) if follow != "none" else "",
            when={said_by: self._values_for(said_by, reference.to_table)} if said_by else {},
        )
        return ({"from": ends, "to": to} if is_composite else {"to": to[0]}) | {"customProperties": block}

    def _said_by(self, reference: DraftReference) -> str:
        return type_beside(reference.columns[0], self.table.names)

    def _values_for(self, column: str, table: str) -> object:
        """The texts beside that are called after the table; TODO where none is."""
        fitting = [key for key in self.table.column(column).keys if is_named_after(words_of(key), table)]
        return fitting or TODO

    def _assertion(self, reference: DraftReference) -> str:
        """Who stands behind values that somebody may have typed; empty where only programs wrote them."""
        there = self.whole.seen[reference.to_table]
        pairs = zip(reference.columns, reference.to_columns, strict=True)
        if not any(self.seen.guesses[c].identity or there.guesses[to].identity for c, to in pairs):
            return ""
        is_assigned = all(there.guesses[to].identity in {"", "customer_no"} for to in reference.to_columns)
        return (Assertion.ASSIGNED if is_assigned else Assertion.SELF_ASSERTED).value

    def _sayers(self) -> set[str]:
        """Columns that only say what a value, or an id, beside them is."""
        names = self.table.names
        said = {beside(name, names) for name in names for beside in (key_beside, type_beside)}
        return {name for name in names if name in said and Look.TOKEN not in self.table.column(name).looks}

    def _leads_out(self, column: DraftColumn) -> list[str]:
        """What the column refers to, where that is not drafted."""
        out = [r for r in self.table.references if r.to_table not in self.whole.seen]
        pairs = [(c, f"{r.to_table}.{to}") for r in out for c, to in zip(r.columns, r.to_columns, strict=True)]
        return [to for name, to in pairs if name == column.name]

    def _drafted(self) -> list[DraftReference]:
        return [reference for reference in self.table.references if reference.to_table in self.whole.seen]


def _is_sure(found: Guess) -> bool:
    """Whether name and values agree that the column leads to a person."""
    return bool(found.identity) and {"name", "values"} <= set(found.by)


def _case_block(found: Guess) -> dict[str, Any]:
    """What is proposed of a case; its identity is the column's to say."""
    access = {"access": found.access.value} if found.access.value != "include" else {}
    return {GUESS: {"by": list(found.by)}, "category": found.category, "source": source_of(found.category)} | access


def keys_of(texts: Sequence[str]) -> tuple[str, ...]:
    """The texts, where they are names that programs gave: few, each in several rows, none as people write.

    >>> keys_of(["billing_email", "vat_number"]), keys_of(["billing_email", "Ana Example"])
    (('billing_email', 'vat_number'), ())
    """
    is_vocabulary = len(texts) <= MOST_KEYS and all(_KEY.fullmatch(text) for text in texts)
    return tuple(sorted(texts)) if is_vocabulary else ()


def key_columns(names: Sequence[str]) -> list[str]:
    """Columns whose texts are looked at as keys: those that say what a value, or an id, beside them is; nobody's."""
    found = dict.fromkeys(b for name in names for b in (key_beside(name, names), type_beside(name, names)) if b)
    return [name for name in found if not guess(name, table="").by]
