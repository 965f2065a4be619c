"""Law 8, end to end on each database: strangers' rows are neither shown nor erased, whatever points at them."""

from pathlib import Path
from typing import Any

import pytest

from data_contracts.vocabulary import Decision, Gate, Right
from tests.whose.conftest import MakeTown
from tests.whose.packages import package_of
from tests.whose.town import Town, column, number, table

_VOUCHED: dict[str, Any] = {"identity": "email", "assertion": "confirmed"}
_FROM: dict[str, Any] = {"follow": "from"}


def test_number_is_read_as_the_organisations_country_writes_it(town: MakeTown) -> None:
    """In a Belgian organisation a national number is Belgian; who has the same digits in France keeps his row."""
    people = table(
        "people", number(), column("tel", identity="phone", assertion="confirmed"), column("full_name"), account="phone"
    )
    made = town(
        [people],
        "CREATE TABLE people (id INTEGER PRIMARY KEY, tel VARCHAR(40), full_name VARCHAR(40))",
        "INSERT INTO people VALUES (1, '0475 98 76 54', 'Els'), (2, '+32 475 98 76 54', 'Els'),"
        " (3, '+33 4 75 98 76 54', 'Luc')",
        country="BE",
        phone={"unique": True, "shared": None},
    )  # fmt: skip

    assert made.house.walk(made.open(Right.ERASURE, phone="0475 98 76 54")) == "granted"

    assert made.ask("SELECT id FROM people") == [(3,)]


def test_type_and_id_of_an_association_are_told_apart(town: MakeTown) -> None:
    """A remark about the product of her number is not hers."""
    members = table("members", number(), column("mail", **_VOUCHED), account="email")
    remarks = table(
        "remarks", number(), column("about_type", category="system.operations"),
        column("about_id", "integer", to=("members.id", _FROM | {"when": {"about_type": "Member"}})), column("words"),
    )  # fmt: skip
    made = town(
        [members, remarks],
        "CREATE TABLE members (id INTEGER PRIMARY KEY, mail VARCHAR(60))",
        "CREATE TABLE remarks (id INTEGER PRIMARY KEY, about_type VARCHAR(20), about_id INTEGER, words VARCHAR(60))",
        "INSERT INTO members VALUES (1, 'ana@example.org'), (2, 'ben@example.org')",
        "INSERT INTO remarks VALUES (1, 'Member', 1, 'a'), (2, 'Product', 1, 'b'), (3, 'Member', 2, 'c')",
    )

    assert made.house.walk(made.open(Right.ERASURE, email="ana@example.org")) == "granted"

    assert made.ask("SELECT id FROM remarks ORDER BY id") == [(2,), (3,)]


def test_one_key_of_a_key_value_table_is_an_identity(town: MakeTown) -> None:
    """That two orders were paid makes them nobody's: only what lies under the name of the cookie leads to a person."""
    orders = table("orders", number(), column("title"))
    facts = table(
        "facts", number(), column("order_id", "integer", to=("orders.id", {"follow": "both"})),
        column("name", category="system.operations"),
        column("content", identity="cookie", assertion="assigned", when={"name": "_visitor"}), account="cookie",
    )  # fmt: skip
    made = town(
        [orders, facts],
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, title VARCHAR(40))",
        "CREATE TABLE facts (id INTEGER PRIMARY KEY, order_id INTEGER, name VARCHAR(20), content VARCHAR(40))",
        "INSERT INTO orders VALUES (1, 'a'), (2, 'b')",
        "INSERT INTO facts VALUES (1, 1, '_visitor', 'v-1'), (2, 1, '_paid', 'yes'), (3, 2, '_visitor', 'v-2'),"
        " (4, 2, '_paid', 'yes')",
        cookie={"unique": True, "shared": None},
    )

    assert made.house.walk(made.open(Right.ERASURE, cookie="v-1")) == "granted"

    assert made.ask("SELECT id FROM orders") == [(2,)]
    assert made.ask("SELECT id FROM facts ORDER BY id") == [(3,), (4,)]


_CUSTOMERS = table(
    "customers", number(), column("no", identity="customer_no", assertion="assigned"), column("mail", **_VOUCHED),
    account="customer_no",
)  # fmt: skip
_CARDS = table("cards", number(), column("customer_id", "integer", to=("customers.id", _FROM)), column("digits"))
_TWO_WITH_ONE_ADDRESS = (
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, no VARCHAR(9), mail VARCHAR(60))",
    "CREATE TABLE cards (id INTEGER PRIMARY KEY, customer_id INTEGER, digits VARCHAR(20))",
    "INSERT INTO customers VALUES (1, 'C1', 'house@example.org'), (2, 'C2', 'house@example.org')",
    "INSERT INTO cards VALUES (11, 1, '4000'), (12, 2, '5000')",
)


@pytest.fixture
def couple(town: MakeTown) -> Town:
    """Two customers with one address, each with a card."""
    return town([_CUSTOMERS, _CARDS], *_TWO_WITH_ONE_ADDRESS, email={"unique": False, "shared": False})


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE, Right.RESTRICTION, Right.OBJECTION, Right.PORTABILITY])
def test_two_customers_with_one_address_are_a_question(couple: Town, right: Right) -> None:
    """Whatever the right, nothing goes on before a person answers; refusing stands first, and no number is shown."""
    entry = couple.house.until(Gate.SUBJECTS, couple.open(right, email="house@example.org"))

    assert entry.options == (Decision.REFUSE, Decision.NAMED, Decision.CHOSEN, Decision.ALL)
    assert "sys.customers: mail = email (proven)" in entry.description
    assert "A2" in entry.description
    assert "house@" not in entry.description
    assert "C1" not in entry.description


@pytest.mark.parametrize(
    ("decision", "reference", "cards"),
    [(Decision.NAMED, "", set()), (Decision.ALL, "", {"4000", "5000"}), (Decision.CHOSEN, "A1", {"one"})],
)
def test_answer_says_whose_card_is_shown(
    couple: Town, decision: Decision, reference: str, cards: set[str], tmp_path: Path
) -> None:
    """The address alone opens neither account; one that was chosen opens itself; all opens both."""
    case_id = couple.open(Right.ACCESS, email="house@example.org")
    entry = couple.house.until(Gate.SUBJECTS, case_id)

    couple.house.answer(entry, decision, reference=reference)
    couple.house.walk(case_id)

    shown = {row["digits"] for row in package_of(couple, case_id, tmp_path / "p").get("cards", [])}
    assert shown == cards or (cards == {"one"} and len(shown) == 1)
    assert len(couple.gates(case_id)) == 1


def test_named_number_ends_the_question(couple: Town) -> None:
    """With the own number named beside the address, *named* erases the own account and no other.

    The other account holds the same address: it stays, and the verdict names the place.
    """
    case_id = couple.open(Right.ERASURE, email="house@example.org", customer_no="C2")

    couple.house.answer(couple.house.until(Gate.SUBJECTS, case_id), Decision.NAMED)

    assert couple.house.walk(case_id) == "granted_in_part"
    assert couple.ask("SELECT id FROM customers") == [(1,)]
    assert couple.ask("SELECT id FROM cards") == [(11,)]
