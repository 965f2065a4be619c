"""Identities: keys that lead to a data subject, and whether every table can be reached from them."""

from collections import Counter
from collections.abc import Iterator

from data_contracts.checks.subject import VOCABULARY, ContractSet, at_column, at_table
from data_contracts.contract import Reference, Table
from data_contracts.fault import Fault
from data_contracts.plan import TablePath
from data_contracts.vocabulary import About, Follow


def normal_forms(contracts: ContractSet) -> Iterator[Fault]:
    """Only texts have a normal form, and only identities are compared in it."""
    for system, table, column in contracts.columns():
        kind = contracts.vocabulary.identities.get(column.identity)
        if kind and kind.normalise != "verbatim" and column.logical_type != "string":
            what = f"holds the identity kind `{column.identity}`, which is compared as text, but is no string"
            remedy = "write the `logicalType` of the live column, or another identity kind"
            yield at_column(system, table, column.name, what=what, remedy=remedy)
        if column.normalised and not column.identity:
            remedy = "add `identity`, or remove `normalised`"
            yield at_column(system, table, column.name, what="is `normalised`, but holds no identity", remedy=remedy)


def kinds_lead_somewhere(contracts: ContractSet) -> Iterator[Fault]:
    """Every identity kind is in some column, and no request fails to supply the only way in."""
    places = Counter(column.identity for _, _, column in contracts.columns())
    for name, kind in contracts.vocabulary.identities.items():
        field = f"identities.{name}"
        if not places[name]:
            what = f"no column holds the identity kind `{name}`"
            yield Fault(VOCABULARY, "", field, what, "add `identity` to the column that holds it, or remove the kind")
        elif places[name] == 1 and not kind.intake:
            what = f"the identity kind `{name}` is in one column alone and no request may name it: it leads nowhere"
            yield Fault(VOCABULARY, "", field, what, "write `intake: true`, or remove it from the column")


def tables_reached(contracts: ContractSet) -> Iterator[Fault]:
    """A table with personal data of the data subject can be reached, or a search would call it empty (law 6)."""
    reached = reachable(contracts)
    for system, table in contracts.tables():
        is_about_subject = any(column.is_personal and column.about is About.SUBJECT for column in table.columns)
        if is_about_subject and (table.system, table.name) not in reached:
            what = "holds personal data, but no identity and no followed reference leads to it"
            remedy = "add `identity` to a column, or a relationship to a table that is reached"
            yield at_table(system, table, what=what, remedy=remedy)


def reachable(contracts: ContractSet) -> frozenset[TablePath]:
    """Tables that a search can come to when it begins with every identity that a request may name."""
    kinds = {name for name, kind in contracts.vocabulary.identities.items() if kind.intake}
    reached: set[TablePath] = set()
    while True:
        more = {
            (table.system, table.name)
            for _, table in contracts.tables()
            if any(column.identity in kinds for column in table.identities)
        }
        more |= {end for _, table in contracts.tables() for r in table.references for end in _next(table, r, reached)}
        if more <= reached:
            return frozenset(reached)
        reached |= more
        for _, table in contracts.tables():
            if (table.system, table.name) in reached:
                kinds |= {column.identity for column in table.identities}


def _next(table: Table, reference: Reference, reached: set[TablePath]) -> Iterator[TablePath]:
    here, there = (table.system, table.name), (reference.to_system, reference.to_table)
    if Follow.FROM in reference.follow and there in reached:
        yield here
    if Follow.TO in reference.follow and here in reached:
        yield there
