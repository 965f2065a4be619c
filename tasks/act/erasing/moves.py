"""Keys of an erasure that are replaced together with what refers to them: sealed, planned and ordered (Art. 17(1))."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Condition, Key, MoveKeys, Selection
from data_contracts.errors import ContractMismatch
from tasks.act.erasing.pseudonyms import old, replacements
from tasks.case.parts import has_part
from tasks.case.sealed import keep_json, keys_of, plain_keys, read_json
from tasks.rules.act.moving import Place, moved_keys, places_of
from tasks.rules.act.plan import KEY, Segment
from tasks.rules.values.replacing import fitted
from tasks.services import services

Swapped: TypeAlias = Mapping[Place, Mapping[Any, Any]]
"""By column that is replaced with a key: every old value to its pseudonym."""


def seal_moves(case_id: str, connector: Connector, counted: Sequence[tuple[Segment, int]]) -> None:
    """Seal of one system which values of keys are replaced.

    Args:
        case_id: the case.
        connector: to the system.
        counted: parts of the plan in that system, each with its number of rows.

    Raises:
        ContractMismatch: when rows of somebody else hold the same value in the same column.
    """
    moved = moved_keys(services().contracts.systems[connector.system])
    found: dict[tuple[str, ...], frozenset[Key]] = {}
    rows: dict[tuple[str, ...], int] = {}
    for part, count in counted:
        for name in part.columns if part.verb == "pseudonymise" and count else ():
            place = (part.path[1], name)
            if (key := moved.get(place)) is not None:
                values = connector.find_keys(part.selection, [(name,)])[name,]
                found[key] = found.get(key, frozenset()) | values
                rows[key] = rows.get(key, 0) + (count if key == place else 0)
    for at, values in found.items():
        _refuse_others(connector, at, values, rows[at])
    keep_json(case_id, _name(connector.system), plain_keys(found))


def _refuse_others(connector: Connector, key: tuple[str, ...], values: frozenset[Key], hers: int) -> None:
    (held,) = connector.count([Selection(key[0], (Condition((key[1],), values),))])
    if held > hers:
        raise ContractMismatch(
            "rows of somebody else hold the same value, and what refers to it cannot be told apart",
            where=f"{connector.system}.{key[0]}.{key[1]}",
            remedy="write `erase: delete` at the table, or make the column unique, then answer 'retry'",
        )


def sealed_moves(case_id: str, system: str) -> dict[Place, frozenset[Key]]:
    """Values of keys that are replaced, by the column whose pseudonym they get."""
    if not has_part(case_id, _name(system)):
        return {}
    return {(table, name): keys for (table, name), keys in keys_of(read_json(case_id, _name(system))).items()}


def key_parts(case_id: str, system: str) -> Iterator[Segment]:
    """The parts of the plan in which columns that refer to a replaced key get its pseudonym, whosever the rows are."""
    moved = moved_keys(services().contracts.systems[system])
    for key, values in sealed_moves(case_id, system).items():
        for table, name in places_of(moved, key)[1:]:
            selection = Selection(table, (Condition((name,), values),))
            yield Segment((system, table), "pseudonymise", selection, (name,), note=KEY)


def moved_columns(contract: SystemContract, table: str) -> frozenset[str]:
    """Columns of a table that are replaced with a key, and not by themselves."""
    return frozenset(name for of, name in moved_keys(contract) if of == table)


def swaps_of(case_id: str, system: str) -> Swapped:
    """By column that is replaced with a key: every old value to its pseudonym."""
    provided = services()
    contract = provided.contracts.systems[system]
    sealed, moved = sealed_moves(case_id, system), moved_keys(contract)
    if not sealed:
        return {}
    live = provided.systems.connector(system).describe()
    made: dict[Place, dict[Any, Any]] = {}
    for key, values in sealed.items():
        table = fitted(contract.table(key[0]), live.tables.get(key[0], {}))
        swaps = replacements(case_id, table, {key[1]: values})[key[1]]
        made |= dict.fromkeys(places_of(moved, key), swaps)
    return made


def key_orders(case_id: str, system: str) -> list[MoveKeys]:
    """One order for each key: all its columns at once."""
    moved, swaps = moved_keys(services().contracts.systems[system]), swaps_of(case_id, system)
    return [
        MoveKeys(Selection(key[0], (Condition((key[1],), values),)), places_of(moved, key), swaps[key])
        for key, values in sealed_moves(case_id, system).items()
        if values
    ]


def with_new_keys(table: str, ways: Sequence[Condition], swaps: Swapped) -> tuple[Condition, ...]:
    """The same ways to rows of a table, which select them once their keys were replaced, too.

    Args:
        table: the table.
        ways: conditions of a search.
        swaps: see :func:`swaps_of`.
    """
    return tuple(_both(table, way, swaps) for way in ways)


def also_moved(case_id: str, system: str, selection: Selection) -> Selection:
    """The selection, which selects the rows once their keys were replaced, too."""
    swaps = swaps_of(case_id, system)
    return replace(selection, conditions=with_new_keys(selection.table, selection.conditions, swaps))


def _both(table: str, way: Condition, swaps: Swapped) -> Condition:
    own = [swaps.get((table, name), {}) for name in way.columns]
    if not any(own):
        return way
    new = (tuple(swap.get(old(part), part) for part, swap in zip(key, own, strict=True)) for key in way.keys)
    return replace(way, keys=way.keys | frozenset(new))


def _name(system: str) -> str:
    return f"moves.{system}"


__all__ = [
    "also_moved",
    "key_orders",
    "key_parts",
    "moved_columns",
    "seal_moves",
    "sealed_moves",
    "swaps_of",
    "with_new_keys",
]
