"""The form of a gate: what it offers, what it says above its fields, and what of a filled one is taken (law 5)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import AnswerRefused
from data_contracts.gates.gates import GateAnswer, GateEntry
from data_contracts.grounds import ExtensionReason
from data_contracts.vocabulary import Decision, Gate, Right
from flows.operator.gate_facts import answer_facts, gate_facts, gate_name
from flows.runs.gate_forms import description_of, form_of, question_mark, question_name, typed_answer
from flows.runs.gates import WaitingForPerson, answered, ask, is_let_go_on, is_moot, opened
from integrations.demo import DemoCompany
from integrations.demo.company import DemoSubject
from tasks.gates.gates import Question, open_gate
from tasks.services import services, use
from tests.flows.company import House, a_house

_OPTIONS = (Decision.APPROVE, Decision.REFUSE)
_NOBODY = DemoSubject("ann@x.example", "TX00000001", "", "", "Ann", "en")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An installation whose systems nobody asks for."""
    for made, _ in a_house(tmp_path, DemoCompany(urls={}, subject=_NOBODY, relative=_NOBODY, rows={})):
        yield made


def a_gate(house: House, gate: Gate = Gate.APPROVAL, **facts: Any) -> GateEntry:
    """An open gate of an erasure."""
    question = Question(gate, "**2 rows**", {"rows": 2}, _OPTIONS)
    return open_gate(house.open(Right.ERASURE), replace(question, **facts))


def _filled(entry: GateEntry, **said: Any) -> dict[str, Any]:
    """The form of a gate as the dialog sends it."""
    return {"decision": "approve", "code": "123456", "question": question_mark(entry), **said}


def _choices(entry: GateEntry, field: str) -> list[str]:
    """What a field of the form lets people choose."""
    return list(form_of(entry).model_json_schema()["properties"][field].get("enum", []))


def test_question_has_one_mark(house: House) -> None:
    """By subject and facts; another subject, or another plan, has another."""
    entry = a_gate(house)

    assert question_name(entry) == f"approval-{question_mark(entry)}"
    marks = {question_mark(one) for one in (entry, replace(entry, subject="crm"), replace(entry, digest="0" * 64))}
    assert len(marks) == 3
    assert {len(mark) for mark in marks} == {12}


def test_form_offers_what_the_gate_offers(house: House) -> None:
    """Its decisions; a single one is filled in, of several none is, so that nobody decides by not looking."""
    entry = a_gate(house)
    single = replace(entry, options=(Decision.APPROVE,))

    assert _choices(entry, "decision") == ["approve", "refuse"]
    assert form_of(entry).model_fields["decision"].is_required()
    assert form_of(single).model_fields["decision"].default == "approve"
    assert form_of(entry).model_fields["question"].default == question_mark(entry)
    assert set(form_of(entry).model_fields) == {"decision", "operator", "code", "reference", "reason", "question"}


@pytest.mark.parametrize(
    ("gate", "options", "some", "is_free"),
    [
        (Gate.APPROVAL, _OPTIONS, "manifestly_unfounded", False),
        (Gate.EXTENSION, (Decision.APPROVE,), ExtensionReason.COMPLEXITY.value, False),
        (Gate.IDENTITY, (Decision.APPROVE,), "eid", False),
        (Gate.POSTING, (Decision.SENT,), "", True),
        (Gate.OUTAGE, (Decision.BY_HAND,), "", True),
    ],
)
def test_reference_is_chosen_where_the_law_or_the_policy_has_a_list(
    house: House, gate: Gate, options: tuple[Decision, ...], some: str, *, is_free: bool
) -> None:
    """Nothing is chosen beforehand; elsewhere it is written, in sixty signs at most."""
    entry = a_gate(house, gate, options=options)
    field = form_of(entry).model_fields["reference"]

    assert field.default == ""
    assert _choices(entry, "reference")[:1] == ([] if is_free else [""])
    assert is_free or some in _choices(entry, "reference")
    assert (form_of(entry).model_json_schema()["properties"]["reference"].get("maxLength") == 60) is is_free


def test_titles_tell_who_reads_what_is_written(house: House) -> None:
    """A reason goes to the data subject; a posting has another reference than work by hand."""
    titles = {
        gate: form_of(a_gate(house, gate, options=options)).model_fields
        for gate, options in (
            (Gate.POSTING, (Decision.SENT,)),
            (Gate.OUTAGE, (Decision.BY_HAND,)),
            (Gate.EXTENSION, _OPTIONS),
        )
    }

    assert titles[Gate.POSTING]["reference"].title != titles[Gate.OUTAGE]["reference"].title
    assert "data subject reads it" in str(titles[Gate.OUTAGE]["reason"].title)
    assert titles[Gate.EXTENSION]["reason"].title != titles[Gate.OUTAGE]["reason"].title


