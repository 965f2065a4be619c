"""A rehearsal of an erasure over 12 tables of PostgreSQL, beside the same statements by hand in a transaction.

The floor is what somebody writes by hand who wants to know whether an erasure would be accepted: one DELETE or UPDATE a
table, in one transaction, which is rolled back. Both touch the same rows, in turn. Meanwhile a second connection reads
and changes rows of other customers; the longest that locks were held is the time of one rehearsal.
"""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg

from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Order, Selection
from data_contracts.connectors.rehearsing import Limits
from data_contracts.odcs.folder import load
from integrations.systems.directory import open_connector
from tests.benchmarks.figures import Figure, Timed, of_times
from tests.benchmarks.shop import a_company, by_hand_url
from tests.benchmarks.witness import neighbour, noticed

__all__ = ["measure"]

_ROUNDS: Final = 30
_MANY: Final = 2_000
_CHANGED: Final = ("first_name", "last_name", "phone")
_KEYS: Final[Mapping[str, tuple[str, Callable[[int], object]]]] = {
    "payment": ("payment_id", int),
    "invoice": ("purchase_id", int),
    "shipment": ("purchase_id", int),
    "purchase_line": ("purchase_id", int),
    "purchase": ("purchase_id", int),
    "ticket_message": ("ticket_id", int),
    "ticket": ("ticket_id", int),
    "device": ("customer_no", "C{:08}".format),
    "consent": ("customer_no", "C{:08}".format),
    "address": ("customer_no", "C{:08}".format),
    "newsletter": ("email", "subject{}@example.org".format),
    "customer": ("customer_no", "C{:08}".format),
}
"""By table, in the order of an erasure: the column that leads to the rows of a customer, and its value."""


def measure(url: str, customers: int, folder: Path) -> list[Figure]:
    """Milliseconds for one customer and for many at once, and what a second connection notices."""
    contract = load(a_company(folder)).systems["shop"]
    with (
        closing(open_connector(contract, url, time_zone="UTC")) as connector,
        psycopg.connect(by_hand_url(url)) as hand,
    ):
        figures = [
            _compared("rehearsal of one customer", connector, hand, customers, 1),
            _compared(f"rehearsal of {_MANY:,} customers", connector, hand, customers, _MANY),
        ]
        alone = neighbour(url, lambda: None)
        beside = neighbour(url, lambda: _rehearse(connector, _numbers(customers, 0, _MANY)))
    return [*figures, noticed("rehearsal", alone, beside)]


def _compared(what: str, connector: Connector, hand: psycopg.Connection[Any], customers: int, many: int) -> Figure:
    timed = Timed()
    for number in range(_ROUNDS if many == 1 else _ROUNDS // 6):
        chosen = _numbers(customers, number, many)
        timed("by hand", lambda chosen=chosen: _by_hand(hand, chosen))  # type: ignore[misc]  # a default binds it
        timed("ours", lambda chosen=chosen: _rehearse(connector, chosen))  # type: ignore[misc]  # as above
        if not number:
            timed.forget()
    floor = of_times("by hand", timed.together("by hand")).value
    return of_times(what, timed.together("ours"), floor=floor, note=f"{len(_KEYS)} tables")


def _numbers(customers: int, start: int, many: int) -> list[int]:
    """Customers of the second half; a second connection works in the first thousand."""
    first = customers // 2 + start * 17
    return [first + number for number in range(many)]


def _rehearse(connector: Connector, numbers: list[int]) -> None:
    said = connector.rehearse([_order(table, numbers) for table in _KEYS], Limits())
    if said.refusals or len(said.tables) != len(_KEYS):
        raise AssertionError("every table accepts its order")


def _order(table: str, numbers: list[int]) -> Order:
    column, key = _KEYS[table]
    selection = Selection(table, (Condition((column,), frozenset((key(number),) for number in numbers)),))
    return ChangeColumns(selection, clear=_CHANGED) if table == "customer" else DeleteRows(selection)


def _by_hand(connection: psycopg.Connection[Any], numbers: list[int]) -> None:
    cleared = ", ".join(f"{name} = NULL" for name in _CHANGED)
    for table, (column, key) in _KEYS.items():
        act = f"UPDATE {table} SET {cleared}" if table == "customer" else f"DELETE FROM {table}"  # noqa: S608  # our own shop
        connection.execute(f"{act} WHERE {column} = ANY(%s)".encode(), ([key(number) for number in numbers],))
    connection.rollback()
