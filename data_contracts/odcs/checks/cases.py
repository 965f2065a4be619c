"""Cases of a column: each says in which rows it holds, no two hold in the same, and what it says can be done."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from data_contracts.company.contract import Column, Table
from data_contracts.company.row_cases import overlap, parts_of, said_when
from data_contracts.connectors.keys import When
from data_contracts.fault import Fault
from data_contracts.odcs.checks.conditions import unknown_columns
from data_contracts.odcs.checks.rectifying import is_changed
from data_contracts.odcs.checks.subject import ContractSet, at_column
from data_contracts.vocabulary import ColumnErasure, TableErasure

_PSEUDONYMS: Final = frozenset({ColumnErasure.TOKEN, ColumnErasure.HMAC})


def cases_say_which(contracts: ContractSet) -> Iterator[Fault]:
    """``when`` of a case names other columns of the table, which stay as they are when the rows change."""
    for system, table, column in contracts.columns():
        for case in column.cases:
            yield from unknown_columns(system, table, names=(column.name,), when=case.when)
            known = {one.name for one in table.columns}
            for name in (one.column for one in case.when if one.column in known):
                if why := _why_unfit(table, name):
                    what = f"has a case for the rows with {said_when(case.when)}, but `{name}` {why}"
                    remedy = f"tell the rows by a column that stays, or give `{name}` `category: system.operations`"
                    yield at_column(system, table, column.name, what=what, remedy=remedy)


def _why_unfit(table: Table, name: str) -> str:
    """Why rows cannot be told by a column; empty when they can."""
    rules = [one for one in table.rules if one.name == name]
    if any(one.is_personal for one in rules):
        return "is personal itself"
    if any(one.erase not in {None, ColumnErasure.KEEP} or is_changed(one) or one.marker for one in rules):
        return "does not stay as it is"
    return ""


def cases_exclude_each_other(contracts: ContractSet) -> Iterator[Fault]:
    """No row fulfils two cases of a column, and each case is fulfilled by some row."""
    for system, table, column in contracts.columns():
        names = {one.name for one in table.columns}
        for one, other in combinations(column.cases, 2):
            if not overlap(one.when, other.when, names):
                continue
            if _is_within(other.when, one.when):
                what = f"has a case for the rows with {said_when(other.when)}, which the one with"
                what += f" {said_when(one.when)} before it takes all"
            else:
                what = f"has two cases that may hold in one row: {said_when(one.when)}, and {said_when(other.when)}"
            yield at_column(system, table, column.name, what=what, remedy="give the cases different values")


def _is_within(inner: tuple[When, ...], outer: tuple[When, ...]) -> bool:
    """Whether each row that fulfils ``inner`` fulfils ``outer``."""
    held = {one.column: set(one.values) for one in inner}
    return all(held.get(one.column, {object()}) <= set(one.values) for one in outer)


def cases_can_be_erased(contracts: ContractSet) -> Iterator[Fault]:
    """What a case says of erasure is carried out, and does not contradict what else the rows hold."""
    for system, table, column in contracts.columns():
        remedy = "write `erase: columns` at the table"
        for case in column.cases:
            if case.deletes_row and table.erase is not TableErasure.COLUMNS:
                what = f"`erase: delete` of a case says nothing: the table says `erase: {table.erase}`"
                yield at_column(system, table, column.name, what=what, remedy=f"remove it, or {remedy}")
            if case.deletes_row and case.rules.hold:
                what = "has a case whose rows are deleted, but that names a hold"
                yield at_column(system, table, column.name, what=what, remedy="write `erase: keep`, or remove `hold`")
        if len({one.erase for one in _rules(column)} & _PSEUDONYMS) > 1:
            what = "has cases with `erase: token` and with `erase: hmac`: its values would be replaced in two ways"
            yield at_column(system, table, column.name, what=what, remedy="write one of the two")
        if column.cases and column.inside is not None:
            what = "has cases and says `inside`: what lies inside a value is erased under one rule"
            yield at_column(system, table, column.name, what=what, remedy="remove one of the two")
    yield from _deleted_beside_kept(contracts)


def _deleted_beside_kept(contracts: ContractSet) -> Iterator[Fault]:
    for system, table in contracts.tables():
        for part in parts_of(table):
            deleting = [name for name, case in part.cases.items() if case.deletes_row]
            kept = [one.name for one in part.table.columns if deleting and one.hold and one.name not in deleting]
            for name in kept:
                what = f"is held in the rows with {part.said}, which a case of `{deleting[0]}` deletes"
                yield at_column(system, table, name, what=what, remedy="write another `erase` at that case")


def _rules(column: Column) -> tuple[Column, ...]:
    return (column, *(case.rules for case in column.cases))
