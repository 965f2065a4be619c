"""Erasing rows of 100,000 subjects in one selection, beside the plain statement, with the statements counted.

Half of the customers are erased by the connector, the other half by hand, so that both do the same work.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import sqlalchemy as sa

from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Order, Selection
from tasks.services import services
from tests.benchmarks.figures import Figure
from tests.benchmarks.shop import by_hand_url
from tests.benchmarks.timing import seconds as seconds_of

__all__ = ["measure"]

_FEW = 100
_DELETE = "DELETE FROM device WHERE customer_no = ANY(%s)"
_UPDATE = "UPDATE address SET street = NULL, postal_code = NULL, city = %s WHERE customer_no = ANY(%s)"


def measure(url: str, customers: int) -> list[Figure]:
    """Times of deleting and of changing rows, and how many statements each took."""
    half = customers // 2
    few, ours, theirs = (_numbers(1, _FEW), _numbers(_FEW + 1, half), _numbers(half + 1, customers))
    connector = services().systems.connector("shop")
    for order in (_deletion, _change):
        connector.carry_out([order(_numbers(0, 0))])  # connected, and looked up, once
    figures = []
    with psycopg.connect(by_hand_url(url), autocommit=True) as connection:
        for what, order, plain in (
            ("delete", _deletion, lambda: connection.execute(_DELETE, (theirs,))),
            ("change three columns", _change, lambda: connection.execute(_UPDATE, ("erased", theirs))),
        ):
            few_statements, _ = _counted(lambda order=order: connector.carry_out([order(few)]))  # type: ignore[misc]  # a default binds it
            by_hand = seconds_of(plain)
            statements, seconds = _counted(lambda order=order: connector.carry_out([order(ours)]))  # type: ignore[misc]  # as above
            note = f"{statements} statements; {few_statements} for {_FEW} subjects"
            figures.append(Figure(f"{what}: rows of {len(ours):,} subjects", seconds, "s", floor=by_hand, note=note))
    return figures


def _deletion(numbers: list[str]) -> Order:
    return DeleteRows(_selection("device", numbers))


def _change(numbers: list[str]) -> Order:
    return ChangeColumns(_selection("address", numbers), clear=("street", "postal_code"), set_to={"city": "erased"})


def _selection(table: str, numbers: list[str]) -> Selection:
    return Selection(table, (Condition(("customer_no",), frozenset((number,) for number in numbers)),))


def _numbers(first: int, last: int) -> list[str]:
    return [f"C{number:08}" for number in range(first, last + 1)]


def _counted(act: Callable[[], object]) -> tuple[int, float]:
    with _statements() as seen:
        seconds = seconds_of(act)
    return len(seen), seconds


@contextmanager
def _statements() -> Iterator[list[str]]:
    """Every statement that SQLAlchemy sends meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
