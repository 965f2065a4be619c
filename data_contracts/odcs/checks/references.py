"""References: both ends fit, and no search walks from one person to another (law 8)."""

from collections.abc import Iterator

from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import ContractSet, at_column

_NUMBERS = frozenset({"integer", "number"})


def types_match(contracts: ContractSet) -> Iterator[Fault]:
    """Both ends of a reference are of one logical type, or a key found here could never match there."""
    for system, table, reference in contracts.references():
        target = contracts.find(reference.to_system, reference.to_table)
        for name, to_name in zip(reference.columns, reference.to_columns, strict=True):
            here, there = table.column(name).logical_type, target.column(to_name).logical_type
            if here != there and not {here, there} <= _NUMBERS:
                what = f"is {here}, but refers to `{reference.to_table}.{to_name}`, which is {there}"
                remedy = "write the `logicalType` that the live column has at both ends"
                yield at_column(system, table, name, what=what, remedy=remedy)


def no_walk_between_people(contracts: ContractSet) -> Iterator[Fault]:
    """A table whose rows are people is not followed into itself: a referrer or a manager is somebody else."""
    for system, table, reference in contracts.references():
        is_self = (reference.to_system, reference.to_table) == (table.system, table.name)
        if is_self and reference.follow and table.identities:
            what = "leads from one data subject to another (the table refers to itself)"
            remedy = "add `dsr: {follow: none}` to the relationship"
            yield at_column(system, table, reference.columns[0], what=what, remedy=remedy)