@pytest.mark.parametrize(
    ("gate", "field", "good", "bad"),
    [
        (Gate.SUBJECTS, "accounts", ["", "A1", "A1 K2", "A10 K999 "], ["B1", "A0", "A1000", "A1,K2"]),
        (Gate.IDENTITY, "came", ["", "2026-03-01"], ["1.3.2026", "2026-3-1"]),
        (Gate.APPROVAL, "code", ["000000"], ["", "12345", "1234567", "abcdef"]),
        (Gate.APPROVAL, "operator", ["", "claire", "c.l-a_1@x"], ["claire;", "x" * 61]),
        (Gate.APPROVAL, "reason", ["", "x" * 4000], ["x" * 4001]),
    ],
)
def test_fields_take_what_they_are_for(house: House, gate: Gate, field: str, good: list[str], bad: list[str]) -> None:
    """What does not fit is refused before anything is looked at; the field is named by its title."""
    entry = a_gate(house, gate)
    form = form_of(entry)

    for value in good:
        assert getattr(form(**_filled(entry, **{field: value})), field) == value
    for value in bad:
        with pytest.raises(AnswerRefused, match="the form is not filled in rightly") as refused:
            typed_answer(entry, _filled(entry, **{field: value}), "claire")
        assert str(form.model_fields[field].title) in str(refused.value)
        assert value not in str(refused.value) or not value


def test_filled_form_is_the_answer_of_who_is_signed_in(house: House) -> None:
    """Whatever the form says, the name is that of the session; an empty or the same name is taken."""
    entry = a_gate(house)

    for name in ("", "claire"):
        answer = typed_answer(
            entry, _filled(entry, decision="refuse", reason="R", reference="", operator=name), "claire"
        )
        assert (answer.operator, answer.decision, answer.code) == ("claire", Decision.REFUSE, "123456")
        assert (answer.reason, answer.reference) == ("R", "")
    with pytest.raises(AnswerRefused, match="signed in as claire") as refused:
        typed_answer(entry, _filled(entry, operator="marc"), "claire")
    assert refused.value.where == "operator"


def test_form_of_another_question_is_refused(house: House) -> None:
    """Who read an older plan has not read this one; a form without its mark is nobody's."""
    entry = a_gate(house)

    for said in (_filled(replace(entry, digest="0" * 64)), {"decision": "approve", "code": "123456"}):
        with pytest.raises(AnswerRefused, match="not the question that is asked now") as refused:
            typed_answer(entry, said, "claire")
        assert refused.value.where == "approval"


def test_field_that_was_not_asked_for_is_refused(house: House) -> None:
    """And said so; nothing that was typed is repeated."""
    entry = a_gate(house)

    with pytest.raises(AnswerRefused, match="fields that were not asked for") as refused:
        typed_answer(entry, _filled(entry, colour="secret-text"), "claire")

    assert "secret-text" not in str(refused.value)
    assert refused.value.where == "approval"


def test_accounts_and_the_day_of_a_proof_become_the_reference(house: House) -> None:
    """What the register keeps is one line."""
    subjects = a_gate(house, Gate.SUBJECTS, options=(Decision.CHOSEN, Decision.REFUSE))
    identity = a_gate(house, Gate.IDENTITY)

    chosen = typed_answer(subjects, _filled(subjects, decision="chosen", accounts="A1 K2"), "claire")
    refused = typed_answer(subjects, _filled(subjects, decision="refuse", accounts="A1 K2"), "claire")
    came = typed_answer(identity, _filled(identity, reference="eid", came="2026-03-01"), "claire")
    without = typed_answer(identity, _filled(identity, reference="eid"), "claire")

    assert (chosen.reference, refused.reference) == ("A1 K2", "")
    assert came.reference.startswith("eid")
    assert "2026-03-01" in came.reference
    assert without.reference == "eid"


def test_description_tells_how_far_the_question_is_answered(house: House) -> None:
    """What is asked, who answered what, how many are missing and of which roles, and why the last one was refused."""
    entry = replace(a_gate(house), people=2, note="wrong code")
    given = GateAnswer("claire", Decision.APPROVE, house.clock(), "totp", "", reference="T-1")

    waiting, half = description_of(entry), description_of(replace(entry, answers=(given,)))
    done = description_of(replace(entry, answers=(given, replace(given, operator="marc"))))

    roles = ", ".join(entry.roles)
    assert waiting.startswith("> **The last answer was not accepted.** wrong code\n\n**2 rows**")
    assert f"*2 of 2 to answer; roles: {roles}.*" in waiting
    assert "- claire answered **approve** T-1" in half
    assert f"*1 of 2 to answer; roles: {roles}.*" in half
    assert "to answer" not in done
    assert not description_of(replace(entry, note="")).startswith(">")


