"""Law 5: what people are asked at a gate, and what a proven person's answer becomes; without any system."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from data_contracts.errors import AnswerRefused, CaseUnknown
from data_contracts.evidence.records import canonical, digest
from data_contracts.gates.gates import GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import Decision, Gate, OperatorRole, Right, Sensitivity
from tasks.case.parts import reason_name
from tasks.gates.gates import (
    Answer,
    Question,
    answer_as_proven,
    answer_by_rule,
    answer_gate,
    check_answer_to,
    deciding_people,
    open_gate,
    prove_for,
    take_in,
    under_policy,
)
from tests.flows.company import House
from tests.flows.operator.test_letters import records

_OPTIONS = (Decision.APPROVE, Decision.REFUSE)


def a_question(**facts: Any) -> Question:
    """Whether a plan may be carried out."""
    return replace(Question(Gate.APPROVAL, "**2 rows**", {"rows": 2}, _OPTIONS), **facts)


@pytest.fixture
def entry(house: House) -> GateEntry:
    """The open approval of an erasure, which two people must give."""
    return open_gate(house.open(Right.ERASURE), a_question(sensitivity=Sensitivity.RESTRICTED, subject="crm:1"))


def _claire(house: House) -> Operator:
    known = house.installation.register.operator("claire")
    assert known is not None
    return known


def _signed(house: House, entry: GateEntry) -> dict[str, Any]:
    """The facts of the newest signed decision."""
    found = [one for one in records(house, entry.case_id) if one["step"] == f"gate.{entry.gate.value}"][-1]
    return {"actor": found["actor"], **found["facts"]}


def test_gate_is_what_policy_and_question_say(house: House, entry: GateEntry) -> None:
    """Roles and people are the policy's, more of them where the data are sensitive; the digest is the facts'."""
    rule = house.installation.services.policy.gates[Right.ERASURE][Gate.APPROVAL]

    assert (entry.gate, entry.subject, entry.description, entry.options) == (
        Gate.APPROVAL,
        "crm:1",
        "**2 rows**",
        _OPTIONS,
    )
    assert entry.digest == digest(canonical({"rows": 2}))
    assert (entry.roles, entry.people) == (tuple(rule.roles), 2)
    assert (entry.opened_at, entry.outcome, entry.reference, entry.note) == (house.clock(), None, "", "")


def test_same_facts_are_the_same_question_and_others_another(house: House) -> None:
    """A flow that starts again finds its gate; a plan that changed is asked about anew."""
    case_id = house.open(Right.ERASURE)
    first = open_gate(case_id, a_question())
    house.clock.advance(timedelta(hours=1))

    assert open_gate(case_id, a_question(description="other words")) == first
    assert open_gate(case_id, a_question(facts={"rows": 3})).digest != first.digest


def test_answer_is_recorded_and_signed_as_it_was_given(house: House, entry: GateEntry) -> None:
    """Who, in which roles, proven how, decided what about which question, why and when."""
    house.clock.advance(timedelta(minutes=3))
    answered = answer_gate(
        entry, Answer("claire", Decision.REFUSE, house.code("claire"), reason=" A lawsuit. ", reference="")
    )

    (given,) = answered.answers
    assert (given.operator, given.decision, given.at, given.proof) == ("claire", Decision.REFUSE, house.clock(), "totp")
    assert (given.reason_digest, given.reference) == (digest(b"A lawsuit."), "")
    assert (answered.outcome, deciding_people(answered)) == (Decision.REFUSE, ["claire"])
    signed = _signed(house, entry)
    assert (signed["actor"], signed["operator_roles"], signed["outcome"]) == ("claire", ["dpo"], "refuse")
    assert (signed["question"], signed["shown"], signed["reason"]) == (
        entry.digest,
        "**2 rows**",
        digest(b"A lawsuit."),
    )


def test_reason_is_sealed_under_the_answers_number(house: House, entry: GateEntry) -> None:
    """The text is in the vault, where it can be destroyed; the register has its digest alone."""
    house.agree(entry)
    second = house.gate(entry.case_id, Gate.APPROVAL, "crm:1")

    house.answer(second, Decision.REFUSE, who="marc", reason="A lawsuit is pending.")

    name = reason_name(Gate.APPROVAL, "crm:1", 1)
    assert name == "reason.approval.crm.1.1"
    with house.installation.services.vault.read(entry.case_id, name) as sealed:
        assert sealed.read() == b"A lawsuit is pending."
    assert reason_name(Gate.APPROVAL, "", 0) == "reason.approval.case.0"


def test_answer_without_a_reason_seals_nothing(house: House, entry: GateEntry) -> None:
    """And says so: no digest of nothing."""
    (given,) = house.answer(entry, Decision.APPROVE, reason="  ").answers

    assert given.reason_digest == ""


def test_one_of_two_decides_nothing(house: House, entry: GateEntry) -> None:
    """The second person's answer does, and both are named."""
    first = house.answer(entry, Decision.APPROVE)
    assert (first.outcome, _signed(house, entry)["outcome"]) == (None, "")

    second = house.answer(first, Decision.APPROVE, who="marc")

    assert (second.outcome, deciding_people(second)) == (Decision.APPROVE, ["claire", "marc"])
    assert _signed(house, entry)["outcome"] == "approve"


