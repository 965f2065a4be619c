"""Erasure: every strategy can be carried out in the database, and whatever stays has its ground (Art. 17)."""

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Final

from data_contracts.company.contract import Column, Table
from data_contracts.company.row_cases import parts_of
from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import ContractSet, at_column, at_table
from data_contracts.vocabulary import About, ColumnErasure, RetentionAction, TableErasure

_PSEUDONYMS: Final = {ColumnErasure.TOKEN: 1, ColumnErasure.HMAC: 32}
"""How many characters a column must take: a keyed hash tells people apart by itself, a token is one that nobody has."""
_HASHED: Final = frozenset({"string", "integer", "number"})
"""Logical types that hold a keyed hash: as hexadecimal signs, or as digits."""
_WITHOUT_PSEUDONYM: Final = frozenset({"boolean", "map", "vector"})
_KINDS: Final[Mapping[str, tuple[type, ...]]] = {"integer": (int,), "number": (int, float), "boolean": (bool,)}
"""What a replacement must be, by the logical types that are no text."""
_REPLACING: Final = frozenset({ColumnErasure.MASK, ColumnErasure.TOKEN, ColumnErasure.HMAC})
_KEEPING: Final = frozenset({ColumnErasure.KEEP, ColumnErasure.HMAC})


def what_stays_has_a_hold(contracts: ContractSet) -> Iterator[Fault]:
    """What is kept, also as a keyed hash, names its exemption (Art. 17(3), 4(5))."""
    for system, table in contracts.tables():
        if table.erase is TableErasure.KEEP and not table.hold:
            remedy = "add `hold`, or write `erase: delete` or `columns`"
            yield at_table(system, table, what="is kept, but names no hold", remedy=remedy)
        for column in table.rules:
            if column.erase in _KEEPING and not column.hold:
                what = f"`erase: {column.erase}` leaves personal data, but names no hold"
                remedy = "add `hold`, or write `erase: clear`, `mask` or `token`"
                yield at_column(system, table, column.name, what=what, remedy=remedy)


def holds_count(contracts: ContractSet) -> Iterator[Fault]:
    """A table's hold keeps whole rows; on a table whose rows are not kept it would be passed over."""
    for system, table in contracts.tables():
        if table.hold and table.erase is not TableErasure.KEEP:
            what = f"names a hold, but says `erase: {table.erase}`, so its rows are not kept by it"
            remedy = "write `erase: keep` at the table, or `hold` at its columns"
            yield at_table(system, table, what=what, remedy=remedy)


def columns_say_what(contracts: ContractSet) -> Iterator[Fault]:
    """In a table that is erased column by column each personal column says how; elsewhere none does."""
    for system, table in contracts.tables():
        for part in parts_of(table) if table.erase is TableErasure.COLUMNS else ():
            for column in part.table.columns if part.table.erase is TableErasure.COLUMNS else ():
                if column.is_personal and column.erase is None:
                    where = f" in the rows with {part.said}" if part.cases else ""
                    what = f"is personal in a table with `erase: columns`, but does not say how it is erased{where}"
                    remedy = "add `erase: clear`, `mask`, `token`, `hmac` or `keep`"
                    yield at_column(system, table, column.name, what=what, remedy=remedy)
        for column in table.rules:
            if column.erase is not None and table.erase is not TableErasure.COLUMNS:
                what = f"`erase: {column.erase}` is never carried out: the table says `erase: {table.erase}`"
                remedy = "remove it, or write `erase: columns` at the table"
                yield at_column(system, table, column.name, what=what, remedy=remedy)


def nothing_is_forgotten(contracts: ContractSet) -> Iterator[Fault]:
    """``erase: none`` is for tables without data of the data subject."""
    for system, table in contracts.tables():
        is_about_subject = any(column.is_personal and column.about is About.SUBJECT for column in table.rules)
        if table.erase is TableErasure.NONE and is_about_subject:
            what = "says `erase: none`, but holds personal data of the data subject"
            remedy = "write `erase: delete`, `columns`, or `keep` with a hold"
            yield at_table(system, table, what=what, remedy=remedy)


def nothing_is_deleted_in_vain(contracts: ContractSet) -> Iterator[Fault]:
    """``erase: delete`` is for rows with data of a person; others' lists would be emptied for one of them."""
    shredding_keys = {(table.system, table.shred_key) for _, table in contracts.tables()}
    for system, table in contracts.tables():
        is_needed = (table.system, table.name) in shredding_keys or any(_may_be_personal(table, c) for c in table.rules)
        if table.erase is TableErasure.DELETE and not is_needed:
            what = "says `erase: delete`, but no column of it is personal"
            remedy = "write `erase: none`, or give the column that tells something of a data subject its `category`"
            yield at_table(system, table, what=what, remedy=remedy)


