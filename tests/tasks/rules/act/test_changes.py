"""What changes of values do to rows: the order, the look afterwards, and the plan."""

import pytest

from data_contracts.connectors.keys import ChangeColumns, Condition, Key, Look, Selection
from data_contracts.vocabulary import Right, Sensitivity
from tasks.rules.act.changes import Change, change_plan, changed_paths, with_row_keys
from tests.tasks.rules.examples import a_column, a_key, a_table, contracts_of, keys_in

_CUSTOMER = a_table("customer", a_key(), a_column("email", sensitivity=Sensitivity.RESTRICTED), a_column("name"))
_LOG = a_table("log", a_column("email"))
_CONTRACTS = contracts_of(_CUSTOMER, _LOG)
_BY_EMAIL = keys_in("email", "a@x.example")
_ROW: frozenset[Key] = frozenset({(1,)})


def a_change(table: str = "customer", **facts: object) -> Change:
    """A change of the rows with Ann's address."""
    plain = {"path": ("crm", table), "verb": "rectify", "selection": Selection(table, (_BY_EMAIL,))}
    return Change(**{**plain, **facts})  # type: ignore[arg-type]  # a builder


def test_order_and_look_say_the_same() -> None:
    """What is ordered is what the proof looks for; None clears."""
    change = a_change(set_to={"name": None, "email": "b@x.example"})

    assert change.order == ChangeColumns(change.selection, clear=("name",), set_to={"email": "b@x.example"})
    assert change.look == Look(cleared=("name",), holding={"email": "b@x.example"})


@pytest.mark.parametrize(("set_to", "changes"), [({}, False), ({"name": None}, True)])
def test_a_line_that_sets_nothing_is_only_told(set_to: dict[str, None], *, changes: bool) -> None:
    """Clearing is a change as well."""
    assert a_change(set_to=set_to).changes is changes


@pytest.mark.parametrize(
    ("set_to", "ways"),
    [
        pytest.param({"name": "Ann"}, (_BY_EMAIL, Condition(("id",), _ROW)), id="the key stays"),
        pytest.param({"email": "b@x.example"}, (Condition(("id",), _ROW),), id="the key is changed"),
    ],
)
def test_rows_are_also_selected_by_their_sealed_keys(set_to: dict[str, str], ways: tuple[Condition, ...]) -> None:
    """What a row was found by leads to it no longer once it is changed, and must not lead to others."""
    change = with_row_keys(a_change(set_to=set_to), _CONTRACTS, _ROW)

    assert change.selection.conditions == ways


def test_without_sealed_keys_rows_stay_selected_as_found() -> None:
    """A table without a primary key, or without rows."""
    change = a_change("log", set_to={"email": "b@x.example"})

    assert with_row_keys(change, _CONTRACTS, frozenset()) is change


def test_the_plan_names_columns_and_counts_but_no_value() -> None:
    """The sensitivity is that of the tables that have rows; a told line names its columns itself."""
    counted = [
        (a_change(set_to={"name": "Zoé"}, note="digest"), 2),
        (a_change("log", verb="by_document", columns=("email",)), 0),
    ]

    plan = change_plan("C-1", Right.RECTIFICATION, _CONTRACTS, counted, by_hand={"web": "T-1"})

    told = [(line.table, line.action, line.rows, line.columns, line.note) for line in plan.lines]
    assert told == [("customer", "rectify", 2, ("name",), "digest"), ("log", "by_document", 0, ("email",), "")]
    assert (plan.sensitivity, plan.by_hand, plan.right) == (Sensitivity.RESTRICTED, (("web", "T-1"),), "rectification")
    assert "Zoé" not in repr(counted)


def test_tables_that_must_be_proven_are_those_that_change() -> None:
    """Each once, and not those that are only told."""
    changes = [a_change(set_to={"name": "A"}), a_change(set_to={"email": "b"}), a_change("log")]

    assert changed_paths(changes) == [("crm", "customer")]