def test_refused_answer_is_told_at_the_gate_with_its_time(house: House, entry: GateEntry) -> None:
    """The gate stays open; who opens it next reads why."""
    with pytest.raises(AnswerRefused, match="a refusal needs its reason") as refused:
        answer_gate(entry, Answer("claire", Decision.REFUSE, house.code("claire")))

    now = house.gate(entry.case_id, Gate.APPROVAL, "crm:1")
    assert (now.outcome, now.answers) == (None, ())
    assert now.note == f"{house.clock():%Y-%m-%d %H:%M:%S} UTC: {refused.value}"


def test_proof_of_a_local_account_is_told_as_such(entry: GateEntry) -> None:
    """Evidence tells a code from an account of the machine."""
    answered = answer_gate(entry, Answer("claire", Decision.APPROVE), local_account="cl")

    assert answered.answers[0].proof == "local-account:cl"


def test_answer_as_proven_is_taken_of_who_may_and_of_nobody_else(entry: GateEntry) -> None:
    """The proof was made just before; standing and answer are looked at here."""
    with pytest.raises(AnswerRefused, match="zoe does not have the role"):
        answer_as_proven(entry, Answer("zoe", Decision.APPROVE), proof="totp")
    with pytest.raises(AnswerRefused, match="no such operator"):
        answer_as_proven(entry, Answer("nobody", Decision.APPROVE), proof="totp")
    with pytest.raises(AnswerRefused, match="is not offered here"):
        answer_as_proven(entry, Answer("claire", Decision.BY_HAND, reference="T-1"), proof="totp")

    answered = answer_as_proven(entry, Answer("claire", Decision.APPROVE), proof="desk")

    assert [(one.operator, one.proof) for one in answered.answers] == [("claire", "desk")]


def test_software_answers_alone_and_says_so(house: House, entry: GateEntry) -> None:
    """By a rule of the law; evidence names the software, its ground, and why."""
    answer_by_rule(entry, Decision.REFUSE, reference="manifestly_unfounded", also={"rule": "12(5)"})

    decided = house.gate(entry.case_id, Gate.APPROVAL, "crm:1")
    signed = _signed(house, entry)
    assert (decided.outcome, decided.reference) == (Decision.REFUSE, "manifestly_unfounded")
    assert (signed["actor"], signed["proof"], signed["reason"], signed["rule"]) == (
        "rightsflow",
        "register",
        "",
        "12(5)",
    )
    assert signed["at"].startswith(f"{house.clock():%Y-%m-%dT%H:%M:%S}")


def test_gate_in_the_register_never_asks_for_less_than_the_policy(house: House, entry: GateEntry) -> None:
    """Law 5: who writes into the row adds no role, and takes no person away; more than the policy asks for stays."""
    rule = house.installation.services.policy.gates[Right.ERASURE][Gate.APPROVAL]
    loosened = replace(entry, roles=(OperatorRole.ADMIN, OperatorRole.DPO), people=0)

    strict = under_policy(loosened)

    assert (strict.roles, strict.people) == ((OperatorRole.DPO,), rule.people)
    assert under_policy(replace(entry, people=7)).people == 7


