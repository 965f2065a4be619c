"""Vouching: the contract says who stands behind each key that may lead from one row to another (law 8).

What the organisation assigned or confirmed may lead a search on. What somebody merely typed may be anybody's: a
stranger who writes the data subject's telephone number into a form must not be led to the data subject's account.
"""

from collections.abc import Iterator
from typing import Final

from data_contracts.company.contract import Column, Reference, SystemContract, Table
from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import VOCABULARY, ContractSet, at_column
from data_contracts.vocabulary import Assertion, DataSource

_TYPED: Final = frozenset({DataSource.PROVIDED, DataSource.THIRD_PARTY})
_SAY: Final = (
    "`assertion: assigned` where the organisation gave it out or its own program wrote it, `confirmed` where it "
    "checked that it is this person's, `self_asserted` where somebody typed it"
)


def identities_say_who(contracts: ContractSet) -> Iterator[Fault]:
    """An identity says who stands behind it; what is no identity has nothing to vouch for."""
    for system, table, column in contracts.columns():
        if column.identity and column.assertion is None:
            what = f"holds the identity kind `{column.identity}`, but does not say who vouches for it"
            yield at_column(system, table, column.name, what=what, remedy=f"add {_SAY}")
        for key, is_said in (("assertion", column.assertion), ("when", column.when), ("country", column.country)):
            if is_said and not column.identity:
                remedy = f"add `identity`, or remove `{key}`"
                yield at_column(system, table, column.name, what=f"says `{key}`, but holds no identity", remedy=remedy)


def countries_of_numbers(contracts: ContractSet) -> Iterator[Fault]:
    """``country`` names the column of the same row that says in which country a telephone number was written down."""
    for system, table, column in contracts.columns():
        kind = contracts.vocabulary.identities.get(column.identity)
        if not column.country or kind is None:
            continue
        beside = {other.name: other for other in table.columns if other.name != column.name}.get(column.country)
        if kind.normalise != "phone":
            what = f"says `country`, but `{column.identity}` is no kind of telephone numbers"
            yield at_column(system, table, column.name, what=what, remedy="remove `country`")
        elif beside is None or beside.logical_type != "string":
            what = f"takes its country from `{column.country}`, which is no other column of texts in this table"
            remedy = "name the column with the ISO 3166-1 code of the country, or remove `country`"
            yield at_column(system, table, column.name, what=what, remedy=remedy)


def kinds_say_whether_shared(contracts: ContractSet) -> Iterator[Fault]:
    """People share the values of a kind, or they do not: nothing but the vocabulary can know."""
    for name, kind in contracts.vocabulary.identities.items():
        field = f"identities.{name}"
        if not kind.unique and kind.shared is None:
            what = "does not say whether people share its values"
            remedy = "add `shared: true` where they do (a telephone, a cookie, a device), `false` where they do not"
            yield Fault(VOCABULARY, "", field, what, remedy)
        elif kind.unique and kind.shared:
            what = "is `unique`, one value for one person, and `shared` between people"
            yield Fault(VOCABULARY, "", field, what, "remove one of the two; a telephone or a cookie is `shared: true`")


def references_say_who(contracts: ContractSet) -> Iterator[Fault]:
    """A followed reference whose value somebody may have typed says who stands behind it."""
    for system, table, reference in contracts.references():
        target = contracts.find(reference.to_system, reference.to_table)
        if reference.follow and not reference.says_assertion and (why := _may_be_typed(table, target, reference)):
            what = f"is followed to or from `{target.name}`, but does not say who vouches for it: {why}"
            yield at_column(system, table, reference.columns[0], what=what, remedy=f"add to the relationship {_SAY}")


def _may_be_typed(table: Table, target: Table, reference: Reference) -> str:
    """Why the value of a reference may have been typed; empty where a program alone can have written it."""
    here = [table.column(name) for name in reference.columns]
    there = [target.column(name) for name in reference.to_columns]
    if any(column.identity for column in (*here, *there)):
        return "it joins by an identity"
    if any(column.source in _TYPED for column in here):
        return "its value does not come from our programs"
    return "" if _is_key(target, there) else "it does not refer to a primary key or to a unique column"


def _is_key(target: Table, columns: list[Column]) -> bool:
    return {column.name for column in columns} == set(target.primary_key) or any(column.unique for column in columns)


def references_agree(contracts: ContractSet) -> Iterator[Fault]:
    """A vouched reference does not run over a value that the contract itself calls typed, at either end."""
    for system, table, reference in contracts.references():
        if not reference.follow or not reference.assertion.is_vouched:
            continue
        for place, column in _ends(contracts, system, reference=reference, table=table):
            if column.assertion is Assertion.SELF_ASSERTED:
                what = f"is followed as if vouched for, but the identity in {place} is `self_asserted`"
                remedy = "add `assertion: self_asserted` to the relationship or `follow: none`, or correct the identity"
                yield at_column(system, table, reference.columns[0], what=what, remedy=remedy)


def _ends(
    contracts: ContractSet, system: SystemContract, *, table: Table, reference: Reference
) -> Iterator[tuple[str, Column]]:
    """Every column at either end with a name for its place."""
    target = contracts.find(reference.to_system, reference.to_table)
    for name in reference.columns:
        yield "this column", table.column(name)
    for name in reference.to_columns:
        prefix = "" if target.system == system.name else f"{target.system}."
        yield f"`{prefix}{target.name}.{name}`", target.column(name)