def test_description_leads_to_the_desk_where_there_is_one(house: House) -> None:
    """What must not be shown in Prefect is looked at there."""
    entry = a_gate(house)

    with use(replace(services(), desk_url="https://desk.example")):
        assert f"(https://desk.example/cases/{entry.case_id})" in description_of(entry)
    with use(replace(services(), desk_url="")):
        assert "Open the case" not in description_of(entry)


# --- facts and commands of `rightsflow case` -------------------------------------------------------------------------


def test_gate_is_told_with_its_commands(house: House) -> None:
    """Each answer with what gives it; once decided, none."""
    entry = replace(a_gate(house, subject="crm"), people=2, note="n")
    given = GateAnswer("claire", Decision.APPROVE, house.clock(), "totp", "")

    facts = gate_facts(replace(entry, answers=(given,)))
    decided = gate_facts(replace(entry, outcome=Decision.APPROVE, reference="T-1"))

    assert facts == {
        "gate": "approval:crm",
        "digest": entry.digest,
        "options": ["approve", "refuse"],
        "roles": ", ".join(entry.roles),
        "people": 2,
        "answered_by": "claire: approve",
        "outcome": "",
        "reference": "",
        "note": "n",
        "description": "**2 rows**",
        "answers": [answer_facts(entry, option) for option in _OPTIONS],
    }
    assert (decided["outcome"], decided["reference"], decided["answers"]) == ("approve", "T-1", [])


@pytest.mark.parametrize(
    ("gate", "option", "more"),
    [
        (Gate.APPROVAL, Decision.APPROVE, ""),
        (Gate.APPROVAL, Decision.REFUSE, ' --refuse --reason "…"'),
        (Gate.OUTAGE, Decision.RETRY, " --decision retry"),
        (Gate.OUTAGE, Decision.BY_HAND, " --decision by_hand --reference REFERENCE"),
        (Gate.POSTING, Decision.SENT, " --decision sent --reference REFERENCE"),
        (Gate.SUBJECTS, Decision.CHOSEN, ' --decision chosen --reference "A1 K1"'),
        (Gate.IDENTITY, Decision.REFUSE, ' --refuse --reason "…"'),
    ],
)
def test_command_of_an_answer_can_be_copied(house: House, gate: Gate, option: Decision, more: str) -> None:
    """With everything that the answer needs, and one blank between its words."""
    entry = a_gate(house, gate, options=_OPTIONS)

    assert answer_facts(entry, option) == {
        "answer": option.value,
        "command": f"rightsflow approve {entry.case_id} {gate.value}{more} --as OPERATOR --code CODE",
    }


def test_identity_is_verified_by_its_own_command(house: House) -> None:
    """A way of checking belongs to it; the gate is named without its subject."""
    entry = replace(a_gate(house, Gate.IDENTITY), subject="link")

    assert gate_name(entry) == "identity"
    assert answer_facts(entry, Decision.APPROVE)["command"] == (
        f"rightsflow verify {entry.case_id} --method METHOD --as OPERATOR --code CODE"
    )


# --- waiting outside a flow run -------------------------------------------------------------------------------------


def test_open_gate_ends_a_run_without_a_server_and_an_answered_one_does_not(house: House) -> None:
    """The case goes on when it was answered; whoever carries it on is told at which gate it waits."""
    case_id = house.open(Right.ERASURE)
    question = Question(Gate.APPROVAL, "**2 rows**", {"rows": 2}, _OPTIONS, subject="crm")

    with pytest.raises(WaitingForPerson, match=f"^{case_id} waits at gate approval crm$") as waiting:
        ask(case_id, question)

    entry = waiting.value.entry
    assert opened(case_id, question) == entry
    assert not is_let_go_on(entry)
    first = house.agree(entry)
    with pytest.raises(WaitingForPerson):
        answered(first)
    done = house.agree(first)
    assert answered(done) == done
    assert ask(case_id, question).outcome is Decision.APPROVE


def test_gate_is_moot_only_where_software_has_the_proof_it_asks_for(house: House) -> None:
    """No other gate ever is."""
    assert not is_moot(a_gate(house, Gate.IDENTITY))
    assert not is_moot(a_gate(house))
