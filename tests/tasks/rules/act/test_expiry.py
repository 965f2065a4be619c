"""Art. 5(1)(e), charter 4.1 and 4.2: what happens to whoever's rows at the end of their period."""

from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from data_contracts.company.company import Party
from data_contracts.company.contract import Contracts, Table
from data_contracts.connectors.connecting import LiveReference
from data_contracts.connectors.keys import ChangeColumns, Condition, Cutoff, DeleteRows, Referrer
from data_contracts.vocabulary import ColumnErasure, Follow, PartyRole, RetentionAction, TableErasure
from tasks.rules.act.exemptions import Calendar
from tasks.rules.act.expiry import Expiry, expiries
from tests.tasks.rules.examples import a_column, a_key, a_period, a_reference, a_table, contracts_of, erased, keys_in

CALENDAR = Calendar(date(2026, 3, 31), "Europe/Paris", "12-31")
DATED = (a_key(), a_column("at", logical_type="date"))


def over(column: str, *day: int) -> Cutoff:
    """Rows with a day before this one."""
    return Cutoff(column, datetime(*day, tzinfo=ZoneInfo("Europe/Paris")), over=True)  # type: ignore[misc,arg-type]  # year, month, day


def rules(*tables: Table, **facts: object) -> tuple[Expiry, ...]:
    """The rules of the system crm."""
    return expiries(contracts_of(*tables), "crm", CALENDAR, **facts)  # type: ignore[arg-type]  # as the test says


def test_rows_go_when_their_period_is_over() -> None:
    """Everybody's rows with a date before the bound, and nobody else's."""
    (rule,) = rules(a_table("call", *DATED, retentions=(a_period("call", "at"),)))

    order = rule.order()

    assert isinstance(order, DeleteRows)
    assert order.selection.dangerously_every_row
    assert order.selection.cutoffs == (over("at", 2016, 3, 31),)
    assert rule.rule == "kept"


def test_longest_hold_counts_for_rows() -> None:
    """A row that another hold still keeps does not go: all its periods must be over."""
    short = a_period("call", "at", value=1)
    long = a_period("call", "at", id="hold", hold="accounting", then=RetentionAction.COLUMNS)
    free = a_period("call", "at", id="free", value=20, then=RetentionAction.COLUMNS)
    table = a_table("call", *DATED, retentions=(short, long, free))

    found = {rule.rule: rule.selection.cutoffs for rule in rules(table)}

    assert found["kept"] == (over("at", 2025, 3, 31), over("at", 2016, 3, 31))


def a_customer(**facts: object) -> Table:
    """A customer whose columns go at the end of a period."""
    columns = (
        *DATED,
        erased("name", ColumnErasure.MASK, hold="identity"),
        erased("email", ColumnErasure.CLEAR),
        erased("login", ColumnErasure.TOKEN),
        erased("number", ColumnErasure.KEEP, hold="accounting"),
        erased("taxed", ColumnErasure.CLEAR, hold="accounting"),
        erased("hashed", ColumnErasure.HMAC, hold="identity"),
    )
    period = a_period("customer", "at", hold="identity", value=5, then=RetentionAction.COLUMNS)
    return a_table("customer", *columns, **{"erase": TableErasure.COLUMNS, "retentions": (period,), **facts})


def test_values_go_that_no_other_hold_keeps() -> None:
    """Each in its own way; kept values and keyed hashes stay until rows go."""
    (rule,) = rules(a_customer())

    order = rule.order({"login": {"ana": "x"}})

    assert isinstance(order, ChangeColumns)
    assert (order.clear, dict(order.set_to), dict(order.replace)) == (
        ("email",),
        {"name": "***"},
        {"login": {"ana": "x"}},
    )
    assert (rule.deletes, rule.columns, rule.tokens) == (False, ("name", "email", "login"), ("login",))
    assert (rule.look.cleared, dict(rule.look.holding)) == (("email",), {"name": "***"})


def test_period_that_frees_no_column_is_no_rule() -> None:
    """Nothing to do is nothing to show."""
    period = a_period("call", "at", then=RetentionAction.COLUMNS)

    assert rules(a_table("call", *DATED, retentions=(period,))) == ()


def test_spared_rows_stay() -> None:
    """Art. 18(2): what is under restriction is stored and nothing else, whether known by key or marked in the table."""
    held = keys_in("id", 1)
    marked = a_column("blocked", logical_type="boolean", marker="art18")
    table = a_table("call", *DATED, marked, retentions=(a_period("call", "at"),))

    (rule,) = rules(table, spared={"call": (held,), "other": (keys_in("id", 2),)})

    assert rule.selection.spared == (held, Condition(("blocked",), frozenset({(True,), ("1",)})))
    assert rule.every.spared == ()
    assert rule.going.spared == rule.selection.spared


def test_rows_that_others_refer_to_stay() -> None:
    """What the contract follows and what the database guards, each once; a mere mention keeps nobody's row."""
    leads = a_reference("of", "call", follow=frozenset({Follow.FROM}))
    mention = a_reference("seen", "call", follow=frozenset())
    live = [
        LiveReference("line", ("of",), "call", ("id",)),
        LiveReference("line", ("first",), "calls", ("id",)),
        LiveReference("line", ("x",), "elsewhere", ("id",)),
        LiveReference("unknown", ("x",), "call", ("id",)),
    ]
    table = a_table("call", *DATED, retentions=(a_period("call", "at"),), physical_name="calls")
    line = a_table("line", a_key(), a_column("of"), a_column("seen"), references=(leads, mention))

    rule, carried = rules(table, line, live=live)

    assert (rule.rule, carried.rule) == ("kept", "carrier:kept")
    assert rule.selection.referrers == (Referrer("line", ("of",), ("id",)), Referrer("line", ("first",), ("id",)))
    assert rule.going.referrers == rule.every.referrers == ()


