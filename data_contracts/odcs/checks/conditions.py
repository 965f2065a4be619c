"""Conditions: what holds in some rows alone says in which, by columns that are there (law 8)."""

from collections.abc import Iterator

from data_contracts.company.contract import SystemContract, Table
from data_contracts.connectors.keys import When
from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import ContractSet, at_column, listed
from data_contracts.odcs.drafts.companions import is_named_after, key_beside, type_beside


def columns_there(contracts: ContractSet) -> Iterator[Fault]:
    """``when`` of an identity or of a reference names other columns of the same table."""
    for system, table, column in contracts.columns():
        yield from unknown_columns(system, table, names=(column.name,), when=column.when)
    for system, table, reference in contracts.references():
        yield from unknown_columns(system, table, names=reference.columns, when=reference.when)


def unknown_columns(
    system: SystemContract, table: Table, *, names: tuple[str, ...], when: tuple[When, ...]
) -> Iterator[Fault]:
    """Faults of conditions that name no other column of the table."""
    others = {column.name for column in table.columns}.difference(names)
    for condition in when:
        if condition.column not in others:
            what = f"holds `when` `{condition.column}` says so, which is no other column of this table"
            yield at_column(system, table, names[0], what=what, remedy=f"write one of {listed(others)}")


def values_say_which(contracts: ContractSet) -> Iterator[Fault]:
    """In a table of keys and values a value is an identity in some rows alone."""
    for system, table, column in contracts.columns():
        beside = key_beside(column.name, [other.name for other in table.columns])
        if column.identity and not column.when and beside:
            what = f"is searched by as `{column.identity}` in every row, but `{beside}` says what each value is"
            remedy = f"add `when: {{{beside}: [...]}}` with those that mean `{column.identity}`, or remove `identity`"
            yield at_column(system, table, column.name, what=what, remedy=remedy)


def references_say_which(contracts: ContractSet) -> Iterator[Fault]:
    """A reference beside a column that says to what it refers holds in some rows alone."""
    for system, table, reference in contracts.references():
        beside = _type_beside(table, reference.columns)
        is_named = any(is_named_after(name, reference.to_table) for name in reference.columns)
        if reference.follow and not reference.when and beside and not is_named:
            what = f"is followed to `{reference.to_table}` in every row, but `{beside}` says to what each row refers"
            remedy = f"add `when: {{{beside}: [...]}}` with what stands for `{reference.to_table}`, or `follow: none`"
            yield at_column(system, table, reference.columns[0], what=what, remedy=remedy)


def _type_beside(table: Table, names: tuple[str, ...]) -> str:
    all_names = [column.name for column in table.columns]
    return next((beside for name in names if (beside := type_beside(name, all_names))), "")
