"""Accounts: the contracts name the tables whose rows are one data subject's each (law 8).

An account is one value of a unique identity kind. Whenever a search reaches an account that holds no proven key, or
more than one account, a person is asked; without account tables nobody would know whom to ask about.
"""

from collections import Counter
from collections.abc import Iterator
from operator import itemgetter

from data_contracts.company.contract import Table
from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import VOCABULARY, ContractSet, at_table, listed


def accounts_named(contracts: ContractSet) -> Iterator[Fault]:
    """At least one table of the set holds accounts."""
    if any(table.account for _, table in contracts.tables()):
        return
    what = (
        "no table of the contracts says that its rows are accounts, so that two data subjects could not be told apart"
    )
    yield Fault(VOCABULARY, "", "identities", what, _how_to_name(contracts))


def _how_to_name(contracts: ContractSet) -> str:
    """What to write, with the set's own names where it has a column to begin with."""
    kinds = contracts.vocabulary.identities
    referred = Counter((reference.to_system, reference.to_table) for _, _, reference in contracts.references())
    found = [
        (referred[table.system, table.name], f"`account: {c.identity}` to the `dsr` of `{table.name}` in {system.file}")
        for system, table, c in contracts.columns()
        if c.identity in kinds and kinds[c.identity].unique and table.primary_key
    ]
    if found:
        return f"add e.g. {max(found, key=itemgetter(0))[1]}"
    return (
        "write a kind here such as `customer_no: {unique: true}`, `identity: customer_no` with its `assertion` at the "
        "column that holds it, and `account: customer_no` in the `dsr` of that column's table"
    )


def accounts_can_be_told_apart(contracts: ContractSet) -> Iterator[Fault]:
    """An account is told by one column that holds a unique kind, and its rows by a primary key.

    Under a condition, as in a table of keys and values, rows that do not fulfil it are no accounts.
    """
    kinds = contracts.vocabulary.identities
    known = [name for name, kind in kinds.items() if kind.unique]
    for system, table in contracts.tables():
        if table.account and table.account not in known:
            what = f"names `account: {table.account}`, which is no identity kind with `unique: true`"
            remedy = f"write one of {listed(known)}, or `unique: true` at a kind of which one value is one person"
            yield at_table(system, table, what=what, remedy=remedy)
        elif table.account and len(table.account_columns) != 1:
            yield at_table(system, table, what=_columns_wrong(table), remedy=_column_remedy(table))
        elif table.account and not table.primary_key:
            what = "holds accounts, but has no primary key to tell its rows apart"
            yield at_table(system, table, what=what, remedy="write `primaryKey: true` at its key columns")


def _columns_wrong(table: Table) -> str:
    names = listed(f"`{column.name}`" for column in table.account_columns)
    if not table.account_columns:
        return f"names `account: {table.account}`, but none of its columns holds that identity"
    return f"names `account: {table.account}`, but several of its columns hold that identity: {names}"


def _column_remedy(table: Table) -> str:
    if not table.account_columns:
        return f"add `identity: {table.account}` to the column that holds it, or name a kind that a column holds"
    return "give the others a kind of their own, or none: a row would be of two accounts"
