"""Gates and answers (law 5)."""

from datetime import UTC, datetime

import pytest

from data_contracts.errors import AnswerRefused, CaseUnknown
from data_contracts.vocabulary import CaseState, Decision, Gate
from integrations.register import SqlRegister
from tests.integrations.register.examples import a_gate, an_answer


def test_a_gate_opens_once_for_a_question(register: SqlRegister, case_id: str) -> None:
    """The same question asked again is the gate that waits already."""
    first = register.open_gate(a_gate(case_id))

    again = register.open_gate(a_gate(case_id, description="other words"))

    assert again == first == a_gate(case_id)
    assert register.gates(case_id) == [first]


def test_another_question_takes_the_place_of_the_old_one(register: SqlRegister, case_id: str) -> None:
    """When the plan changes, people are asked about the new plan alone."""
    register.open_gate(a_gate(case_id, digest="d1"))

    register.open_gate(a_gate(case_id, digest="d2"))

    assert [gate.digest for gate in register.gates(open_only=True)] == ["d2"]
    assert [gate.digest for gate in register.gates(case_id)] == ["d1", "d2"]


def test_a_plan_that_changes_back_is_asked_about_again(register: SqlRegister, case_id: str) -> None:
    """An approval counts until another plan was shown."""
    first = register.open_gate(a_gate(case_id, digest="d1"))
    register.answer_gate(first, an_answer(), outcome=Decision.APPROVE, also={})
    register.open_gate(a_gate(case_id, digest="d2"))

    again = register.open_gate(a_gate(case_id, digest="d1"))

    assert again.outcome is None


def test_a_decided_gate_is_found_again(register: SqlRegister, case_id: str) -> None:
    """A flow that starts from its first line finds the decision."""
    gate = register.open_gate(a_gate(case_id))
    register.answer_gate(gate, an_answer(), outcome=Decision.APPROVE, also={})

    again = register.open_gate(a_gate(case_id))

    assert (again.outcome, again.answers) == (Decision.APPROVE, (an_answer(),))


def test_gates_about_two_systems_are_two(register: SqlRegister, case_id: str) -> None:
    """A case can wait for the answer about one system while another is answered."""
    crm = register.open_gate(a_gate(case_id, gate=Gate.OUTAGE, subject="crm"))
    billing = register.open_gate(a_gate(case_id, gate=Gate.OUTAGE, subject="billing"))
    answer = an_answer(decision=Decision.BY_HAND, reference="INC-1")

    register.answer_gate(crm, answer, outcome=Decision.BY_HAND, also={})

    assert register.gates(open_only=True) == [billing]
    decided = register.gate(case_id, Gate.OUTAGE, "crm")
    assert decided is not None
    assert decided.reference == "INC-1"


def test_a_first_of_two_answers_leaves_the_gate_open(register: SqlRegister, case_id: str) -> None:
    """Two people must approve: after one the gate waits for the other, and both are in the evidence."""
    gate = register.open_gate(a_gate(case_id, people=2))

    after_one = register.answer_gate(gate, an_answer("ada"), outcome=None, also={})
    after_two = register.answer_gate(gate, an_answer("bob"), outcome=Decision.APPROVE, also={})

    assert (after_one.outcome, after_two.outcome) == (None, Decision.APPROVE)
    assert [answer.operator for answer in after_two.answers] == ["ada", "bob"]
    assert len(register.evidence(case_id)[0]) == 3


def test_one_person_is_not_two(register: SqlRegister, case_id: str) -> None:
    """The same operator cannot be the second pair of eyes."""
    gate = register.open_gate(a_gate(case_id))
    register.answer_gate(gate, an_answer("ada"), outcome=None, also={})

    second = an_answer("ada", decision=Decision.REFUSE)
    with pytest.raises(AnswerRefused, match="answered already"):
        register.answer_gate(gate, second, outcome=Decision.REFUSE, also={})


def test_the_same_answer_again_changes_nothing(register: SqlRegister, case_id: str) -> None:
    """An answer that is recorded again after a crash is one answer and one record."""
    gate = register.open_gate(a_gate(case_id))

    for _ in range(2):
        register.answer_gate(gate, an_answer(), outcome=Decision.APPROVE, also={})

    assert len(register.evidence(case_id)[0]) == 2


def test_an_answer_to_a_decided_gate_is_refused(register: SqlRegister, case_id: str) -> None:
    """Who comes late learns it, and nothing is written."""
    gate = register.open_gate(a_gate(case_id))
    register.answer_gate(gate, an_answer("ada"), outcome=Decision.APPROVE, also={})

    with pytest.raises(AnswerRefused, match="decided meanwhile"):
        register.answer_gate(gate, an_answer("bob"), outcome=Decision.REFUSE, also={})

    assert len(register.evidence(case_id)[0]) == 2


def test_an_answer_to_an_older_question_is_refused(register: SqlRegister, case_id: str) -> None:
    """An approval of a plan that changed meanwhile does not count for the new one."""
    old = register.open_gate(a_gate(case_id, digest="d1"))
    register.open_gate(a_gate(case_id, digest="d2"))

    with pytest.raises(AnswerRefused, match="another question"):
        register.answer_gate(old, an_answer(), outcome=Decision.APPROVE, also={})


def test_an_answer_where_no_gate_is_is_refused(register: SqlRegister, case_id: str) -> None:
    """A gate must be opened before it can be answered."""
    with pytest.raises(AnswerRefused, match="never opened"):
        register.answer_gate(a_gate(case_id), an_answer(), outcome=Decision.APPROVE, also={})


def test_a_note_is_shown_until_an_answer_is_accepted(register: SqlRegister, case_id: str) -> None:
    """Why an answer was not accepted stays with the gate."""
    gate = register.open_gate(a_gate(case_id))

    register.note_gate(gate, "code wrong")

    assert [one.note for one in register.gates(case_id)] == ["code wrong"]
    assert register.answer_gate(gate, an_answer(), outcome=None, also={}).note == ""


def test_gates_of_an_ended_case_wait_for_nobody(register: SqlRegister, case_id: str) -> None:
    """A case that was withdrawn and archived asks nothing any more."""
    register.open_gate(a_gate(case_id, opened_at=datetime(2026, 3, 2, 9, 0, tzinfo=UTC)))

    for state in (CaseState.WITHDRAWN, CaseState.ARCHIVED):
        register.complete(case_id, state, receipt={}, record=None, move=(state, "test"))

    assert register.gates(open_only=True) == []


def test_gate_that_opens_after_the_end_waits(register: SqlRegister, case_id: str) -> None:
    """A restriction is lifted after its case has ended (Art. 18(3))."""
    for state in (CaseState.WITHDRAWN, CaseState.ARCHIVED):
        register.complete(case_id, state, receipt={}, record=None, move=(state, "test"))

    register.open_gate(a_gate(case_id, subject="lift"))

    assert [gate.subject for gate in register.gates(open_only=True)] == ["lift"]


def test_a_gate_of_no_case_is_refused(register: SqlRegister) -> None:
    """A gate belongs to a case."""
    with pytest.raises(CaseUnknown):
        register.open_gate(a_gate("C-0000-0000"))
