"""Charter 3.1 to 3.3, law 5: who may answer a gate, what an answer must say, and when enough people did."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.company.company import GateRule, Policy
from data_contracts.errors import AnswerRefused, ContractInvalid
from data_contracts.gates.gates import GateAnswer, GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import Decision, Duty, Gate, OperatorRole, Right, Sensitivity
from tasks.rules.people.gates import check_answer, check_standing, outcome_of, people_missing, people_needed, rule_for

NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_RULE = GateRule(roles=[OperatorRole.DPO], people=1, people_when={Sensitivity.RESTRICTED: 2})
_OPTIONS = (Decision.APPROVE, Decision.REFUSE, Decision.BY_HAND)


def an_operator(**facts: Any) -> Operator:
    """A DPO in force."""
    return replace(Operator("claire", (OperatorRole.DPO,), valid_until=None, training_until=None), **facts)


def an_answer(operator: str, decision: Decision = Decision.APPROVE) -> GateAnswer:
    """A proven answer."""
    return GateAnswer(operator, decision, NOW, proof="totp", reason_digest="")


def a_gate(**facts: Any) -> GateEntry:
    """An open approval gate for legal and the DPO, which asks for two people."""
    entry = GateEntry(
        case_id="C-1",
        gate=Gate.APPROVAL,
        subject="",
        digest="0" * 64,
        description="",
        options=_OPTIONS,
        roles=(OperatorRole.LEGAL, OperatorRole.DPO),
        people=2,
        opened_at=NOW,
        outcome=None,
        reference="",
    )
    return replace(entry, **facts)


def test_rule_of_the_policy() -> None:
    """Each right has its own rule for a gate."""
    policy = Policy(gates={Right.ACCESS: {Gate.APPROVAL: _RULE}}, identity_methods={})

    assert rule_for(policy, Right.ACCESS, Gate.APPROVAL) == _RULE


@pytest.mark.parametrize(("right", "gate"), [(Right.ERASURE, Gate.APPROVAL), (Right.ACCESS, Gate.OUTAGE)])
def test_gate_without_a_rule_is_open_to_nobody(right: Right, gate: Gate) -> None:
    """Silence of the policy is an error, never a yes."""
    policy = Policy(gates={Right.ACCESS: {Gate.APPROVAL: _RULE}}, identity_methods={})

    with pytest.raises(ContractInvalid, match=f"no rule for gate {gate.value} of {right.value}"):
        rule_for(policy, right, gate)


def test_duty_has_rules_of_its_own() -> None:
    """Who approves what the controller does unasked stands apart from rights; silence is an error there too."""
    policy = Policy(gates={}, identity_methods={}, duties={Duty.RETENTION: {Gate.APPROVAL: _RULE}})

    assert rule_for(policy, Duty.RETENTION, Gate.APPROVAL) == _RULE
    with pytest.raises(ContractInvalid, match="no rule for gate approval of incident"):
        rule_for(policy, Duty.INCIDENT, Gate.APPROVAL)


@pytest.mark.parametrize(
    ("sensitivity", "people"), [(Sensitivity.PUBLIC, 1), (Sensitivity.CONFIDENTIAL, 1), (Sensitivity.RESTRICTED, 2)]
)
def test_more_people_for_more_sensitive_data(sensitivity: Sensitivity, people: int) -> None:
    """Charter 3.1: health data ask for a second pair of eyes."""
    assert people_needed(_RULE, sensitivity) == people


def test_policy_never_asks_for_fewer_people_than_the_rule() -> None:
    """A sensitivity adds people and takes none away."""
    rule = GateRule(roles=[OperatorRole.DPO], people=3, people_when={Sensitivity.PUBLIC: 1})

    assert people_needed(rule, Sensitivity.PUBLIC) == 3


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"roles": (OperatorRole.AGENT, OperatorRole.LEGAL)},
        {"valid_until": NOW + _SECOND, "training_until": NOW + _SECOND},
        {"locked_until": NOW + _SECOND},
    ],
)
def test_operator_with_standing_may_answer(facts: dict[str, Any]) -> None:
    """In force, trained, with one of the roles; a lock is asked about where a code is compared."""
    operator = an_operator(**facts)

    assert check_standing(operator, a_gate(answers=(an_answer("marc"),)), NOW) is operator


@pytest.mark.parametrize(
    ("operator", "why"),
    [
        (None, "no such operator in force"),
        (an_operator(is_active=False), "no such operator in force"),
        (an_operator(valid_until=NOW), "the role of claire has lapsed"),
        (an_operator(training_until=NOW), "the training of claire has lapsed"),
        (an_operator(roles=(OperatorRole.AGENT, OperatorRole.ADMIN)), "claire does not have the role"),
        (an_operator(roles=()), "claire does not have the role"),
        (an_operator(name="marc"), "marc has already answered this gate"),
    ],
)
def test_operator_without_standing_may_not(operator: Operator | None, why: str) -> None:
    """Each thing that is lacking is named, before any proof is looked at."""
    with pytest.raises(AnswerRefused, match=why):
        check_standing(operator, a_gate(answers=(an_answer("marc"),)), NOW)


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (Decision.APPROVE, {"reason": "", "reference": ""}),
        (Decision.APPROVE, {"reason": "", "reference": "call_back"}),
        (Decision.REFUSE, {"reason": "A lawsuit is pending.", "reference": ""}),
        (Decision.BY_HAND, {"reason": "", "reference": " TICKET-17/b "}),
        (Decision.BY_HAND, {"reason": "", "reference": "x" * 60}),
    ],
)
def test_answer_that_says_what_it_must(decision: Decision, said: dict[str, str]) -> None:
    """A refusal with its reason, what was done by hand with its reference."""
    check_answer(a_gate(), decision, **said)


@pytest.mark.parametrize(
    ("entry", "decision", "said", "why"),
    [
        (a_gate(outcome=Decision.APPROVE), Decision.REFUSE, {"reason": "x"}, "already decided"),
        (a_gate(), Decision.RETRY, {}, "retry is not offered here. Remedy: answer one of: approve, refuse, by_hand"),
        (a_gate(), Decision.REFUSE, {}, "a refusal needs its reason"),
        (a_gate(), Decision.REFUSE, {"reason": " \n"}, "a refusal needs its reason"),
        (a_gate(), Decision.BY_HAND, {}, "needs a reference"),
        (a_gate(), Decision.BY_HAND, {"reference": "  "}, "needs a reference"),
        (a_gate(gate=Gate.POSTING, options=(Decision.SENT,)), Decision.SENT, {}, "needs a reference"),
        (a_gate(), Decision.BY_HAND, {"reference": "x" * 61}, "the reference is not one"),
        (a_gate(), Decision.APPROVE, {"reference": "ann@x.example"}, "the reference is not one"),
        (a_gate(), Decision.APPROVE, {"reference": "Jürgen"}, "the reference is not one"),
        (a_gate(), Decision.APPROVE, {"reference": "a\nb"}, "the reference is not one"),
    ],
)
def test_answer_that_does_not(entry: GateEntry, decision: Decision, said: dict[str, str], why: str) -> None:
    """Art. 12(4), and no person's name in what goes into the evidence."""
    with pytest.raises(AnswerRefused, match=why):
        check_answer(entry, decision, **{"reason": "", "reference": "", **said})


