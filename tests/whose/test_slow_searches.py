"""A search that no index serves is said at the gate, by its place, and changes no plan."""

from typing import Any

from data_contracts.vocabulary import Gate, Right
from tasks.search.slow_searches import note_slow_searches, slow_searches
from tests.whose.conftest import MakeTown
from tests.whose.town import Town, column, number, table


def _made(town: MakeTown, **mail: Any) -> Town:
    users = table("users", number(), column("mail", identity="email", assertion="confirmed", **mail), account="email")
    rows = "INSERT INTO users VALUES (1, 'ana@example.org')"
    return town(
        [users],
        "CREATE TABLE users (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
        "CREATE INDEX users_mail ON users (mail)",
        rows,
    )


def test_a_search_without_an_index_is_said(town: MakeTown) -> None:
    """The people who decide see which column costs them a whole table, and no value."""
    made = _made(town)

    gate = made.house.until(Gate.APPROVAL, made.open(Right.ERASURE, email="ana@example.org"))

    assert "No index serves a search by `sys.users.mail`" in gate.description
    assert "ana@" not in gate.description


def test_a_search_with_an_index_is_not(town: MakeTown) -> None:
    """Nothing is kept of it, and nothing is said."""
    made = _made(town, normalised=True)
    case_id = made.open(Right.ERASURE, email="ana@example.org")

    gate = made.house.until(Gate.APPROVAL, case_id)

    assert "No index" not in gate.description
    assert not any(name.startswith("slow.") for name in made.house.installation.services.vault.names(case_id))


def test_what_was_noted_is_taken_back(town: MakeTown) -> None:
    """A system is told of as it was last looked at: an index may have come meanwhile."""
    made = _made(town)
    case_id = made.open(Right.ERASURE, email="ana@example.org")
    made.house.until(Gate.APPROVAL, case_id)

    note_slow_searches(case_id, "sys", [])

    assert slow_searches(case_id) == []
