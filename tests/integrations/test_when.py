"""A condition on another column of the same row holds in every system, wherever rows are selected."""

import pytest

from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Look, Selection, When
from tests.integrations.shop import PEOPLE
from tests.integrations.spellings import held, look_for
from tests.integrations.test_connectors import numbers

# --- conditions on other columns -----------------------------------------------------------------------------------

EVERYBODY = Condition(("no",), frozenset((row["no"],) for row in PEOPLE["customer"]))


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (When("points", ("42",)), ["C1"]),
        (When("points", ("42", "7")), ["C1", "C2"]),
        (When("points", (None,)), ["C3", "C4", "D5"]),
        (When("points", ("42", None)), ["C1", "C3", "C4", "D5"]),
        (When("points", ("forty",)), []),
        (When("email", ("bob@example.fr", "BOB@EXAMPLE.FR")), ["C3"]),
        (When("email", ("bob@example.fr ", "b\u00f4b@example.f")), []),
        (When("born", ("2021-01-01",)), ["O'Neil"]),
        (When("vip", ("true",)), []),
        (When("vip", (None,)), ["C1", "C2", "C3", "C4", "D5", "O'Neil"]),
    ],
)
def test_a_condition_on_another_column_holds_everywhere(shop: Connector, when: When, expected: list[str]) -> None:
    """In the type of the live column and by bytes, of a condition and of a selection alike."""
    of_condition = Selection("customer", (Condition(EVERYBODY.columns, EVERYBODY.keys, when=(when,)),))
    of_selection = Selection("customer", (EVERYBODY,), when=(when,))

    for selection in (of_condition, of_selection):
        assert numbers(shop, selection) == expected
        assert shop.count([selection]) == [len(expected)]
        assert shop.find_keys(selection, [("no",)])[("no",)] == {(no,) for no in expected}
        assert shop.count_unlike(selection, Look(cleared=("no",))) == len(expected)


def test_yes_and_no_are_conditions(shop: Connector) -> None:
    """A truth value is one, whatever the database keeps it as."""
    shop.carry_out(
        [ChangeColumns(Selection("customer", (Condition(("no",), frozenset({("C1",)})),)), set_to={"vip": True})]
    )

    assert numbers(shop, Selection("customer", (EVERYBODY,), when=(When("vip", ("true",)),))) == ["C1"]
    assert numbers(shop, Selection("customer", (EVERYBODY,), when=(When("vip", ("false",)),))) == []


def test_conditions_hold_for_orders_and_spared_rows(shop: Connector) -> None:
    """What does not fulfil a condition is not deleted; what is spared under one is spared there alone."""
    when = (When("points", ("42", "7")),)
    spared = Condition(("no",), frozenset({("C1",), ("C3",)}), when=(When("points", ("42",)),))

    assert numbers(shop, Selection("customer", (EVERYBODY,), spared=(spared,))) == ["C2", "C3", "C4", "D5", "O'Neil"]
    assert shop.carry_out([ChangeColumns(Selection("customer", (EVERYBODY,), when=when), clear=("points",))]) == [2]
    assert shop.carry_out([DeleteRows(Selection("customer", (EVERYBODY,), when=(When("points", ("-1",)),)))]) == [1]
    assert numbers(shop, Selection("customer", (EVERYBODY,))) == ["C1", "C2", "C3", "C4", "D5"]


def test_a_key_is_held_under_a_condition(shop: Connector) -> None:
    """A row that does not fulfil the condition holds no key, and what is found stays bound to it."""
    sought = look_for("ann@example.fr", column="email", rule="email", when=(When("points", ("7",)),))

    (condition,) = shop.resolve("customer", sought)

    assert condition.when == sought.when
    assert held(shop, sought) == ["C2"]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (When("points", ("42",), negated=True), ["C2", "C3", "C4", "D5", "O'Neil"]),
        (When("points", (None,), negated=True), ["C1", "C2", "O'Neil"]),
        (When("points", ("42", None), negated=True), ["C2", "O'Neil"]),
        (When("points", ("forty",), negated=True), ["C1", "C2", "C3", "C4", "D5", "O'Neil"]),
        (When("email", ("bob@example.fr", "BOB@EXAMPLE.FR"), negated=True), ["C1", "C2", "C4", "D5", "O'Neil"]),
        (When("vip", ("true",), negated=True), ["C1", "C2", "C3", "C4", "D5", "O'Neil"]),
    ],
)
def test_a_negated_condition_holds_in_all_other_rows(shop: Connector, when: When, expected: list[str]) -> None:
    """A row fulfils either a condition or its negation, and one that holds nothing holds no text."""
    of_condition = Selection("customer", (Condition(EVERYBODY.columns, EVERYBODY.keys, when=(when,)),))
    of_selection = Selection("customer", (EVERYBODY,), when=(when,))
    opposite = Selection("customer", (EVERYBODY,), when=(When(when.column, when.values),))

    for selection in (of_condition, of_selection):
        assert numbers(shop, selection) == expected
        assert shop.count([selection, opposite]) == [len(expected), len(PEOPLE["customer"]) - len(expected)]
        assert shop.find_keys(selection, [("no",)])[("no",)] == {(no,) for no in expected}
