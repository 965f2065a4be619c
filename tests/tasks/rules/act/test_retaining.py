"""Charter 4.1, 4.2: which rules of retention erase at once, and about which a person is asked."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.company.company import Policy
from data_contracts.officer.retaining import Counted
from data_contracts.vocabulary import ColumnErasure, RetentionAction, RetentionStart, TableErasure
from tasks.rules.act.exemptions import Calendar
from tasks.rules.act.expiry import expiries
from tasks.rules.act.retaining import Way, Why, courses, has_grown, kin_of, rule_digest
from tests.tasks.rules.examples import a_column, a_key, a_period, a_reference, a_table, contracts_of, erased

POLICY = Policy.model_validate(
    {"gates": {}, "identity_methods": {}, "retention_threshold_rows": 100, "retention_threshold_percent": 10}
)
DATED = (a_key(), a_column("at", logical_type="date"))
TODAY = Calendar(date(2026, 3, 31), "Europe/Paris", "12-31")


def a_line(rule: str = "kept", **facts: Any) -> Counted:
    """A rule by which 10 of 1,000 rows are due."""
    return replace(Counted("crm", "call", rule, "rows", over=12, spared=2, digest=rule, rows=1000), **facts)


def ways(*lines: Counted, approved: tuple[str, ...] = ("kept",), **elsewhere: str) -> list[tuple[Way, tuple[Why, ...]]]:
    """What becomes of each line, and why."""
    found = courses(lines, approved=approved, elsewhere=elsewhere, policy=POLICY)
    return [(course.way, course.why) for course in found]


@pytest.mark.parametrize(
    ("line", "way", "why"),
    [
        (a_line(), Way.AT_ONCE, ()),
        (a_line(over=2), Way.NOTHING, ()),
        (a_line(over=0, spared=0), Way.NOTHING, ()),
        (a_line("new"), Way.ASK, (Why.FIRST,)),
        (a_line(over=102, rows=100_000), Way.AT_ONCE, ()),
        (a_line(over=103, rows=100_000), Way.ASK, (Why.ROWS,)),
        (a_line(rows=100), Way.AT_ONCE, ()),
        (a_line(rows=99), Way.ASK, (Why.SHARE,)),
        (a_line(rows=None), Way.AT_ONCE, ()),
        (a_line("new", over=200, rows=200), Way.ASK, (Why.FIRST, Why.ROWS, Why.SHARE)),
    ],
)
def test_who_is_asked(line: Counted, way: Way, why: tuple[Why, ...]) -> None:
    """Nothing due asks nobody; a rule that nobody knows, many rows or a large share ask; at the threshold nobody is."""
    assert ways(line) == [(way, why)]


def test_what_another_run_asks_is_left_to_it() -> None:
    """One question at a time: also about rules that could go at once."""
    (course,) = courses([a_line()], approved=["kept"], elsewhere={"kept": "R-1"}, policy=POLICY)

    assert (course.way, course.run) == (Way.ELSEWHERE, "R-1")


def test_rows_that_go_together_wait_together() -> None:
    """An invoice is not erased without its lines, nor its lines without it."""
    invoice, line = a_line(over=500, rows=100_000), a_line("carrier:kept", table="line", rows=None)
    approved = ("kept", "carrier:kept")

    assert ways(invoice, line, approved=approved) == [(Way.ASK, (Why.ROWS,)), (Way.ASK, (Why.TOGETHER,))]
    assert ways(a_line(), line) == [(Way.ASK, (Why.TOGETHER,)), (Way.ASK, (Why.FIRST,))]
    assert ways(a_line(), line, approved=approved) == [(Way.AT_ONCE, ()), (Way.AT_ONCE, ())]


def test_rows_that_go_with_others_are_left_to_the_run_of_those() -> None:
    """Also where they are new; what is not due stays without a question."""
    lines = [a_line(), a_line("carrier:kept", table="line"), a_line("carrier:kept", table="tax", over=0, spared=0)]

    found = courses(lines, approved=[], elsewhere={"kept": "R-1"}, policy=POLICY)

    assert [(course.way, course.run) for course in found] == [
        (Way.ELSEWHERE, "R-1"),
        (Way.ELSEWHERE, "R-1"),
        (Way.NOTHING, ""),
    ]


def test_rules_of_other_systems_are_no_kin() -> None:
    """Kin are rules of one system whose rows go together."""
    lines = [a_line(), a_line("carrier:kept", table="line"), a_line(system="billing", digest="other")]

    assert kin_of({"kept"}, lines) == {"kept", "carrier:kept"}
    assert kin_of(set(), lines) == frozenset()


@given(shown=st.integers(0, 10**9), found=st.integers(0, 10**9))
def test_only_more_than_a_tenth_more_is_more(shown: int, found: int) -> None:
    """What is less, or nearly the same, was agreed to; where nothing was shown nothing was."""
    assert has_grown(shown, found) == (found - shown > shown / 10)


def digests(**facts: Any) -> list[str]:
    """Of the rules of one table, whose period and columns the test names."""
    period = a_period(
        "call",
        "at",
        **{key: facts.pop(key) for key in ("id", "value", "unit", "start", "then", "hold") if key in facts},
    )
    table = a_table("call", *facts.pop("columns", DATED), retentions=(period,), **facts)
    return [rule_digest(rule) for rule in expiries(contracts_of(table), "crm", TODAY)]


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "other"},
        {"value": 9},
        {"unit": "mo"},
        {"start": RetentionStart.FINANCIAL_YEAR_END},
        {"then": RetentionAction.COLUMNS, "columns": (*DATED, erased("name", ColumnErasure.CLEAR))},
    ],
)
def test_changed_rule_is_another_rule(changed: dict[str, Any]) -> None:
    """Whoever changes its name, its period, from when it runs or what it does has made another rule."""
    assert digests(**changed) != digests()


def test_rule_is_the_same_every_day_whoever_is_spared() -> None:
    """The day, rows that stay and what the database guards make no other rule; columns and how they go do."""
    table = a_table("call", *DATED, retentions=(a_period("call", "at"),))
    later = expiries(contracts_of(table), "crm", replace(TODAY, today=date(2027, 1, 1)))
    name = (*DATED, erased("name", ColumnErasure.CLEAR))
    masked = (*DATED, erased("name", ColumnErasure.MASK))
    columns = {"then": RetentionAction.COLUMNS}

    assert [rule_digest(rule) for rule in later] == digests()
    assert digests(**columns, columns=name) != digests(**columns, columns=masked)


def test_rows_that_go_with_others_are_a_rule_of_their_own() -> None:
    """It reads otherwise when the period of those is another."""
    found = []
    for years in (10, 6):
        kept = {"erase": TableErasure.KEEP, "hold": "accounting"}
        period = a_period("invoice", "at", value=years, hold="accounting")
        invoice = a_table("invoice", *DATED, retentions=(period,), **kept)
        refers = a_reference("no", "invoice")
        line = a_table("line", a_key(), a_column("no"), references=(refers,), **kept)
        found.append([rule_digest(rule) for rule in expiries(contracts_of(invoice, line), "crm", TODAY)])

    assert len({digest for pair in found for digest in pair}) == 4
