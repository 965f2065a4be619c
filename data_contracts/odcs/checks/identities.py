"""Identities: keys that lead to a data subject, and whether every table can be reached from them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from data_contracts.case.plan import TablePath
from data_contracts.company.contract import Column, Reference, Table
from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import VOCABULARY, ContractSet, at_column, at_table
from data_contracts.vocabulary import About, Follow


def normal_forms(contracts: ContractSet) -> Iterator[Fault]:
    """Only texts have a normal form, and only identities are compared in it."""
    for system, table, column in contracts.columns():
        kind = contracts.vocabulary.identities.get(column.identity)
        if kind and kind.normalise != "verbatim" and column.logical_type != "string" and not column.inside:
            what = f"holds the identity kind `{column.identity}`, which is compared as text, but is no string"
            remedy = "write the `logicalType` of the live column, or another identity kind"
            yield at_column(system, table, column.name, what=what, remedy=remedy)
        if column.normalised and not column.identity:
            remedy = "add `identity`, or remove `normalised`"
            yield at_column(system, table, column.name, what="is `normalised`, but holds no identity", remedy=remedy)


def kinds_lead_somewhere(contracts: ContractSet) -> Iterator[Fault]:
    """Every identity kind is in some column, and one that no request may name is led to by an account."""
    for name, kind in contracts.vocabulary.identities.items():
        places = [(table, column) for _, table, column in contracts.columns() if column.identity == name]
        where = f"identities.{name}"
        if not places:
            what = f"no column holds the identity kind `{name}`"
            yield Fault(VOCABULARY, "", where, what, "add `identity` to the column that holds it, or remove the kind")
        elif not kind.intake and not _is_led_by(contracts, name, places):
            what = f"no request may name the identity kind `{name}`, and no account leads on by it: it leads nowhere"
            remedy = (
                "write `intake: true`, vouch for it in an account and in another table, or remove it from its columns"
            )
            yield Fault(VOCABULARY, "", where, what, remedy)


def _is_led_by(contracts: ContractSet, kind: str, places: list[tuple[Table, Column]]) -> bool:
    """Whether the kind tells accounts apart, or is vouched for in an account and in another table."""
    if any(table.account == kind for table, _ in places):
        return True
    aims = {(table.system, table.name) for table, column in places if column.is_vouched}
    starts = {(table.system, table.name) for table, column in places if _leads(contracts, table, column)}
    return bool(starts) and len(aims | starts) > 1


def _leads(contracts: ContractSet, table: Table, column: Column) -> bool:
    """Whether keys of the column are searched elsewhere when its row is the data subject's account."""
    kind = contracts.vocabulary.identities.get(column.identity)
    return bool(table.account) and column.is_vouched and kind is not None and not kind.shared


def tables_reached(contracts: ContractSet) -> Iterator[Fault]:
    """A table with personal data of the data subject can be reached, or a search would call it empty (law 6)."""
    reached = reachable(contracts)
    for system, table in contracts.tables():
        is_about_subject = any(column.is_personal and column.about is About.SUBJECT for column in table.rules)
        if is_about_subject and (table.system, table.name) not in reached:
            what = "holds personal data, but no identity and no followed reference leads to it"
            remedy = (
                "add `identity` to a column, or a relationship with `follow` to a table that is reached; "
                "a reference that is `self_asserted` leads nowhere"
            )
            yield at_table(system, table, what=what, remedy=remedy)


def reachable(contracts: ContractSet) -> frozenset[TablePath]:
    """Tables that a search can come to when every identity that a request may name was proven.

    A proven key leads to every row that holds it. From an account the vouched keys of kinds that people do not share
    lead to vouched columns elsewhere; vouched references are followed; nothing else leads anywhere.
    """
    proven = {name for name, kind in contracts.vocabulary.identities.items() if kind.intake}
    reach = _Reach(own={_path(t) for _, t, column in contracts.columns() if column.identity in proven})
    while True:
        before = len(reach.own) + len(reach.shared)
        led = {c.identity for _, t, c in contracts.columns() if _path(t) in reach.own and _leads(contracts, t, c)}
        reach.own |= {_path(t) for _, t, c in contracts.columns() if c.identity in led and c.is_vouched}
        for _, table, reference in contracts.references():
            reach.follow(table, reference)
        if len(reach.own) + len(reach.shared) == before:
            return frozenset(reach.own | reach.shared)


def _path(table: Table) -> TablePath:
    return table.system, table.name


@dataclass(slots=True)
class _Reach:
    """Tables with rows of the data subject, and those with rows of several people, which lead no further."""

    own: set[TablePath]
    shared: set[TablePath] = field(default_factory=set)

    def follow(self, table: Table, reference: Reference) -> None:
        """Go where a vouched reference leads."""
        here, there = _path(table), (reference.to_system, reference.to_table)
        if not reference.assertion.is_vouched:
            return
        if Follow.FROM in reference.follow and there in self.own:
            self.own.add(here)
        if Follow.TO in reference.follow and here in self.own:
            (self.shared if reference.shared else self.own).add(there)
