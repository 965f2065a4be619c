"""Drift: where a live schema is not what the contract says, and what may still be done with it (law 6).

A table or column that is not there cannot be searched, so "nothing found" would be a lie: searching is off. A value
that cannot be set to NULL, or rows that something unknown refers to, can be disclosed but not erased. The rest is told
to people and stops nothing; the audit lists it (charter 1.3).

Source: Art. 5(2), 24 and 25 GDPR (a contract that no longer fits is no proof of anything).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from data_contracts.contract import Column, SystemContract, Table
from data_contracts.findings import FindingKind
from data_contracts.ports import LiveColumn, LiveReference, LiveSchema
from data_contracts.vocabulary import ColumnErasure, Follow, TableErasure

_LOSES_ROWS = frozenset({TableErasure.DELETE, TableErasure.KEEP})
"""Ways of erasing that delete rows: at once, or when their hold is over."""


class Effect(StrEnum):
    """What a drift forbids."""

    FORBIDS_SEARCHING = "forbids_searching"
    """Nothing can be concluded from the system: neither a search nor, therefore, any act."""
    FORBIDS_ERASING = "forbids_erasing"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Drift:
    """One difference between contract and live schema; names only, no personal data."""

    system: str
    table: str
    column: str
    """Empty when it is about the table."""
    effect: Effect
    what: str
    remedy: str
    kind: FindingKind
    about: str = ""
    """What else it is about: another table, or the columns of a key."""

    def __str__(self) -> str:
        """One line for a person."""
        place = ".".join(part for part in (self.system, self.table, self.column) if part)
        return f"{place}: {self.what}. Remedy: {self.remedy}."


def drift(contract: SystemContract, live: LiveSchema) -> list[Drift]:
    """Every difference that matters, by table and column; empty when the live schema is as declared.

    Args:
        contract: what the system should hold.
        live: what it holds, under the contract's names.
    """
    found = [finding for table in contract.tables for finding in _of_table(table, live)]
    return sorted([*found, *_undeclared_referrers(contract, live), *_cascades(contract, live)])


def forbids(findings: list[Drift], effect: Effect) -> bool:
    """Whether ``findings`` forbid it; what may not be searched may not be erased either."""
    effects = {finding.effect for finding in findings}
    if effect is Effect.FORBIDS_ERASING:
        return bool(effects & {Effect.FORBIDS_SEARCHING, Effect.FORBIDS_ERASING})
    return effect in effects


def _of_table(table: Table, live: LiveSchema) -> Iterator[Drift]:
    columns = live.tables.get(table.name)
    if columns is None:
        remedy = "create or rename the live table, or take it out of the contract"
        kind = FindingKind.TABLE_MISSING
        yield _at(table, "", Effect.FORBIDS_SEARCHING, kind, what="the table is not in the live system", remedy=remedy)
        return
    for column in table.columns:
        yield from _of_column(table, column, columns.get(column.name))
    for name in sorted(columns.keys() - {column.name for column in table.columns}):
        what = "the live table has a column that the contract does not declare"
        remedy = "declare it, so that it is disclosed and erased"
        yield _at(table, name, Effect.WARNING, FindingKind.COLUMN_UNDECLARED, what=what, remedy=remedy)
    yield from _of_primary_key(table, live)


def _of_column(table: Table, column: Column, live: LiveColumn | None) -> Iterator[Drift]:
    if live is None:
        remedy = "create or rename the live column, or take it out of the contract"
        what, kind = "the column is not in the live table", FindingKind.COLUMN_MISSING
        yield _at(table, column.name, Effect.FORBIDS_SEARCHING, kind, what=what, remedy=remedy)
    elif column.erase is ColumnErasure.CLEAR and not live.nullable:
        what = "`erase: clear` sets it to NULL, which the live column refuses"
        remedy = "write `required: true` and `erase: mask` or `token`, or let the live column take NULL"
        yield _at(table, column.name, Effect.FORBIDS_ERASING, FindingKind.CLEAR_REFUSED, what=what, remedy=remedy)
    elif column.required and live.nullable and not column.primary_key:
        what = "the contract says it is required, but the live column takes NULL"
        remedy = "take `required` away, or set NOT NULL"
        yield _at(table, column.name, Effect.WARNING, FindingKind.NULL_TAKEN, what=what, remedy=remedy)


def _of_primary_key(table: Table, live: LiveSchema) -> Iterator[Drift]:
    known = live.primary_keys.get(table.name)
    if known is None or set(known) == set(table.primary_key):
        return
    # Rows that stay are told apart by their key when an erasure is proven.
    effect = Effect.FORBIDS_ERASING if table.erase is TableErasure.COLUMNS else Effect.WARNING
    what = f"the live primary key is ({', '.join(known)}), the contract says ({', '.join(table.primary_key)})"
    remedy, keys = "write the live key's columns as `primaryKey`", ", ".join(known)
    yield _at(table, "", effect, FindingKind.KEY_DIFFERS, what=what, remedy=remedy, about=keys)


def _undeclared_referrers(contract: SystemContract, live: LiveSchema) -> Iterator[Drift]:
    declared = {table.name: table for table in contract.tables}
    for reference in live.references:
        target = declared.get(reference.to_table)
        if target is not None and reference.table not in declared:
            yield _of_referrer(target, reference)


def _cascades(contract: SystemContract, live: LiveSchema) -> Iterator[Drift]:
    """Where the database itself would delete rows that nobody said are the data subject's (law 8)."""
    declared = {table.name: table for table in contract.tables}
    for reference in live.references:
        target, child = declared.get(reference.to_table), declared.get(reference.table)
        if target is None or child is None or reference.on_delete != "CASCADE":
            continue
        is_followed = any(
            own.to_table == target.name and own.columns == reference.columns and Follow.FROM in own.follow
            for own in child.references
        )
        if target.erase in _LOSES_ROWS and not (is_followed and child.erase is TableErasure.DELETE):
            what = f"deleting a row deletes rows of `{child.name}` with it (ON DELETE CASCADE), which must stay"
            remedy = "take the cascade out of the foreign key, or declare that those rows are the data subject's"
            kind = FindingKind.CASCADE
            yield _at(target, "", Effect.FORBIDS_ERASING, kind, what=what, remedy=remedy, about=child.name)


def _of_referrer(target: Table, reference: LiveReference) -> Drift:
    is_personal = any(column.is_personal for column in target.columns)
    effect = Effect.FORBIDS_ERASING if is_personal else Effect.WARNING
    what = f"the live table `{reference.table}`, which no contract declares, refers to it"
    remedy = f"declare `{reference.table}`: its rows may be the data subject's, and would be stranded or block"
    kind = FindingKind.REFERRER_UNDECLARED
    return _at(target, "", effect, kind, what=what, remedy=remedy, about=reference.table)


def _at(table: Table, column: str, effect: Effect, kind: FindingKind, **said: str) -> Drift:
    return Drift(table.system, table.name, column, effect, kind=kind, **said)