def test_rows_without_a_date_go_with_those_they_refer_to() -> None:
    """The line of an invoice is over when its invoice is; without such keys nothing is selected."""
    keep = {"erase": TableErasure.KEEP, "hold": "accounting"}
    invoice = a_table("invoice", *DATED, retentions=(a_period("invoice", "at", hold="accounting"),), **keep)
    line = a_table("line", a_key(), a_column("of"), references=(a_reference("of", "invoice"),), **keep)

    own, carried = rules(invoice, line)

    assert (own.carrier, carried.carrier, carried.rule) == (None, line.references[0], "carrier:kept")
    assert carried.selection.is_empty
    assert carried.carried_by(frozenset({(7,)})).selection.conditions == (keys_in("of", 7),)
    assert carried.carried_by(frozenset()).selection.is_empty
    assert own.carried_by(frozenset({(7,)})).selection.conditions == ()


def test_rows_stay_with_those_they_refer_to() -> None:
    """The lines of an invoice that is over, and that something else still refers to, are counted and do not go."""
    keep = {"erase": TableErasure.KEEP, "hold": "accounting"}
    invoice = a_table("invoice", *DATED, retentions=(a_period("invoice", "at", hold="accounting"),), **keep)
    line = a_table("line", a_key(), a_column("of"), references=(a_reference("of", "invoice"),), **keep)
    own, carried = rules(invoice, line)

    some = carried.carried_by(frozenset({(7,), (8,)}), frozenset({(8,)}))
    none = carried.carried_by(frozenset({(8,)}), frozenset({(8,)}))

    assert (some.selection.conditions, some.going.conditions) == ((keys_in("of", 7),), (keys_in("of", 7, 8),))
    assert (none.selection.is_empty, none.going.conditions) == (True, (keys_in("of", 8),))
    assert own.unheld({"line"}).referrers == ()
    assert own.unheld({"other"}).referrers == own.selection.referrers


def test_rows_of_another_controller_are_left_alone() -> None:
    """Charter P2: a partner's rows are the partner's to erase."""
    made = contracts_of(a_table("call", *DATED, retentions=(a_period("call", "at"),), controller="partner"))
    partner = Party(role=PartyRole.CONTROLLER, name="Partner", country="FR")
    contracts = Contracts(made.systems, made.vocabulary.model_copy(update={"parties": {"partner": partner}}))

    assert expiries(contracts, "crm", CALENDAR) == ()


@pytest.mark.parametrize("hold", ["accounting", "identity"])
def test_columns_of_several_holds_go_with_their_own(hold: str) -> None:
    """Each period frees its hold's columns and those without one."""
    (period,) = a_customer().retentions

    (rule,) = rules(a_customer(retentions=(replace(period, hold=hold),)))

    assert ("taxed" in rule.columns, "name" in rule.columns) == (hold == "accounting", hold == "identity")


def test_rows_that_are_counted_are_told_from_those_that_go() -> None:
    """All rows that are over: with the condition of what carries them, spared or not; those with a date: whenever."""
    keep = {"erase": TableErasure.KEEP, "hold": "accounting"}
    invoice = a_table("invoice", *DATED, retentions=(a_period("invoice", "at", hold="accounting"),), **keep)
    line = a_table("line", a_key(), a_column("of"), references=(a_reference("of", "invoice"),), **keep)
    held = keys_in("id", 1)
    live = [LiveReference("invoice", ("x",), "line", ("id",))]

    own, carried = rules(invoice, line, spared={"line": (held,)}, live=live)
    some = carried.carried_by(frozenset({(7,)}))

    assert own.dated is not None
    assert (own.dated.table, own.dated.conditions, own.dated.dangerously_every_row) == ("invoice", (), True)
    assert [(one.column, one.over) for one in own.dated.cutoffs] == [("at", True)]
    assert own.dated.cutoffs[0].before > datetime(3000, 1, 1, tzinfo=ZoneInfo("UTC"))
    assert carried.dated is None
    assert some.every.conditions == some.going.conditions == (keys_in("of", 7),)
    assert (carried.selection.table, carried.selection.cutoffs, carried.selection.conditions) == ("line", (), ())
    assert carried.selection.spared == (held,)
    assert carried.selection.referrers == (Referrer("invoice", ("x",), ("id",)),)
    assert not carried.selection.dangerously_every_row


def test_rule_of_columns_has_its_name_and_period_and_the_next_stands_too() -> None:
    """After columns that go, rows that go later are still a rule; each with the period that must be over."""
    period = a_period("customer", "at", id="blank", hold="identity", value=5, then=RetentionAction.COLUMNS)
    later = a_period("customer", "at", id="gone", value=10)

    blank, gone = rules(a_customer(retentions=(period, later)))

    assert (blank.rule, blank.deletes, blank.periods, blank.when) == ("blank", False, (period,), "")
    assert (gone.rule, gone.deletes, gone.periods) == ("gone", True, (later, period))
    assert blank.selection.table == "customer"
    assert blank.selection.cutoffs == (over("at", 2021, 3, 31),)


def test_table_of_another_system_with_the_same_name_refers_to_nothing_here() -> None:
    """A reference counts for the system and the table that it leads to."""
    other = replace(a_reference("of", "call", follow=frozenset({Follow.FROM})), to_system="erp")
    call = a_table("call", *DATED, retentions=(a_period("call", "at"),))
    line = a_table("line", a_key(), a_column("of"), references=(other,))
    erp = a_table("call", a_key(), system="erp")

    found = expiries(contracts_of(call, line, erp), "crm", CALENDAR)

    assert found[0].selection.referrers == ()