def _may_be_personal(table: Table, column: Column) -> bool:
    """Whether a column is personal, or could not be read."""
    is_key = column.primary_key or any(column.name in reference.columns for reference in table.references)
    return column.is_personal or not (column.category or is_key)


def shredding(contracts: ContractSet) -> Iterator[Fault]:
    """What is shredded names the table of its system whose rows are deleted with the key in them (Art. 17(1))."""
    for system, table in contracts.tables():
        if table.erase is not TableErasure.SHRED:
            if table.shred_key:
                what, remedy = "names `shred_key`, but is not shredded", "remove it, or write `erase: shred`"
                yield at_table(system, table, what=what, remedy=remedy)
            continue
        keys = [other for other in system.tables if other.name == table.shred_key]
        if not keys or keys[0].erase is not TableErasure.DELETE:
            what = "says `erase: shred`, but names no table of keys whose rows are deleted"
            remedy = "add `shred_key`: a table of this system with `erase: delete`"
            yield at_table(system, table, what=what, remedy=remedy)


def clearing(contracts: ContractSet) -> Iterator[Fault]:
    """NULL needs a column that takes it."""
    for system, table, column in contracts.rules():
        # A value inside of which one is taken out is still there.
        if column.erase is ColumnErasure.CLEAR and column.required and column.inside is None:
            what = "`erase: clear` sets it to NULL, but it is required"
            yield at_column(system, table, column.name, what=what, remedy="write `erase: mask` or `erase: token`")


def masking(contracts: ContractSet) -> Iterator[Fault]:
    """One constant for many rows needs a column that takes it twice, and a type that has one."""
    for system, table, column in contracts.rules():
        if column.erase is not ColumnErasure.MASK:
            continue
        if column.unique or column.primary_key:
            what = "`erase: mask` writes one constant to many rows, but its values are unique"
            yield at_column(system, table, column.name, what=what, remedy="write `erase: token`, or `clear`")
        if column.logical_type in {"map", "vector"} and column.inside is None and column.replacement is None:
            what = f"`erase: mask` has no constant for {column.logical_type}"
            remedy = "declare a `replacement`, or write `erase: clear`"
            yield at_column(system, table, column.name, what=what, remedy=remedy)


def replacements(contracts: ContractSet) -> Iterator[Fault]:
    """A replacement takes the place of a masked value, and is one that the contract allows (Art. 17(1))."""
    for system, table, column in contracts.columns():
        if column.replacement is None:
            continue
        if column.erase is not ColumnErasure.MASK:
            what, remedy = "declares a `replacement`, but is not masked", "remove it, or write `erase: mask`"
            yield at_column(system, table, column.name, what=what, remedy=remedy)
        elif what := _why_not_allowed(column):
            yield at_column(system, table, column.name, what=what, remedy="declare one that the contract allows")


def _why_not_allowed(column: Column) -> str:
    value, rules = str(column.replacement), column.rules
    if column.max_length is not None and len(value) > column.max_length:
        return f"its `replacement` has {len(value)} characters, but the column takes {column.max_length}"
    if rules.valid_values and value not in rules.valid_values:
        return "its `replacement` is none of its valid values"
    if any(re.fullmatch(pattern, value) is None for pattern in rules.patterns):
        return "its `replacement` does not fit its pattern"
    kinds = _KINDS.get(column.logical_type)
    is_kind = kinds is None or isinstance(column.replacement, kinds)
    return "" if is_kind else f"its `replacement` is no {column.logical_type}"


def pseudonyms(contracts: ContractSet) -> Iterator[Fault]:
    """A token has the column's own type; a keyed hash is a text of 32 characters at least, or a number."""
    for system, table, column in contracts.rules():
        needed = _PSEUDONYMS.get(column.erase, 0) if column.erase else 0
        if not needed:
            continue
        is_hash = column.erase is ColumnErasure.HMAC
        has_none = column.logical_type not in _HASHED if is_hash else column.logical_type in _WITHOUT_PSEUDONYM
        if has_none and column.inside is None:
            what = f"`erase: {column.erase}` has no form for {column.logical_type}"
            yield at_column(system, table, column.name, what=what, remedy="write `erase: mask` or `erase: clear`")
        elif column.max_length is not None and column.max_length < needed:
            what = f"`erase: {column.erase}` writes {needed} characters, but the column takes {column.max_length}"
            yield at_column(system, table, column.name, what=what, remedy="write `erase: mask` or `erase: clear`")


