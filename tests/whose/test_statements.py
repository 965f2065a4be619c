"""Law 12: how many questions a search asks depends on tables and declared references, never on rows."""

from collections import Counter
from typing import Any

import pytest

from data_contracts.connectors.connecting import Connector
from data_contracts.vocabulary import Gate, Right
from tests.flows.company import Passing
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, number, table

_ASKING = ("resolve", "find_keys", "count", "read")
_FROM: dict[str, Any] = {"follow": "from"}
_TO: dict[str, Any] = {"follow": "to"}
_MEMBERS = table(
    "members", number(), column("no", identity="customer_no", assertion="assigned"),
    column("mail", identity="email", assertion="confirmed"), column("home_id", "integer", to=("homes.id", _TO)),
    account="customer_no",
)  # fmt: skip
_HOMES = table("homes", number(), column("street"))
_ORDERS = table(
    "orders", number(), column("member_id", "integer", to=("members.id", _FROM)),
    column("home_id", "integer", to=("homes.id", _TO)), column("article"),
)  # fmt: skip
_NOTES = table(
    "notes", number(), column("writer_id", "integer", to=("members.id", _FROM)),
    column("reader_id", "integer", to=("members.id", _FROM)), column("words"),
)  # fmt: skip
_TABLES = (
    "CREATE TABLE members (id INTEGER PRIMARY KEY, no VARCHAR(9), mail VARCHAR(60), home_id INTEGER)",
    "CREATE TABLE homes (id INTEGER PRIMARY KEY, street VARCHAR(40))",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, member_id INTEGER, home_id INTEGER, article VARCHAR(40))",
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, writer_id INTEGER, reader_id INTEGER, words VARCHAR(40))",
)


class _Counting(Passing):
    """Counts what a connector is asked, by the name of the method."""

    def __init__(self, connector: Connector, asked: Counter[str]) -> None:
        super().__init__(connector)
        self._asked = asked

    def __getattr__(self, name: str) -> Any:
        if name in _ASKING:
            self._asked[name] += 1
        return super().__getattr__(name)


def _statements(size: int) -> list[str]:
    """Two members, and ``size`` homes, orders and notes of each, every second of them the other one's too."""
    homes = [f"({n}, 'street {n}')" for n in range(1, 2 * size + 1)]
    orders = [f"({n}, {1 + n % 2}, {n}, 'a')" for n in range(1, 2 * size + 1)]
    notes = [f"({n}, {1 + n % 2}, {2 - n // 2 % 2}, 'w')" for n in range(1, 2 * size + 1)]
    return [
        "INSERT INTO members VALUES (1, 'C1', 'ana@example.org', 1), (2, 'C2', 'ben@example.org', 1)",
        " ".join(("INSERT INTO homes VALUES", ", ".join(homes))),
        " ".join(("INSERT INTO orders VALUES", ", ".join(orders))),
        " ".join(("INSERT INTO notes VALUES", ", ".join(notes))),
    ]


def _asked(town: Town, email: str) -> Counter[str]:
    asked: Counter[str] = Counter()
    systems: Any = town.house.installation.services.systems
    inner = systems.connector
    systems.connector = lambda name: _Counting(inner(name), asked)
    town.house.until(Gate.APPROVAL, town.open(Right.ACCESS, email=email))
    systems.connector = inner
    return asked


@pytest.mark.parametrize("size", [30])
def test_as_many_questions_for_thirty_rows_as_for_one(town: MakeTown, size: int) -> None:
    """Shared homes, notes between two, orders of one's own: more of them are no more questions."""
    made = town([_MEMBERS, _HOMES, _ORDERS, _NOTES], *_TABLES, *_statements(2))
    few = _asked(made, "ana@example.org")
    emptied = ["DELETE FROM members", "DELETE FROM homes", "DELETE FROM orders", "DELETE FROM notes"]
    for statement in (*emptied, *_statements(size)):
        made.ask_to(statement)

    many = _asked(made, "ben@example.org")

    assert sum(few.values()) > 10
    assert many == few