_A, _R = Decision.APPROVE, Decision.REFUSE


@pytest.mark.parametrize(
    ("answers", "people", "outcome"),
    [
        pytest.param([], 1, None, id="nobody"),
        pytest.param([("claire", _A)], 1, _A, id="one of one"),
        pytest.param([("claire", _A)], 2, None, id="one of two"),
        pytest.param([("claire", _A), ("marc", _A)], 2, _A, id="two of two"),
        pytest.param([("claire", _A), ("claire", _A)], 2, None, id="the same person twice"),
        pytest.param([("claire", _A), ("marc", _R)], 2, _R, id="one refusal refuses"),
        pytest.param([("claire", _R)], 3, _R, id="a refusal at once"),
        pytest.param([("claire", Decision.RETRY)], 2, Decision.RETRY, id="a retry at once"),
        pytest.param([("claire", Decision.ASK_MORE)], 2, Decision.ASK_MORE, id="more proof at once"),
        pytest.param([("claire", _A), ("marc", Decision.BY_HAND)], 2, None, id="two who disagree"),
        pytest.param([("claire", _A), ("marc", Decision.BY_HAND), ("eve", _A)], 2, _A, id="a third who settles it"),
    ],
)
def test_outcome(answers: list[tuple[str, Decision]], people: int, outcome: Decision | None) -> None:
    """Different people who agree decide; one refusal refuses."""
    given_answers = [an_answer(name, decision) for name, decision in answers]

    assert outcome_of(given_answers, people) is outcome