def keys_stay(contracts: ContractSet) -> Iterator[Fault]:
    """A column at either end of a reference in its system keeps its value or is cleared, or the reference breaks.

    A key with ``token`` is replaced together with what refers to it; what refers needs no way of its own.
    """
    ends = {
        (table.system, name, column)
        for _, table in contracts.tables()
        for reference in table.references
        if reference.to_system == table.system
        for name, columns in ((table.name, reference.columns), (reference.to_table, reference.to_columns))
        for column in columns
    }
    for system, table, column in contracts.rules():
        is_end = (table.system, table.name, column.name) in ends
        if (is_end or column.primary_key) and column.erase is ColumnErasure.TOKEN and not _why_not_moved(table, column):
            continue
        if column.erase in _REPLACING and (is_end or column.primary_key):
            what = f"`erase: {column.erase}` would change a key, and break what refers to it"
            remedy = (
                "write `erase: token`, which replaces what refers to it too, `keep` with a hold, or delete the rows"
            )
            if column.erase is ColumnErasure.TOKEN:
                what, remedy = _why_not_moved(table, column), "write `erase: keep` with a hold, or delete the rows"
            yield at_column(system, table, column.name, what=what, remedy=remedy)


def _why_not_moved(table: Table, column: Column) -> str:
    """Why a key cannot be replaced together with what refers to it; empty where it can."""
    if column.hold or column.cases or column.inside is not None:
        return "`erase: token` at a key that others refer to takes no `hold`, no `cases` and no `inside`"
    if any(item.then is RetentionAction.COLUMNS for item in table.retentions):
        return "`erase: token` at a key that others refer to cannot be carried out by a retention period"
    return ""


def rows_can_go(contracts: ContractSet) -> Iterator[Fault]:
    """Rows are only deleted where no row that stays, in the same system, refers to them."""
    for system, table in contracts.tables():
        for reference in table.references:
            target = contracts.find(reference.to_system, reference.to_table)
            if target.system != table.system or reference.shared:
                continue
            loses_rows = any(part.table.erase is TableErasure.DELETE for part in parts_of(target))
            stays = (part.table for part in parts_of(table) if part.table.erase is not TableErasure.DELETE)
            if loses_rows and not all(_is_cleared(part, reference.columns) for part in stays):
                what = f"its rows are deleted, but rows of `{table.name}`, which stay, refer to them"
                remedy = f"write `erase: columns` here, `erase: delete` at `{table.name}`, or clear the reference there"
                yield at_table(system, target, what=what, remedy=remedy)


def _is_cleared(table: Table, names: tuple[str, ...]) -> bool:
    columns: list[Column] = [table.column(name) for name in names]
    return table.erase is TableErasure.COLUMNS and all(c.erase is ColumnErasure.CLEAR for c in columns)


def deletions_have_an_order(contracts: ContractSet) -> Iterator[Fault]:
    """Tables that lose rows do not refer to each other in a circle: no order of deleting them would work."""
    for system in contracts.systems:
        losing = {table.name for table in system.tables if _loses_rows(table)}
        needs = {
            table.name: {r.to_table for r in table.references if r.to_system == system.name} & losing - {table.name}
            for table in system.tables
            if table.name in losing
        }
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as circle:
            names = sorted(set(circle.args[1]))
            what = f"its rows are deleted, and it is part of a circle of references: {', '.join(names)}"
            remedy = "write `erase: columns` at one of them and clear the column that refers"
            yield Fault(system.file, names[0], "", what, remedy)


def _loses_rows(table: Table) -> bool:
    is_deleted_later = any(item.then is RetentionAction.DELETE for item in table.retentions)
    return is_deleted_later or any(part.table.erase is TableErasure.DELETE for part in parts_of(table))


def rows_have_a_key(contracts: ContractSet) -> Iterator[Fault]:
    """Rows that stay can be told apart, to prove afterwards what each became (law 7)."""
    for system, table in contracts.tables():
        if table.erase is TableErasure.COLUMNS and not table.primary_key:
            remedy = "write `primaryKey: true` at its key columns, or `erase: delete`"
            yield at_table(system, table, what="has `erase: columns`, but no primary key", remedy=remedy)
