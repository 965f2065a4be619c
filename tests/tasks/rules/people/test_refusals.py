"""Art. 12(4), 12(5): on which ground a request is refused, and by how many people."""

from datetime import UTC, datetime

import pytest

from data_contracts.errors import AnswerRefused
from data_contracts.gates.gates import GateAnswer
from data_contracts.grounds import RefusalGround
from data_contracts.vocabulary import Decision, Gate, Right
from tasks.rules.people.gates import outcome_of
from tasks.rules.people.refusals import asks_second, check_ground, ground_of, grounds_at, refuses

NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)


def says(operator: str, decision: Decision = Decision.REFUSE, ground: str = "") -> GateAnswer:
    """A proven answer on a ground."""
    return GateAnswer(operator, decision, NOW, proof="totp", reason_digest="", reference=ground)


@pytest.mark.parametrize(
    ("gate", "right", "ground", "is_offered"),
    [
        (Gate.APPROVAL, Right.ACCESS, RefusalGround.EXCESSIVE, True),
        (Gate.STATEMENT, Right.RECTIFICATION, RefusalGround.MANIFESTLY_UNFOUNDED, True),
        (Gate.APPROVAL, Right.ACCESS, RefusalGround.COMPELLING_GROUNDS, False),
        (Gate.APPROVAL, Right.OBJECTION, RefusalGround.COMPELLING_GROUNDS, True),
        (Gate.APPROVAL, Right.PORTABILITY, RefusalGround.NOT_PORTABLE, True),
        (Gate.APPROVAL, Right.ERASURE, RefusalGround.LEGAL_OBLIGATION, True),
        (Gate.APPROVAL, Right.ERASURE, RefusalGround.IDENTITY_FAILED, False),
        (Gate.IDENTITY, Right.ERASURE, RefusalGround.EXCESSIVE, False),
        (Gate.EXTENSION, Right.ERASURE, RefusalGround.EXCESSIVE, False),
    ],
)
def test_grounds_are_those_of_the_law(gate: Gate, right: Right, ground: RefusalGround, *, is_offered: bool) -> None:
    """A ground belongs to a right, and to a gate at which the request itself is refused."""
    assert (ground in grounds_at(gate, right)) == is_offered


@pytest.mark.parametrize("ground", ["", "excessive", "refused_by_person"])
def test_ground_of_the_list_or_none(ground: str) -> None:
    """Without a code, what the person writes says the ground."""
    check_ground(Gate.APPROVAL, Right.ACCESS, decision=Decision.REFUSE, ground=ground)


def test_other_ground_is_refused() -> None:
    """Whatever the law does not know is no ground."""
    with pytest.raises(AnswerRefused, match="no ground for a refusal"):
        check_ground(Gate.APPROVAL, Right.ACCESS, decision=Decision.REFUSE, ground="too_much_work")


@pytest.mark.parametrize(
    ("gate", "decision"),
    [(Gate.APPROVAL, Decision.APPROVE), (Gate.OUTAGE, Decision.BY_HAND), (Gate.IDENTITY, Decision.REFUSE)],
)
def test_reference_of_another_answer_is_no_ground(gate: Gate, decision: Decision) -> None:
    """A ticket's number stands where a ground would."""
    check_ground(gate, Right.ACCESS, decision=decision, ground="TICKET-1")


@pytest.mark.parametrize(
    ("gate", "reference", "ground"),
    [
        (Gate.IDENTITY, "", RefusalGround.IDENTITY_FAILED),
        (Gate.APPROVAL, "excessive", RefusalGround.EXCESSIVE),
        (Gate.APPROVAL, "", RefusalGround.REFUSED_BY_PERSON),
        (Gate.SUBJECTS, "TICKET-1", RefusalGround.REFUSED_BY_PERSON),
    ],
)
def test_ground_of_a_refusal(gate: Gate, reference: str, ground: RefusalGround) -> None:
    """The code, or that a person refused."""
    assert ground_of(gate, reference) is ground


@pytest.mark.parametrize("ground", ["manifestly_unfounded", "excessive"])
def test_article_12_5_takes_two_people(ground: str) -> None:
    """The burden of showing it is the controller's: one person does not decide it."""
    one = [says("claire", ground=ground)]
    two = [*one, says("marc", ground=ground)]

    assert outcome_of(one, people=1) is None
    assert outcome_of(two, people=1) is Decision.REFUSE
    assert asks_second(one)
    assert not asks_second(two)


def test_article_12_5_takes_the_same_ground_twice() -> None:
    """Unfounded and excessive are two things."""
    assert not refuses([says("claire", ground="excessive"), says("marc", ground="manifestly_unfounded")])


def test_second_person_who_approves_lets_it_go_on() -> None:
    """Who disagrees that a request is excessive carries it out."""
    answers = [says("claire", ground="excessive"), says("marc", Decision.APPROVE)]

    assert outcome_of(answers, people=1) is Decision.APPROVE


@pytest.mark.parametrize("ground", ["", "rights_of_others"])
def test_other_refusals_take_one_person(ground: str) -> None:
    """A refusal discloses and changes nothing."""
    assert outcome_of([says("claire", ground=ground)], people=2) is Decision.REFUSE


def test_nobody_asks_for_a_second_before_the_first() -> None:
    """An open gate waits for as many as the policy says."""
    assert not asks_second([])
    assert not asks_second([says("claire", Decision.APPROVE, "excessive")])
