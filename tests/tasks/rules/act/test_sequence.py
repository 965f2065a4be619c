"""Law 3 and 7: systems and tables are erased in an order in which nothing breaks and nothing is stranded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.connectors.connecting import LiveReference
from data_contracts.errors import ContractInvalid
from tasks.rules.act.sequence import system_order, table_order
from tests.tasks.rules.examples import a_column, a_key, a_reference, a_table, contracts_of

_EMAIL = a_column("email", identity="email")
_PHONE = a_column("phone", identity="phone")


def test_system_that_refers_comes_first() -> None:
    """Rows that name a customer of another system go before that customer."""
    contracts = contracts_of(
        a_table("customer", a_key(), system="crm"),
        a_table("order", a_key(), a_column("c"), system="shop", references=(a_reference("c", "crm.customer"),)),
    )

    assert system_order(contracts, ["crm", "shop"]) == ("shop", "crm")


def test_system_that_identifies_the_subject_comes_last() -> None:
    """Cut off midway, the erasure can still be found again by what is left."""
    contracts = contracts_of(
        a_table("a", a_key(), _EMAIL, _PHONE, system="a"),
        a_table("b", a_key(), system="b"),
        a_table("c", a_key(), _EMAIL, system="c"),
    )

    assert system_order(contracts, ["a", "b", "c"]) == ("b", "c", "a")


def test_systems_in_a_circle_go_by_what_they_identify() -> None:
    """No foreign key spans systems, so a circle between them breaks nothing."""
    contracts = contracts_of(
        a_table("a", a_key(), _EMAIL, system="a", references=(a_reference("id", "b.b"),)),
        a_table("b", a_key(), system="b", references=(a_reference("id", "a.a"),)),
    )

    assert system_order(contracts, ["a", "b"]) == ("b", "a")


def test_system_handled_by_hand_is_left_out() -> None:
    """Systems that are not acted on order nobody."""
    contracts = contracts_of(
        a_table("a", a_key(), system="a", references=(a_reference("id", "b.b"),)), a_table("b", a_key(), system="b")
    )

    assert system_order(contracts, ["b"]) == ("b",)


def test_table_that_refers_comes_first() -> None:
    """Foreign keys ask for lines before invoices, and invoices before accounts."""
    line = a_table("aline", a_key(), a_column("i"), references=(a_reference("i", "invoice"),))
    invoice = a_table("invoice", a_key(), a_column("a"), references=(a_reference("a", "aaccount"),))
    contract = contracts_of(a_table("aaccount"), invoice, line).systems["crm"]

    order = table_order(contract, ["aaccount", "invoice", "aline"])

    assert [table.name for table in order] == ["aline", "invoice", "aaccount"]


def test_live_foreign_key_counts_too() -> None:
    """A foreign key that the contract does not declare still decides, under the contract's names."""
    parent, child = a_table("a_parent"), a_table("b_child", a_key(), physical_name="T_CHILD")
    contract = contracts_of(parent, child).systems["crm"]

    order = table_order(contract, ["a_parent", "b_child"], [LiveReference("T_CHILD", ("p",), "a_parent", ("id",))])

    assert [table.name for table in order] == ["b_child", "a_parent"]


@pytest.mark.parametrize(
    ("deleting", "names"),
    [
        pytest.param([], ["a", "b"], id="rows stay"),
        pytest.param(["b"], ["a", "b"], id="one side"),
        pytest.param(["a"], ["b", "a"], id="other side"),
    ],
)
def test_tables_in_a_circle_are_fine_unless_both_lose_rows(deleting: list[str], names: list[str]) -> None:
    """Where one table keeps its rows its references are erased as values, which breaks nothing."""
    first = a_table("a", a_key(), references=(a_reference("id", "b"),))
    second = a_table("b", a_key(), references=(a_reference("id", "a"),))

    order = table_order(contracts_of(first, second).systems["crm"], deleting)

    assert [table.name for table in order] == names


def test_circle_of_tables_that_lose_rows_is_refused() -> None:
    """Neither can go first: the contract must say which reference is cleared instead."""
    first = a_table("a", a_key(), references=(a_reference("id", "b"),))
    second = a_table("b", a_key(), references=(a_reference("id", "a"),))

    with pytest.raises(ContractInvalid, match=r"in a circle \((a -> b|b -> a)\)"):
        table_order(contracts_of(first, second).systems["crm"], ["a", "b"])


def test_table_that_refers_to_itself_and_to_strangers_is_fine() -> None:
    """A self-reference, another system's table and an undeclared live table order nothing."""
    own = a_table("a", a_key(), references=(a_reference("id", "a"), a_reference("id", "shop.order")))
    contract = contracts_of(own, a_table("order", system="shop")).systems["crm"]

    order = table_order(contract, ["a"], [LiveReference("stranger", ("x",), "a", ("id",))])

    assert [table.name for table in order] == ["a"]


@given(edges=st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5))), deleting=st.sets(st.integers(0, 5)))
def test_rows_that_refer_always_go_first(edges: set[tuple[int, int]], deleting: set[int]) -> None:
    """Whatever refers to whatever without a circle, a table that loses rows comes after all that refer to it."""
    acyclic = {(child, parent) for child, parent in edges if child < parent}
    references = {
        n: tuple(a_reference("id", f"t{parent}") for child, parent in acyclic if child == n) for n in range(6)
    }
    contract = contracts_of(*(a_table(f"t{n}", a_key(), references=references[n]) for n in range(6))).systems["crm"]

    order = [table.name for table in table_order(contract, [f"t{n}" for n in deleting])]

    assert sorted(order) == [f"t{n}" for n in range(6)]
    assert all(order.index(f"t{c}") < order.index(f"t{p}") for c, p in acyclic if p in deleting)
