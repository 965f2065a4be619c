"""Every effect once (law 3)."""

import pytest

from data_contracts.errors import CaseUnknown, MoveRefused, StepFailed
from data_contracts.vocabulary import CaseState
from integrations.register import SqlRegister
from tests.integrations.register.examples import ACKNOWLEDGE, a_record


def test_a_first_claim_is_the_first_attempt(register: SqlRegister, case_id: str) -> None:
    """Nobody claimed the step before."""
    entry = register.claim(case_id, "locate", "crm")

    assert (entry.state, entry.attempts, entry.receipt) == ("claimed", 1, {})


def test_a_second_claim_tells_that_there_was_one(register: SqlRegister, case_id: str) -> None:
    """Who finds a step claimed learns it from the number of attempts."""
    register.claim(case_id, "locate", "crm")

    assert register.claim(case_id, "locate", "crm").attempts == 2


def test_a_claim_of_a_done_step_gives_its_receipt(register: SqlRegister, case_id: str) -> None:
    """A done step stays done, with what was found."""
    register.claim(case_id, "locate", "crm")
    register.complete(case_id, "locate", "crm", receipt={"rows": 3}, record=None)

    entry = register.claim(case_id, "locate", "crm")

    assert (entry.state, entry.attempts, entry.receipt) == ("done", 1, {"rows": 3})


def test_a_step_handed_over_stays_so(register: SqlRegister, case_id: str) -> None:
    """After a crash in the middle of a mail the next run learns that it may have left."""
    register.claim(case_id, "notify")
    register.hand_over(case_id, "notify")

    assert register.claim(case_id, "notify").state == "handed_over"


def test_nobody_hands_over_twice(register: SqlRegister, case_id: str) -> None:
    """A second process at the same mail is stopped before it sends."""
    register.claim(case_id, "notify")
    register.hand_over(case_id, "notify")

    with pytest.raises(StepFailed):
        register.hand_over(case_id, "notify")


def test_a_released_step_can_be_tried_anew(register: SqlRegister, case_id: str) -> None:
    """A claim taken back is as if it had never been."""
    register.claim(case_id, "notify")
    register.hand_over(case_id, "notify")

    register.release(case_id, "notify")

    assert register.step(case_id, "notify") is None
    assert register.claim(case_id, "notify").attempts == 1


def test_a_done_step_cannot_be_released(register: SqlRegister, case_id: str) -> None:
    """What was done is not undone by taking the claim back."""
    register.complete(case_id, "notify", receipt={"a": 1}, record=None)

    register.release(case_id, "notify")

    assert register.claim(case_id, "notify").state == "done"


def test_completing_twice_is_completing_once(register: SqlRegister, case_id: str) -> None:
    """The second call changes neither receipt, chain nor state, and is not refused."""
    for number in (1, 2):
        register.complete(
            case_id, "ack", receipt={"n": number}, record=a_record(), move=ACKNOWLEDGE, outcome=f"o{number}"
        )

    assert register.claim(case_id, "ack").receipt == {"n": 1}
    assert len(register.evidence(case_id)[0]) == 2
    assert register.case(case_id).outcome == "o1"


def test_the_same_step_of_two_systems_is_two_steps(register: SqlRegister, case_id: str) -> None:
    """A step is known by its name and its system."""
    register.complete(case_id, "act", "crm", receipt={"rows": 1}, record=None)
    register.claim(case_id, "act", "billing")

    entries = register.steps(case_id)

    assert {place: entry.state for place, entry in entries.items()} == {
        ("act", "crm"): "done",
        ("act", "billing"): "claimed",
    }


def test_a_step_of_no_case_is_refused(register: SqlRegister) -> None:
    """Neither a claim nor a completion makes a case."""
    with pytest.raises(CaseUnknown):
        register.claim("C-0000-0000", "locate")
    with pytest.raises(CaseUnknown):
        register.complete("C-0000-0000", "locate", receipt={}, record=None)


def test_reopening_forgets_the_steps_of_all_systems(register: SqlRegister, case_id: str) -> None:
    """What was found no longer holds: the steps are free again, and the chain says why."""
    for system in ("crm", "billing"):
        register.complete(case_id, "locate", system, receipt={}, record=None)
    register.complete(case_id, "verify", receipt={}, record=None)

    register.reopen(case_id, ["locate"], a_record("reopen"), ACKNOWLEDGE)

    assert list(register.steps(case_id)) == [("verify", "")]
    assert len(register.evidence(case_id)[0]) == 2
    assert register.case(case_id).state is CaseState.ACKNOWLEDGED


def test_reopening_twice_is_reopening_once(register: SqlRegister, case_id: str) -> None:
    """A flow that was killed after reopening may do it again."""
    register.complete(case_id, "locate", "crm", receipt={}, record=None)

    for _ in range(2):
        register.reopen(case_id, ["locate"], a_record("reopen"), ACKNOWLEDGE)

    assert len(register.timeline(case_id)) == 2


def test_a_refused_reopening_writes_nothing(register: SqlRegister, case_id: str) -> None:
    """Where the case cannot go back, its steps stay done."""
    register.complete(case_id, "locate", "crm", receipt={}, record=None)

    with pytest.raises(MoveRefused):
        register.reopen(case_id, ["locate"], a_record("reopen"), (CaseState.LOCATED, "x"))

    assert register.claim(case_id, "locate", "crm").state == "done"


def test_a_receipt_that_is_no_json_says_nothing_of_its_value(register: SqlRegister, case_id: str) -> None:
    """A mistake of ours is our error, without the value."""
    with pytest.raises(StepFailed) as caught:
        register.complete(case_id, "locate", receipt={"a": {"marked"}}, record=None)

    assert "marked" not in str(caught.value)
    assert caught.value.__suppress_context__
