"""Retention: each period starts from a date that is there, and each hold has an end (Art. 5(1)(e), 17(3))."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from data_contracts.company.contract import SystemContract, Table
from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import ContractSet, at_column
from data_contracts.vocabulary import ColumnErasure, RetentionAction, TableErasure

_DATES: Final = frozenset({"date", "timestamp"})


def starts(contracts: ContractSet) -> Iterator[Fault]:
    """A period starts from a declared date or timestamp column."""
    for system, table in contracts.tables():
        types = {column.name: column.logical_type for column in table.columns}
        for item in table.retentions:
            if item.column not in types:
                what = f"starts from `{table.name}.{item.column}`, which is not declared"
                yield Fault(system.file, "", item.id, what, "name a declared column in `element`")
            elif types[item.column] not in _DATES:
                what = f"starts from `{table.name}.{item.column}`, which is {types[item.column]}"
                yield Fault(system.file, "", item.id, what, "name a date or timestamp column in `element`")


def ids(contracts: ContractSet) -> Iterator[Fault]:
    """The id of a retention item is unique in its document."""
    for system in contracts.systems:
        times = Counter(item.id for table in system.tables for item in table.retentions if item.id)
        for name in (name for name, count in times.items() if count > 1):
            what = "two retention items have this id"
            yield Fault(system.file, "", name, what, "give each an id of its own")


def clashes(contracts: ContractSet) -> Iterator[Fault]:
    """For one table and hold, or for the deletion of its rows, one period counts."""
    for system, table in contracts.tables():
        by_hold = Counter(item.hold for item in table.retentions)
        deletions = [item for item in table.retentions if item.then is RetentionAction.DELETE]
        for item in table.retentions:
            is_second_deletion = item in deletions[1:]
            if by_hold[item.hold] > 1 or is_second_deletion:
                what = f"clashes with another retention item of `{table.name}`"
                remedy = "keep one item for each hold, and one that deletes the rows"
                yield Fault(system.file, "", item.id, what, remedy)


def actions_fit(contracts: ContractSet) -> Iterator[Fault]:
    """``then: columns`` needs a table whose columns say how they are erased."""
    for system, table in contracts.tables():
        for item in table.retentions:
            if item.then is RetentionAction.COLUMNS and table.erase is not TableErasure.COLUMNS:
                what = f"says `then: columns`, but `{table.name}` says `erase: {table.erase}`"
                yield Fault(system.file, "", item.id, what, "write `then: delete`, or `erase: columns` at the table")


def holds_end(contracts: ContractSet) -> Iterator[Fault]:
    """A hold that a contract uses has an end.

    What is erased once its hold is over (any strategy but ``keep`` and ``hmac``) must find the date in its own table.
    What is kept for the sake of rows elsewhere (a key that invoices of another system name) may take the end from any
    contract.
    """
    ending = {(table.system, table.name, item.hold) for _, table in contracts.tables() for item in table.retentions}
    anywhere = {hold for _, _, hold in ending}
    for system, table, use in _uses(contracts):
        known = contracts.vocabulary.holds.get(use.hold)
        has_end = (table.system, table.name, use.hold) in ending or (use.is_kept and use.hold in anywhere)
        if known is not None and not known.open_ended and not has_end:
            where = "" if use.is_kept else f" with a start column of `{table.name}`"
            what = f"is held by `{use.hold}`, but no retention item{where} says when that ends"
            remedy = f"add one with `hold: {use.hold}`, or write `open_ended: true` and a `note` at the hold"
            yield at_column(system, table, use.field, what=what, remedy=remedy)


@dataclass(frozen=True, slots=True)
class _Use:
    """Where a hold is used: a column, or the whole table (empty field)."""

    field: str
    hold: str
    is_kept: bool


def _uses(contracts: ContractSet) -> Iterator[tuple[SystemContract, Table, _Use]]:
    for system, table in contracts.tables():
        if table.hold:
            yield system, table, _Use("", table.hold, is_kept=True)
        for column in table.rules:
            if column.hold:
                is_kept = column.erase in {ColumnErasure.KEEP, ColumnErasure.HMAC}
                yield system, table, _Use(column.name, column.hold, is_kept=is_kept)
