"""In which order systems and tables are erased, so that nothing breaks and nothing is stranded.

Rows that refer come before rows referred to, as foreign keys demand; among what is free to choose, what identifies the
data subject comes last: cut off midway, an erasure can still find everything (the located keys are sealed besides).
"""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from data_contracts.company.contract import Contracts, SystemContract, Table
from data_contracts.connectors.connecting import LiveReference
from data_contracts.connectors.hiding import Hides, Hiding
from data_contracts.errors import ContractInvalid


def system_order(contracts: Contracts, systems: Iterable[str]) -> tuple[str, ...]:
    """Systems that refer to others first; those with most identity kinds last."""
    chosen = set(systems)
    needs: dict[str, set[str]] = {name: set() for name in chosen}
    for table in contracts.tables():
        for reference in table.references:
            if table.system in chosen and reference.to_system in chosen and reference.to_system != table.system:
                needs[reference.to_system].add(table.system)
    kinds = {name: len({c.identity for t in contracts.systems[name].tables for c in t.identities}) for name in chosen}
    try:
        return tuple(_sorted(needs, kinds))
    except CycleError:
        # Systems may refer to each other in a circle; no foreign key spans them, so only the second rule is left.
        return tuple(sorted(chosen, key=lambda name: (kinds[name], name)))


def table_order(
    contract: SystemContract, deleting: Iterable[str], live: Iterable[LiveReference] = ()
) -> tuple[Table, ...]:
    """Tables of one system in the order to act on them.

    Args:
        contract: the system's contract.
        deleting: names of the tables that lose rows; only these order their referrers.
        live: foreign keys of the live schema, which may be more than the contract declares.

    Raises:
        ContractInvalid: when tables that lose rows refer to each other in a circle.
    """
    losing = set(deleting)
    needs: dict[str, set[str]] = {table.name: set() for table in contract.tables}
    for child, parent in _references(contract, live):
        if parent in losing and child in needs and child != parent:
            needs[parent].add(child)
    kinds = {table.name: len(table.identities) for table in contract.tables}
    try:
        return tuple(contract.table(name) for name in _sorted(needs, kinds))
    except CycleError as circle:
        names = " -> ".join(dict.fromkeys(circle.args[1]))
        raise ContractInvalid(
            f"tables that lose rows refer to each other in a circle ({names})",
            where=contract.file or contract.name,
            remedy="give one of them 'erase: columns' and clear the column that refers",
        ) from None


def written_meanwhile(acted: Iterable[str], hidings: Iterable[Hiding]) -> tuple[str, ...]:
    """Tables that triggers write to while others are acted on, those first whose own triggers write to the next.

    Args:
        acted: names of the tables that are acted on.
        hidings: what the system says of its triggers.
    """
    edges = {(one.table, one.about) for one in hidings if one.kind is Hides.TRIGGER_WRITES}
    depth = dict.fromkeys(acted, 0)
    for _ in edges:  # no way is longer than there are edges; a circle ends here
        for table, to in sorted(edges):
            if table in depth:
                depth[to] = min(max(depth.get(to, 0), depth[table] + 1), len(edges))
    return tuple(sorted((name for name in depth if depth[name]), key=lambda name: (depth[name], name)))


def _references(contract: SystemContract, live: Iterable[LiveReference]) -> Iterable[tuple[str, str]]:
    names = {table.physical_name or table.name: table.name for table in contract.tables}
    for table in contract.tables:
        for reference in table.references:
            if reference.to_system == contract.name:
                yield table.name, reference.to_table
    for found in live:
        yield names.get(found.table, found.table), names.get(found.to_table, found.to_table)


def _sorted(needs: Mapping[str, set[str]], last: Mapping[str, int]) -> Iterable[str]:
    """Topological order; among what is ready the smallest of ``last`` first, then by name."""
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    ready: list[str] = []
    order: list[str] = []
    while sorter.is_active():
        ready += sorter.get_ready()
        ready.sort(key=lambda name: (last[name], name), reverse=True)
        order.append(ready.pop())
        sorter.done(order[-1])
    return order
