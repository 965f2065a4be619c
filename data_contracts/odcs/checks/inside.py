"""Identities inside a column's value: the place is understood, and the rows can be told apart (law 8)."""

from collections.abc import Iterator, Mapping
from typing import Final

from data_contracts.company.contract import Column, Table
from data_contracts.fault import Fault
from data_contracts.inside.paths import Inside
from data_contracts.odcs.checks.subject import ContractSet, at_column
from data_contracts.vocabulary import ColumnErasure, RetentionAction

_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "json": ("string", "object", "array"),
    "xml": ("string", "object"),
    "members": ("array", "string", "object"),
    "items": ("string",),
    "entries": ("object", "string"),
}
"""Logical types of a column that may hold it, by where the identity lies."""
_PATHS: Final = "`json: $.user.email`, `json: $.to[*]`, `xml: /order/email`, `xml: /order/@mail`"


def places_inside(contracts: ContractSet) -> Iterator[Fault]:
    """``inside`` says a place in which an identity is found, in rows that their primary key tells apart."""
    for system, table, column in contracts.columns():
        for what, remedy in _faults(table, column, column.inside) if column.inside else ():
            yield at_column(system, table, column.name, what=what, remedy=remedy)


def _faults(table: Table, column: Column, inside: Inside) -> Iterator[tuple[str, str]]:
    if not column.identity:
        yield "says `inside`, but holds no identity", "add `identity`, or remove `inside`"
    if not inside.is_understood:
        yield "the place that `inside` says is not understood", f"write it like {_PATHS}, `members: true`"
    if column.logical_type not in _TYPES[inside.kind]:
        remedy = f"write the `logicalType` of the live column: one of {', '.join(_TYPES[inside.kind])}"
        yield f"says `inside: {inside.kind}`, but is of type {column.logical_type}", remedy
    if not table.primary_key:
        what = "says `inside`, but the table has no primary key, by which rows with a key inside are told apart"
        yield what, "write `primaryKey: true` at its key columns"
    if table.account:
        what = "says `inside` in a table of accounts: several people may lie in one value, and an account is one's"
        yield what, "keep these identities in a table that refers to the account, or remove `identity`"
    for key, is_said in (("normalised", column.normalised), ("country", column.country), ("unique", column.unique)):
        if is_said:
            yield f"says `{key}` beside `inside`, which is for a column that holds one key", f"remove `{key}`"
    is_emptied_later = any(item.then is RetentionAction.COLUMNS for item in table.retentions)
    if is_emptied_later and column.erase not in {None, ColumnErasure.CLEAR, ColumnErasure.KEEP}:
        what = f"`erase: {column.erase}` acts inside for one person, but a retention period ends for the whole value"
        yield what, "write `erase: clear`"
