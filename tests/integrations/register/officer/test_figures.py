"""Counts of the register, the same on every database: grouped there, and equal to what is there."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from data_contracts.officer.figures import FindingCount, OpenDay, OpenIncident, Queue
from data_contracts.vocabulary import CaseState, Channel, Decision, Duty, Gate, Right
from integrations.register import SqlRegister
from integrations.register.tables.officer import findings, incidents
from tests.integrations.register.conftest import Clock
from tests.integrations.register.examples import ACKNOWLEDGE, a_gate, a_record, a_request, an_answer


def _another(register: SqlRegister, key: str, right: Right = Right.ACCESS, **changed: Any) -> str:
    return register.open_case(replace(a_request(request_key=key), right=right, **changed)).case_id


def by_force(register: SqlRegister, statement: str) -> None:
    """Change what is written, past every rule."""
    with register._database.write() as connection:
        connection.exec_driver_sql(statement)


def test_cases_by_right_and_state(register: SqlRegister, case_id: str) -> None:
    """Runs are no cases."""
    other = _another(register, "b", Right.ERASURE)
    _another(register, "c")
    register.complete(other, "acknowledge", receipt={}, record=a_record(), move=ACKNOWLEDGE)
    register.open_run(Duty.RETENTION, "a")

    assert register.count_cases() == {
        (Right.ERASURE, CaseState.RECEIVED): 1,
        (Right.ERASURE, CaseState.ACKNOWLEDGED): 1,
        (Right.ACCESS, CaseState.RECEIVED): 1,
    }
    assert register.case(case_id).right is Right.ERASURE


def test_open_cases_by_day(register: SqlRegister, case_id: str) -> None:
    """By the last day, or by the day of receipt; what has ended is not open."""
    _another(register, "b", response_due=date(2026, 4, 1))
    ended = _another(register, "c")
    register.complete(
        ended, "withdraw", receipt={}, record=a_record("withdraw"), move=(CaseState.WITHDRAWN, "withdrawn")
    )
    register.complete(ended, "archive", receipt={}, record=a_record("archive"), move=(CaseState.ARCHIVED, "archived"))

    assert register.open_by_day(due=True) == [
        OpenDay(Right.ACCESS, date(2026, 4, 1), 1),
        OpenDay(Right.ERASURE, register.case(case_id).response_due, 1),
    ]
    assert sum(one.cases for one in register.open_by_day(due=False)) == 2
    assert {one.day for one in register.open_by_day(due=False)} == {date(2026, 3, 2)}


def test_gates_by_kind_with_the_oldest(register: SqlRegister, case_id: str) -> None:
    """What was answered or replaced waits for nobody."""
    later = a_gate(case_id).opened_at + timedelta(hours=1)
    register.open_gate(a_gate(case_id))
    register.open_gate(a_gate(_another(register, "b"), opened_at=later))
    answered = register.open_gate(a_gate(_another(register, "c"), gate=Gate.REVIEW, people=1))
    register.answer_gate(answered, an_answer(), outcome=Decision.APPROVE, also={})

    (wait,) = register.gate_waits()

    assert (wait.gate, wait.gates, wait.oldest) == (Gate.APPROVAL, 2, a_gate(case_id).opened_at)


def test_steps_are_timed_from_their_claim(register: SqlRegister, case_id: str, clock: Clock) -> None:
    """Names that begin alike are one; a step that nobody claimed has no time."""
    for system, seconds in (("crm", 2), ("billing", 40)):
        register.claim(case_id, f"notice.{system}")
        clock.now += timedelta(seconds=seconds)
        register.complete(case_id, f"notice.{system}", receipt={}, record=None)
    register.complete(case_id, "plan", receipt={}, record=None)

    (step,) = register.step_times()

    assert (step.step, step.done, round(step.seconds)) == ("notice", 2, 42)
    assert step.within == (0, 0, 0, 1, 1, 2, 2)


def test_steps_are_added_up_and_none_twice(register: SqlRegister, case_id: str, clock: Clock) -> None:
    """Whenever the sums are made, all steps are counted once: those of long ago, of this hour, and of years before."""
    assert register.tally_steps()
    took = [3, 0.2, 700, 31, 4, 0, 130, 2, 9, 1]
    for number, seconds in enumerate(took):
        register.claim(case_id, f"locate.{number}")
        clock.now += timedelta(seconds=seconds)
        register.complete(case_id, f"locate.{number}", receipt={}, record=None)
        clock.now += timedelta(days=3, minutes=17 * number)
        if number % 3 == 1:
            assert register.tally_steps() is (number == 1)  # else more than a week is left
        (step,) = register.step_times()
        assert (step.step, step.done, round(step.seconds, 2)) == (
            "locate",
            number + 1,
            round(sum(took[: number + 1]), 2),
        )

    register.claim(case_id, "notice.answer")
    register.complete(case_id, "notice.answer", receipt={}, record=None)
    while not register.tally_steps():
        pass
    assert register.tally_steps()
    first, second = register.step_times()
    assert (first.done, second.done) == (10, 1)
    assert first.within == (1, 2, 3, 6, 7, 8, 9)


def test_sums_are_made_of_what_is_settled(register: SqlRegister, case_id: str, clock: Clock) -> None:
    """A step of the last hour is left for later: another that ends now may be written after it."""
    register.claim(case_id, "locate")
    register.complete(case_id, "locate", receipt={}, record=None)
    clock.now += timedelta(minutes=59)
    assert register.tally_steps()
    by_force(register, "UPDATE step SET state = 'claimed'")
    assert register.step_times() == []

    by_force(register, "UPDATE step SET state = 'done'")
    clock.now += timedelta(minutes=2)
    assert register.tally_steps()
    by_force(register, "UPDATE step SET state = 'claimed'")
    assert [one.done for one in register.step_times()] == [1]


def test_attempts_beyond_the_first_are_failures(register: SqlRegister, case_id: str) -> None:
    """By system; a step without one is counted nowhere."""
    for system in ("crm", "crm", "crm", "billing", ""):
        register.claim(case_id, "locate", system)

    assert register.failed_attempts() == {"crm": 2}


def test_queues_tell_since_when(register: SqlRegister, case_id: str, clock: Clock) -> None:
    """What of the outbox is not done, and mails that nobody has read."""
    register.put_incoming(Channel.EMAIL, clock.now, date(2026, 4, 2), message_digest="d")

    assert register.outbox_queue().waiting == 2  # its start, and its first move
    assert register.outbox_queue().oldest == register.case(case_id).opened_at
    assert register.arrivals_queue() == Queue(1, clock.now)


def test_cases_that_nobody_is_asked_about_wait_for_a_run(register: SqlRegister, case_id: str, clock: Clock) -> None:
    """Since the last thing that happened to the case: a move or a step; one that waits at a gate waits for a person."""
    assert register.unasked_queue() == Queue(1, register.case(case_id).opened_at)

    clock.now += timedelta(minutes=5)
    register.claim(case_id, "locate", "crm")
    assert register.unasked_queue() == Queue(1, clock.now)

    register.open_gate(a_gate(case_id))
    assert register.unasked_queue() == Queue(0, None)


def test_nothing_is_counted_in_an_empty_register(register: SqlRegister) -> None:
    """No row is a result."""
    assert register.count_cases() == {}
    assert [*register.step_times(), *register.gate_waits(), *register.open_by_day(due=True)] == []
    assert register.outbox_queue() == register.arrivals_queue() == Queue(0, None)


def test_findings_and_incidents(register: SqlRegister, clock: Clock) -> None:
    """Those that are not closed, and how many are late."""
    run = register.open_run(Duty.AUDIT, "a").run_id
    finding = {
        "kind": "drift", "place": "crm", "severity": "high", "what": "", "remedy": "", "owner": "dpo",
        "first_run": run, "last_run": run, "opened_at": clock.now,
    }  # fmt: skip
    incident = {
        "kind": "attack",
        "aware_at": clock.now,
        "risk": "high",
        "counts": {},
        "authority_reference": "",
    }
    with register._database.write() as connection:
        for number, (state, due) in enumerate([("open", 1), ("open", 3), ("closed", 1)]):
            row = finding | {"finding_id": str(number), "digest": str(number), "state": state}
            connection.execute(sa.insert(findings).values(row | {"due": date(2026, 3, due)}))
        connection.execute(sa.insert(incidents).values(incident | {"run_id": run}))

    assert register.count_findings(date(2026, 3, 2)) == [FindingCount("drift", "high", 2, 1)]
    assert register.open_incidents() == [OpenIncident("attack", clock.now, is_told=False)]