def test_loosened_gate_takes_no_answer_of_another_role(house: House, entry: GateEntry) -> None:
    """Whichever way it comes in."""
    loosened = replace(entry, roles=(OperatorRole.AGENT,))

    with pytest.raises(AnswerRefused, match="does not have the role"):
        answer_gate(loosened, Answer("zoe", Decision.APPROVE, house.code("zoe")))
    with pytest.raises(AnswerRefused, match="does not have the role"):
        answer_as_proven(loosened, Answer("zoe", Decision.APPROVE), proof="totp")


def test_more_facts_of_a_decision_are_signed_with_it(house: House, entry: GateEntry) -> None:
    """Such as the other questions that one code decided."""
    take_in(entry, Answer("claire", Decision.APPROVE, reference=" T-1 "), _claire(house), "totp", also={"together": 3})

    signed = _signed(house, entry)
    assert (signed["together"], signed["reference"]) == (3, "T-1")


@pytest.mark.parametrize(
    ("name", "said"),
    [("reason", {"reason": "a\0b"}), ("reference", {"reference": "T\n1"}), ("reason", {"reason": "\ud800"})],
)
def test_signs_that_no_keyboard_has_are_refused(entry: GateEntry, name: str, said: dict[str, str]) -> None:
    """They would break letters, evidence and terminals; the field is named, its text is not."""
    with pytest.raises(AnswerRefused, match=f"the {name} holds a control sign") as refused:
        check_answer_to(entry, Answer("claire", Decision.APPROVE, **said))

    assert refused.value.where == name


@pytest.mark.parametrize(
    ("gate", "decision", "said", "why"),
    [
        (Gate.IDENTITY, Decision.APPROVE, {"reference": "horoscope"}, "not enough for this right"),
        (Gate.IDENTITY, Decision.APPROVE, {"reference": ""}, "not enough for this right"),
        (Gate.IDENTITY, Decision.APPROVE, {"reference": "eid received 2026-03-01"}, "no proof was asked for"),
        (Gate.APPROVAL, Decision.REFUSE, {"reason": "No.", "reference": "whim"}, "ground"),
        (Gate.EXTENSION, Decision.APPROVE, {"reference": "holidays", "reason": "Away."}, "Art. 12|reason|complex"),
    ],
)
def test_answer_says_what_the_law_asks_for(
    house: House, gate: Gate, decision: Decision, said: dict[str, str], why: str
) -> None:
    """Art. 12(6), 12(4), 12(3): how identity was shown, on what ground, why it takes longer."""
    entry = open_gate(house.open(Right.ERASURE), a_question(gate=gate))

    with pytest.raises(AnswerRefused, match=why):
        check_answer_to(entry, Answer("claire", decision, **said))


@pytest.mark.parametrize("way", ["eid", "in_person"])
def test_way_that_the_policy_names_is_enough(house: House, way: str) -> None:
    """For a refusal no way is asked: nothing was shown."""
    entry = open_gate(house.open(Right.ERASURE), a_question(gate=Gate.IDENTITY))

    check_answer_to(entry, Answer("claire", Decision.APPROVE, reference=way))
    check_answer_to(entry, Answer("claire", Decision.REFUSE, reason="Nobody answers."))


def test_who_may_answer_a_gate_may_do_what_goes_with_it(house: House) -> None:
    """Proven by a code, remembered with the case and what was done; another role may not, of no case nobody."""
    case_id = house.open(Right.ERASURE)

    assert prove_for(case_id, Gate.APPROVAL, "claire", house.code("claire"), what="extend") == "claire"

    use = house.installation.register.uses()[0]
    assert (use.operator, use.what, use.where, use.proof, use.is_accepted) == (
        "claire",
        "extend",
        case_id,
        "totp",
        True,
    )
    with pytest.raises(AnswerRefused, match="zoe does not have the role"):
        prove_for(case_id, Gate.APPROVAL, "zoe", house.code("zoe"), what="extend")
    with pytest.raises(AnswerRefused, match="is wrong"):
        prove_for(case_id, Gate.APPROVAL, "claire", "000000", what="extend")
    with pytest.raises(CaseUnknown):
        prove_for("C-0000-0000", Gate.APPROVAL, "claire", house.code("claire"), what="extend")