@given(
    names=st.lists(st.sampled_from(["claire", "marc", "zoe", "eve"]), max_size=6),
    decisions=st.lists(st.sampled_from([_A, Decision.BY_HAND, Decision.ALL]), min_size=6, max_size=6),
    people=st.integers(1, 4),
)
def test_nothing_is_approved_by_fewer_people_than_asked_for(
    names: list[str], decisions: list[Decision], people: int
) -> None:
    """Whoever answers in whatever order, an outcome has as many different people behind it as the rule says."""
    answers = [an_answer(name, decision) for name, decision in zip(names, decisions, strict=False)]

    outcome = outcome_of(answers, people)

    agreeing = {answer.operator for answer in answers if answer.decision is outcome}
    assert outcome is None or len(agreeing) >= people


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        pytest.param((), 2, id="nobody answered"),
        pytest.param((an_answer("claire"),), 1, id="one of two"),
        pytest.param((an_answer("claire"), an_answer("marc")), 0, id="both"),
        pytest.param((an_answer("claire"), an_answer("marc", Decision.BY_HAND)), 1, id="they disagree"),
        pytest.param((replace(an_answer("claire", Decision.REFUSE), reference="excessive"),), 1, id="excessive"),
    ],
)
def test_how_many_more_people(answers: tuple[GateAnswer, ...], missing: int) -> None:
    """Whoever looks at a gate sees how many have still to answer."""
    assert people_missing(a_gate(answers=answers)) == missing


@pytest.mark.parametrize(("matter", "part"), [(Right.ERASURE, "gates.erasure"), (Duty.AUDIT, "duties.audit")])
def test_missing_rule_is_told_with_its_place_in_the_policy(matter: Right | Duty, part: str) -> None:
    """Who mends it finds the section: rights and duties have one each."""
    policy = Policy(gates={}, identity_methods={}, duties={})

    with pytest.raises(ContractInvalid) as missing:
        rule_for(policy, matter, Gate.APPROVAL)

    assert missing.value.where == f"policy.yaml: {part.partition('.')[0]}"
    assert f"add {part}.approval" in missing.value.remedy


@pytest.mark.parametrize(("asked", "people"), [(1, 2), (2, 2), (3, 3)])
def test_nothing_is_given_back_by_one_person(asked: int, people: int) -> None:
    """Four eyes, whatever the policy says; a policy that asks for more is kept, and so are its roles."""
    rule = GateRule(roles=[OperatorRole.DPO], people=asked)
    policy = Policy(gates={Right.ERASURE: {Gate.RESTORATION: rule, Gate.APPROVAL: rule}}, identity_methods={})

    given_back = rule_for(policy, Right.ERASURE, Gate.RESTORATION)

    assert (given_back.people, given_back.roles) == (people, rule.roles)
    assert rule_for(policy, Right.ERASURE, Gate.APPROVAL).people == asked


def test_refused_standing_says_who_could_answer_and_at_which_gate() -> None:
    """The roles of the gate, and the gate."""
    with pytest.raises(AnswerRefused) as refused:
        check_standing(None, a_gate(), NOW)

    assert refused.value.where == "approval"
    assert refused.value.remedy.endswith("one of the roles: legal, dpo")


@pytest.mark.parametrize(("reference", "is_taken"), [("mention", True), ("because", False), ("", False)])
def test_what_stays_has_one_of_the_grounds_there_are(reference: str, *, is_taken: bool) -> None:
    """Law 7: nothing stays by a word of one's own."""
    gate = a_gate(options=(Decision.STAYS,))
    if is_taken:
        check_answer(gate, Decision.STAYS, reason="", reference=reference)
    else:
        with pytest.raises(AnswerRefused, match="what stays needs its ground") as refused:
            check_answer(gate, Decision.STAYS, reason="", reference=reference)
        assert refused.value.where == "approval"
