"""Counts by period, the same on every database."""

from dataclasses import replace
from datetime import date, timedelta

from data_contracts.case.verdicts import Conclusion
from data_contracts.vocabulary import CaseState, Channel, Duty, Right
from integrations.register import SqlRegister
from tests.integrations.register.conftest import Clock
from tests.integrations.register.examples import ACKNOWLEDGE, a_record, a_request

_DAY = timedelta(days=1)


def _moved(register: SqlRegister, case_id: str, *states: CaseState, outcome: str = "granted") -> None:
    for state in states:
        register.complete(
            case_id, state.value, receipt={}, record=a_record(state.value), move=(state, "x"), outcome=outcome
        )


def test_requests_are_counted_when_they_were_received(register: SqlRegister, clock: Clock) -> None:
    """From the beginning on, before the end; runs are no requests."""
    for number, days in enumerate((0, 1, 1, 2)):
        received = a_request().received_at + days * _DAY
        register.open_case(replace(a_request(request_key=str(number)), received_at=received, channel=Channel.EMAIL))
    register.open_run(Duty.AUDIT, "a")
    first = a_request().received_at

    assert register.received_between(first, first + 2 * _DAY) == {(Right.ERASURE, Channel.EMAIL): 3}
    assert register.received_between(first + 3 * _DAY, clock.now + 9 * _DAY) == {}


def test_answers_are_counted_when_they_were_told(register: SqlRegister, clock: Clock, case_id: str) -> None:
    """Once, with what is needed to tell how long it took; one that ended without an answer apart."""
    withdrawn = register.open_case(a_request(request_key="w")).case_id
    _moved(register, withdrawn, CaseState.WITHDRAWN, CaseState.ARCHIVED, outcome="withdrawn")
    _moved(register, case_id, ACKNOWLEDGE[0], CaseState.IDENTITY_FAILED)
    clock.now += _DAY
    _moved(register, case_id, CaseState.SUBJECT_TOLD, CaseState.ARCHIVED, outcome="identity_failed")
    since, until = clock.now - 2 * _DAY, clock.now + _DAY

    (told,) = register.told_between(since, until, identity_step="identity", proof_step="prove")

    assert (told.case_id, told.told_at, told.outcome) == (case_id, clock.now, "identity_failed")
    assert register.told_between(until, until + _DAY, identity_step="identity", proof_step="prove") == []
    assert register.ended_untold_between(since, until) == {(Right.ERASURE, "withdrawn"): 1}


def test_verdict_of_the_act_comes_along(register: SqlRegister, clock: Clock, case_id: str) -> None:
    """As the step that looked again says it; none where it was not reached, or is not done."""
    others = [register.open_case(a_request(request_key=name)).case_id for name in "ab"]
    for one, verdict in ((case_id, "not_looked_at"), (others[0], "proven_but_for")):
        register.complete(one, "prove", receipt={"verdict": verdict}, record=a_record("prove"))
    register.reopen(others[0], ("prove",), a_record("again"), None)
    for one in (case_id, *others):
        _moved(register, one, ACKNOWLEDGE[0], CaseState.IDENTITY_FAILED, CaseState.SUBJECT_TOLD)

    told = register.told_between(clock.now - _DAY, clock.now + _DAY, identity_step="i", proof_step="prove")

    assert {one.case_id: one.verdict for one in told} == {
        case_id: Conclusion.NOT_LOOKED_AT,
        others[0]: None,
        others[1]: None,
    }


def test_asking_for_a_proof_is_noted(register: SqlRegister, clock: Clock, case_id: str) -> None:
    """The clock of such a case may have stood still: its moves come along, and what the identity step noted."""
    other = register.open_case(a_request(request_key="o")).case_id
    _moved(register, case_id, ACKNOWLEDGE[0], CaseState.IDENTITY_ASKED, CaseState.IDENTITY_FAILED)
    register.complete(case_id, "identity", receipt={"ground": "x"}, record=a_record("identity"))
    _moved(register, other, ACKNOWLEDGE[0], CaseState.IDENTITY_FAILED)
    for one in (case_id, other):
        _moved(register, one, CaseState.SUBJECT_TOLD, outcome="identity_failed")

    told = register.told_between(clock.now - _DAY, clock.now + _DAY, identity_step="identity", proof_step="prove")

    found = {one.case_id: (one.timeline, one.identity) for one in told}
    assert found == {case_id: (register.timeline(case_id), {"ground": "x"}), other: ((), {})}


def test_cases_are_found_by_what_they_are(register: SqlRegister, case_id: str) -> None:
    """By right, state and last day, the one due first on top; open ones where no state is named."""
    ended = register.open_case(a_request(request_key="w")).case_id
    _moved(register, ended, CaseState.WITHDRAWN, CaseState.ARCHIVED, outcome="withdrawn")
    due, anywhen = register.case(case_id).response_due, (None, None)

    def found(right: Right | None, state: CaseState | None, *bounds: date | None) -> list[str]:
        between = (bounds[0], bounds[1]) if bounds else anywhen
        return [one.case_id for one in register.cases_like(right, state, between, limit=9)]

    assert found(None, None) == found(Right.ERASURE, None, due, due) == [case_id]
    assert found(Right.ACCESS, None) == found(None, None, None, due - _DAY) == found(None, None, due + _DAY, None) == []
    assert found(None, CaseState.ARCHIVED) == [ended]
    assert register.cases_like(None, None, anywhen, limit=0) == []


def test_backlog_of_a_moment(register: SqlRegister, clock: Clock, case_id: str) -> None:
    """Received before, not ended by then."""
    before = clock.now + _DAY
    clock.now += 2 * _DAY
    _moved(register, case_id, CaseState.WITHDRAWN, CaseState.ARCHIVED, outcome="withdrawn")

    assert register.open_at(before) == {Right.ERASURE: 1}
    assert register.open_at(clock.now + _DAY) == register.open_at(before - 9 * _DAY) == {}
