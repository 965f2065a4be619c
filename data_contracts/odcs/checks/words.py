"""Words: whatever a contract names by key is in the vocabulary, once and with what the law asks of it."""

from collections.abc import Collection, Iterable, Iterator

from data_contracts.company.contract import SystemContract, Table
from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import ContractSet, at_column, at_table, listed
from data_contracts.odcs.marks import TODO
from data_contracts.vocabulary import PartyRole


def controllers(contracts: ContractSet) -> Iterator[Fault]:
    """Controllers are parties, and controllers (Art. 4(7))."""
    known = {key for key, party in contracts.vocabulary.parties.items() if party.role is PartyRole.CONTROLLER}
    remedy = f"write one of {listed(known)}, or add the party with `role: controller`"
    for system in contracts.systems:
        if system.controller not in known:
            what = f"the controller `{system.controller}` is not in the vocabulary's parties as one"
            yield Fault(system.file, "", "", what, remedy)
        for table in system.tables:
            if table.controller not in {*known, system.controller}:
                what = f"the controller `{table.controller}` is not in the vocabulary's parties as one"
                yield at_table(system, table, what=what, remedy=remedy)


def recipients(contracts: ContractSet) -> Iterator[Fault]:
    """Recipients are parties (Art. 15(1)(c): they are named to the data subject)."""
    known = contracts.vocabulary.parties
    for system in contracts.systems:
        for name in _unknown(system.recipients, known):
            yield Fault(system.file, "", "", *_unknown_word("recipient", name, "parties", known))
        for table in system.tables:
            for name in _unknown(table.recipients, {*known, *system.recipients}):
                yield _at(system, table, "", words=_unknown_word("recipient", name, "parties", known))


def purposes(contracts: ContractSet) -> Iterator[Fault]:
    """Purposes are in the vocabulary (Art. 5(1)(b))."""
    # A purpose that is still TODO was told where it stands.
    known = {*contracts.vocabulary.purposes, TODO}
    for system, table in contracts.tables():
        for name in _unknown(table.purposes, known):
            yield _at(
                system, table, "", words=_unknown_word("purpose", name, "purposes", contracts.vocabulary.purposes)
            )
        for column in table.rules:
            for name in _unknown(column.purposes, {*known, *table.purposes}):
                yield _at(
                    system,
                    table,
                    column.name,
                    words=_unknown_word("purpose", name, "purposes", contracts.vocabulary.purposes),
                )


def holds(contracts: ContractSet) -> Iterator[Fault]:
    """Holds are in the vocabulary (Art. 17(3))."""
    known = contracts.vocabulary.holds
    for system, table in contracts.tables():
        used = [("", table.hold)]
        used += [(column.name, column.hold) for column in table.rules]
        for field, name in used:
            if name and name not in known:
                yield _at(system, table, field, words=_unknown_word("hold", name, "holds", known))
        for item in table.retentions:
            if item.hold and item.hold not in known:
                yield Fault(system.file, "", item.id, *_unknown_word("hold", item.hold, "holds", known))


def identity_kinds(contracts: ContractSet) -> Iterator[Fault]:
    """Identity kinds are in the vocabulary."""
    known = contracts.vocabulary.identities
    for system, table, column in contracts.columns():
        if column.identity and column.identity not in known:
            words = _unknown_word("identity kind", column.identity, "identities", known)
            yield _at(system, table, column.name, words=words)


def _unknown(names: Iterable[str], known: Collection[str]) -> Iterator[str]:
    return (name for name in names if name not in known)


def _unknown_word(kind: str, name: str, section: str, known: Iterable[str]) -> tuple[str, str]:
    what = f"the {kind} `{name}` is not in the vocabulary"
    return what, f"write one of {listed(known)}, or add it to `{section}` in vocabulary.yaml"


def _at(system: SystemContract, table: Table, field: str, *, words: tuple[str, str]) -> Fault:
    what, remedy = words
    return at_column(system, table, field, what=what, remedy=remedy)
