"""Findings in the register, on both databases: recognised again, moved, and never forgotten."""

from datetime import date

import pytest
import sqlalchemy as sa

from data_contracts.areas import Area, Severity
from data_contracts.errors import CaseUnknown, RightsflowError
from data_contracts.officer.findings import FindingChange, FindingKind, FindingMove, FindingState, Found, Looked, Owned
from data_contracts.vocabulary import Duty
from integrations.register import SqlRegister

DAY = date(2026, 3, 2)
EVERYWHERE = Looked(frozenset({(Area.SCHEMA, "crm"), (Area.VALUES, "crm")}))
STRAY = Found(FindingKind.TABLE_UNDECLARED, "crm.stray", Severity.HIGH)


def owned(found: Found, due: date = date(2026, 3, 16)) -> Owned:
    """Something found, the DPO's."""
    return Owned(found, "dpo", due, "what", "remedy")


def run(register: SqlRegister, key: str) -> str:
    """The name of a run."""
    return register.open_run(Duty.AUDIT, key).run_id


def test_new_again_gone_and_back(register: SqlRegister) -> None:
    """The life of a finding over four audits."""
    first, second, third, fourth = (run(register, key) for key in "abcd")

    opened = register.settle_findings(first, [owned(STRAY)], EVERYWHERE, DAY)
    again = register.settle_findings(second, [owned(STRAY)], EVERYWHERE, DAY)
    gone = register.settle_findings(third, [], EVERYWHERE, DAY)
    back = register.settle_findings(fourth, [owned(STRAY, date(2026, 4, 1))], EVERYWHERE, DAY)

    (name,) = opened.opened
    assert (again.again, gone.gone, back.reopened) == ((name,), (name,), (name,))
    found = register.finding(name)
    assert (found.first_run, found.last_run, found.due) == (first, fourth, date(2026, 4, 1))
    assert (found.state, found.closed_at) == (FindingState.OPEN, None)
    assert [(event.what.value, event.note) for event in register.finding_events(name)] == [
        ("opened", first),
        ("no longer found", third),
        ("reopened", fourth),
    ]


def test_the_same_run_again_changes_nothing(register: SqlRegister) -> None:
    """Law 3: a run that starts again opens nothing twice."""
    name = run(register, "a")
    register.settle_findings(name, [owned(STRAY)], EVERYWHERE, DAY)

    again = register.settle_findings(name, [owned(STRAY)], EVERYWHERE, DAY)

    assert again.opened == ()
    assert len(register.findings()) == 1


def test_what_was_not_looked_at_stays_open(register: SqlRegister) -> None:
    """Law 6."""
    register.settle_findings(run(register, "a"), [owned(STRAY)], EVERYWHERE, DAY)

    settled = register.settle_findings(run(register, "b"), [], Looked(frozenset()), DAY)

    assert settled.gone == ()
    assert [one.state for one in register.findings(open_only=True)] == [FindingState.OPEN]


def test_accepted_risk_holds_until_its_day(register: SqlRegister) -> None:
    """Found again before its day it stays accepted, after it it is open again."""
    (name,) = register.settle_findings(run(register, "a"), [owned(STRAY)], EVERYWHERE, DAY).opened
    change = FindingChange(state=FindingState.ACCEPTED, due=date(2026, 6, 1), owner="marc")
    register.move_finding(name, FindingMove.ACCEPTED, change, actor="claire", note="until June")

    before = register.settle_findings(run(register, "b"), [owned(STRAY)], EVERYWHERE, date(2026, 6, 1))
    after = register.settle_findings(run(register, "c"), [owned(STRAY)], EVERYWHERE, date(2026, 6, 2))

    assert (before.again, after.reopened) == ((name,), (name,))
    assert register.finding(name).owner == "marc"


def test_closed_by_a_person_has_a_time(register: SqlRegister) -> None:
    """It is no longer among the open ones."""
    (name,) = register.settle_findings(run(register, "a"), [owned(STRAY)], EVERYWHERE, DAY).opened

    closed = register.move_finding(
        name, FindingMove.CLOSED, FindingChange(state=FindingState.CLOSED), actor="claire", note="declared"
    )

    assert closed.closed_at is not None
    assert register.findings(open_only=True) == []
    assert [one.finding_id for one in register.findings()] == [name]


def test_the_worst_stands_on_top(register: SqlRegister) -> None:
    """By severity, then by day."""
    kinds = [
        owned(Found(FindingKind.VALUE_LENGTH, "crm.a", Severity.LOW)),
        owned(Found(FindingKind.TABLE_UNDECLARED, "crm.b", Severity.HIGH)),
        owned(Found(FindingKind.TABLE_UNDECLARED, "crm.c", Severity.HIGH), date(2026, 3, 3)),
        owned(Found(FindingKind.EVIDENCE_BROKEN, "C-1", Severity.CRITICAL)),
    ]
    register.settle_findings(run(register, "a"), kinds, EVERYWHERE, DAY)

    assert [one.place for one in register.findings()] == ["C-1", "crm.c", "crm.b", "crm.a"]


def test_nobody_can_change_what_became_of_it(register: SqlRegister) -> None:
    """Events are rows that stay (Art. 5(2))."""
    register.settle_findings(run(register, "a"), [owned(STRAY)], EVERYWHERE, DAY)

    with pytest.raises(RightsflowError), register._database.write() as connection:
        connection.execute(sa.text("UPDATE finding_event SET actor = 'nobody'"))


def test_unknown_finding(register: SqlRegister) -> None:
    """A typing mistake is told as such."""
    with pytest.raises(CaseUnknown):
        register.finding("F-XXXXXXXX")
    with pytest.raises(CaseUnknown):
        register.move_finding("F-XXXXXXXX", FindingMove.CLOSED, FindingChange(), actor="claire")
