"""Every way of erasing of a contract, tried with a made-up row in each table, when a contract is written (law 13)."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from data_contracts.company.contract import Contracts, SystemContract, Table
from data_contracts.connectors.keys import Condition, MoveKeys, Order, Selection
from data_contracts.connectors.rehearsing import Limits, MadeUpRow, Rehearsal
from tasks.act.erasing.moves import moved_columns
from tasks.act.erasing.pseudonyms import old
from tasks.case.clock import calendar_of, today
from tasks.rules.act.moving import moved_keys, places_of
from tasks.rules.act.plan import Segment, orders, pseudonymised, segments
from tasks.rules.act.sequence import table_order
from tasks.rules.canaries.made_up import located_rows, made_up_rows
from tasks.rules.values.replacing import fitted, shaped
from tasks.services import services


def try_out(system: str) -> Rehearsal:
    """What a system says of erasing a person who is nobody; nothing stays there."""
    provided = services()
    contract, connector = provided.contracts.systems[system], provided.systems.connector(system)
    live = connector.describe()
    rows = made_up_rows(contract, live)
    tables = {table.name: fitted(table, live.tables.get(table.name, {})) for table in contract.tables}
    located = located_rows(contract, rows)
    parts = segments(_alone(provided.contracts, contract), located, calendar_of(today()))
    losing = {part.path[1] for part in parts if part.verb == "delete"}
    ordered: list[Order] = [
        order
        for table in table_order(contract, losing, live.references)
        for order in _orders_of(tables[table.name], parts, rows, moved_columns(contract, table.name))
    ]
    ordered += _moves(contract, tables, rows)
    limits = provided.policy.rehearsal
    return connector.rehearse(ordered, Limits(limits.lock_seconds, limits.total_seconds), rows)


def _alone(contracts: Contracts, contract: SystemContract) -> Contracts:
    return Contracts({contract.name: contract}, contracts.vocabulary, contracts.digest)


def _orders_of(
    table: Table, parts: Sequence[Segment], rows: tuple[MadeUpRow, ...], moved: Collection[str]
) -> Iterator[Order]:
    swaps = {name: _swaps(table, name, rows) for name in pseudonymised(table)}
    yield from orders(parts, table, swaps, moved)


def _moves(contract: SystemContract, tables: Mapping[str, Table], rows: tuple[MadeUpRow, ...]) -> Iterator[Order]:
    """Orders of keys that are replaced together with what refers to them."""
    moved = moved_keys(contract)
    for key in sorted(set(moved.values())):
        if swaps := _swaps(tables[key[0]], key[1], rows):
            held = Condition((key[1],), frozenset((value,) for value in swaps))
            yield MoveKeys(Selection(key[0], (held,)), places_of(moved, key), swaps)


def _swaps(table: Table, name: str, rows: tuple[MadeUpRow, ...]) -> dict[Any, Any]:
    """By value that a made-up row holds in a column: its pseudonym."""
    return {
        old(row.values[name]): shaped(table.column(name), _digest(row.values[name]))
        for row in rows
        if row.table == table.name and row.values.get(name) is not None
    }


def _digest(value: object) -> str:
    return hashlib.sha256(str(value).encode()).hexdigest()
