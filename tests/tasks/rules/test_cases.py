"""Rules in rows: what each right plans of a table of keys and values."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from data_contracts.case.plan import Located
from data_contracts.case.request import FieldChange, Statement
from data_contracts.company.company import Purpose
from data_contracts.company.contract import Case, Column, Contracts, Table
from data_contracts.connectors.keys import When
from data_contracts.vocabulary import (
    ColumnErasure,
    LegalBasis,
    Rectification,
    RetentionAction,
    TableErasure,
)
from tasks.rules.act.exemptions import Calendar
from tasks.rules.act.expiry import expiries
from tasks.rules.act.limits import OTHER_BASIS, within_ground
from tasks.rules.act.objections import objection_changes
from tasks.rules.act.plan import orders, segments
from tasks.rules.act.rectification import check_rectification, nameable_fields, targets
from tasks.rules.act.restrictions import restriction_changes
from tasks.rules.act.retaining import rule_digest
from tasks.rules.others.telling import Touched, changes_for
from tests.tasks.rules.examples import a_column, a_key, a_period, a_table, contracts_of, keys_in, located_in

_CALENDAR = Calendar(date(2026, 3, 31), "Europe/Paris", "12-31")
_KEY = a_column("k", is_personal=False)
_OFFERS = Purpose(use="marketing", basis=LegalBasis.LEGITIMATE_INTEREST, direct_marketing=True)
_A, _B = When("k", ("a",)), When("k", ("b",))
_REST = When("k", ("a", "b"), negated=True)


def _column(a: dict[str, Any], b: dict[str, Any], **own: Any) -> Column:
    plain = a_column("v", is_personal=False, purposes=(), category="system.operations", **own)
    return replace(
        plain,
        cases=(Case((_A,), replace(plain, is_personal=True, **a)), Case((_B,), replace(plain, is_personal=True, **b))),
    )


def _meta(a: dict[str, Any], b: dict[str, Any], **facts: Any) -> Table:
    own = facts.pop("own", {})
    return a_table("meta", a_key(), _KEY, a_column("at", logical_type="date", is_personal=False), _column(a, b, **own),
                   **{"erase": TableErasure.COLUMNS, "purposes": (), **facts})  # fmt: skip


def _contracts(table: Table) -> Contracts:
    made = contracts_of(table)
    known = {**made.vocabulary.purposes, "offers": _OFFERS}
    return replace(made, vocabulary=made.vocabulary.model_copy(update={"purposes": known}))


@pytest.mark.parametrize("ends", [frozenset({"offers"}), frozenset({"contract"})])
def test_a_ground_reaches_the_rows_that_it_ends(ends: frozenset[str]) -> None:
    """Art. 17(1): two values of one column rest on two bases, and each goes or stays with its own."""
    clear = {"erase": ColumnErasure.CLEAR}
    table = _meta({**clear, "purposes": ("offers",)}, {**clear, "purposes": ("contract",)})
    parts = segments(_contracts(table), located_in(table, 1), _CALENDAR)

    found = {part.selection.when: (part.verb, part.note) for part in within_ground(parts, _contracts(table), ends)}

    goes, stays = ("clear", ""), ("keep", OTHER_BASIS)
    assert found == {(_A,): goes, (_B,): stays} if "offers" in ends else {(_A,): stays, (_B,): goes}


def test_an_objection_stops_the_rows_of_its_purpose() -> None:
    """Art. 21: only the case whose purpose is stopped is told, for its rows."""
    table = _meta({"purposes": ("offers",)}, {"purposes": ("contract",)})

    (change,) = objection_changes(_contracts(table), located_in(table, 1), "crm", ["offers"])

    assert (change.selection.when, change.columns, change.when) == ((_A,), ("v",), "k: a")


def test_a_restriction_covers_the_rows_of_what_is_contested() -> None:
    """Art. 18: what is contested is a category, which holds in some rows; rows of several people are told by case."""
    table = _meta({"purposes": ("offers",), "category": "user.contact"}, {"purposes": ("contract",)})
    contested = Statement(fields=["user.contact"])
    shared = Located(conditions={}, shared={("crm", "meta"): (keys_in("id", 2),)})

    (own,) = restriction_changes(_contracts(table), located_in(table, 1), "crm", contested)
    (kept,) = restriction_changes(_contracts(table), shared, "crm", contested)

    assert (own.verb, own.selection.when) == ("restrict", (_A,))
    assert (kept.verb, kept.selection.when, kept.when) == ("keep", (_A,), "k: a")


def test_values_are_retained_by_case() -> None:
    """Art. 5(1)(e): each case's rows are erased as it says, by a rule that people know apart."""
    period = a_period("meta", "at", then=RetentionAction.COLUMNS)
    a, b = {"erase": ColumnErasure.CLEAR}, {"erase": ColumnErasure.MASK}
    table = _meta(a, b, retentions=(period,))

    found = expiries(_contracts(table), "crm", _CALENDAR)

    assert [(rule.selection.when, rule.look.cleared, dict(rule.look.holding)) for rule in found] == [
        ((_A,), ("v",), {}),
        ((_B,), (), {"v": "***"}),
    ]
    assert len({rule_digest(rule) for rule in found}) == len(found)


def test_each_case_is_one_order() -> None:
    """Law 12: as many statements as cases, whatever the rows."""
    table = _meta({"erase": ColumnErasure.CLEAR}, {"erase": ColumnErasure.MASK})
    parts = segments(_contracts(table), located_in(table, *range(100)), _CALENDAR)

    assert [order.selection.when for order in orders(parts, table, {})] == [(_A,), (_B,)]


def test_a_field_names_the_rows_of_its_category() -> None:
    """Art. 16: one column is reached twice, each time in its own rows; two values for two cases are no clash."""
    changed = {"rectify": Rectification.DECLARED}
    table = _meta({**changed, "category": "user.contact.email"}, {**changed, "category": "user.name"})
    statement = Statement(
        changes=[
            FieldChange(field="user.contact.email", value="x@example.org"),
            FieldChange(field="user.name", value="X"),
        ]
    )

    check_rectification(statement, _contracts(table))
    found = targets(statement, _contracts(table))

    assert [(one.asked, one.when, one.said) for one in found] == [
        ("user.contact.email", (_A,), "k: a"),
        ("user.name", (_B,), "k: b"),
    ]
    assert len({one.name for one in found}) == len(found)
    assert nameable_fields(_contracts(table)) == ["user.contact.email", "user.name"]


def test_a_place_names_its_column_in_all_rows_that_may_change() -> None:
    """Who names the column itself means each of its cases, and the rest."""
    table = _meta({"category": "user.contact"}, {"category": "user.name"})
    statement = Statement(changes=[FieldChange(field="crm.meta.v", value="x")])

    assert [one.when for one in targets(statement, _contracts(table))] == [(_A,), (_B,), (_REST,)]


def test_recipients_hear_of_the_case_that_was_changed() -> None:
    """Art. 19: what was not changed is nobody's news."""
    table = _meta({"category": "user.contact"}, {"category": "user.name"})
    asked = [FieldChange(field="user.contact", value="x"), FieldChange(field="user.name", value="y")]

    told = changes_for(_contracts(table), [Touched(("crm", "meta"), ("v",), "k: b")], asked)

    assert told == (("user.name", "y"),)
