"""Law 5: what the register says was decided counts only as far as signed answers carry it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from data_contracts.evidence.records import Record
from data_contracts.gates.decided import (
    SOFTWARE_PROOF,
    SignedAnswer,
    decision_faults,
    decision_record,
    is_decided_by_nobody,
    signed_answer,
)
from data_contracts.gates.gates import DecisionFault, GateAnswer, GateEntry
from data_contracts.vocabulary import Decision, Gate, OperatorRole

NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
_UNSIGNED, _TAKEN_AWAY = "was not signed", "an answer that was signed is not in the register"
_OUTCOME, _RULE, _FEW = "its outcome in the register", "asks for other people", "fewer people have answered"


def a_gate(*answers: GateAnswer, outcome: Decision | None = None, **facts: Any) -> GateEntry:
    """An approval by two people."""
    options, roles = (Decision.APPROVE, Decision.REFUSE), (OperatorRole.DPO,)
    entry = GateEntry("C-1", Gate.APPROVAL, "", "d1", "2 rows", options, roles, 2, NOW, outcome, "", answers=answers)
    return replace(entry, **facts)


def an_answer(operator: str = "ada", decision: Decision = Decision.APPROVE, **facts: Any) -> GateAnswer:
    """A proven answer."""
    return replace(GateAnswer(operator, decision, NOW, "totp", "", roles=(OperatorRole.DPO,)), **facts)


def signed(entry: GateEntry, *, seq: int = 0, without: tuple[str, ...] = ()) -> list[SignedAnswer]:
    """What was signed when the answers of a gate were given; of an earlier version, without some facts."""
    made = []
    for number, answer in enumerate(entry.answers):
        is_last = number == len(entry.answers) - 1
        record = decision_record(entry, answer, outcome=entry.outcome if is_last else None, also={})
        facts = {name: value for name, value in record.facts.items() if name not in without}
        told = {"case": "C-1", "seq": seq + number, "step": record.step, "actor": record.actor, "facts": facts}
        one = signed_answer("C-1", told)
        assert one is not None
        made.append(one)
    return made


def faults(entry: GateEntry, records: list[SignedAnswer]) -> list[str]:
    """What is wrong with one gate."""
    return [fault.what for fault in decision_faults("C-1", [entry], records)]


APPROVED = a_gate(an_answer("ada"), an_answer("bob"), outcome=Decision.APPROVE)
REFUSED = a_gate(
    an_answer("ada", Decision.REFUSE, reference="excessive"), outcome=Decision.REFUSE, reference="excessive"
)
HALF = a_gate(an_answer("ada"))


@pytest.mark.parametrize("entry", [a_gate(), HALF, APPROVED, REFUSED])
def test_what_was_signed_counts(entry: GateEntry) -> None:
    """Open, half answered, approved, refused."""
    assert faults(entry, signed(entry)) == []


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"outcome": None}, _OUTCOME),
        ({"outcome": Decision.REFUSE}, _OUTCOME),
        ({"reference": "other"}, _OUTCOME),
        ({"answers": APPROVED.answers[:1]}, _OUTCOME),
        ({"answers": ()}, _OUTCOME),
        ({"answers": (*APPROVED.answers, an_answer("eve"))}, _UNSIGNED),
        ({"answers": (an_answer("ada"), an_answer("eve"))}, _UNSIGNED),
        ({"answers": (an_answer("ada"), an_answer("bob", proof="told"))}, _UNSIGNED),
        ({"answers": (an_answer("ada"), an_answer("bob", reference="r"))}, _UNSIGNED),
        ({"answers": (an_answer("ada"), an_answer("bob", reason_digest="r"))}, _UNSIGNED),
        ({"answers": (an_answer("ada"), an_answer("bob", at=NOW + timedelta(seconds=1)))}, _UNSIGNED),
        ({"digest": "d2"}, _UNSIGNED),
        ({"subject": "crm"}, _UNSIGNED),
        ({"gate": Gate.OUTAGE}, _UNSIGNED),
        ({"opened_at": NOW + timedelta(days=1)}, _UNSIGNED),
        ({"people": 1}, _RULE),
        ({"roles": (OperatorRole.AGENT,)}, _RULE),
    ],
)
def test_row_that_was_changed_is_found(change: Mapping[str, Any], what: str) -> None:
    """Each column that somebody acts on."""
    told = faults(replace(APPROVED, **change), signed(APPROVED))

    assert any(what in one for one in told)


def test_answer_that_was_taken_away_is_missed() -> None:
    """An open gate whose first answer was deleted; and one that is gone altogether."""
    missed = [DecisionFault("C-1", "approval", _TAKEN_AWAY)]

    assert faults(a_gate(), signed(HALF)) == [_TAKEN_AWAY]
    assert list(decision_faults("C-1", [], signed(HALF))) == missed


def test_fewer_people_than_are_needed_decide_nothing() -> None:
    """Even signed: who needs two is not decided by one, but for an answer that changes nothing."""
    alone = a_gate(an_answer("ada"), outcome=Decision.APPROVE)

    (told,) = faults(alone, signed(alone))

    assert _FEW in told
    assert faults(REFUSED, signed(REFUSED)) == []


def test_software_answers_alone() -> None:
    """A turn that is over needs nobody; its proof is the state of the register."""
    entry = a_gate(an_answer("rightsflow", Decision.GO_ON, proof=SOFTWARE_PROOF), outcome=Decision.GO_ON)

    assert faults(entry, signed(entry)) == []


def test_same_question_twice_is_answered_twice() -> None:
    """A plan that changed and changed back is asked about anew; each answer is one record."""
    again = replace(HALF, opened_at=NOW + timedelta(days=1), answers=(an_answer("ada", at=NOW + timedelta(days=1)),))
    records = [*signed(HALF), *signed(again, seq=1)]

    assert list(decision_faults("C-1", [HALF, again], records)) == []
    assert [one.what for one in decision_faults("C-1", [HALF, again], records[:1])] != []


def test_record_that_is_there_twice_is_one() -> None:
    """The same record, copied to another place of the chain, carries one answer."""
    records = signed(HALF)
    twice = a_gate(an_answer("ada"), an_answer("ada"))

    assert faults(HALF, records * 2) == []
    assert any(_UNSIGNED in one for one in faults(twice, records * 2))


def test_records_of_earlier_versions_carry_what_they_say() -> None:
    """Opening, time and roles were not signed before; what software answered had neither outcome nor proof."""
    told = signed(APPROVED, without=("opened", "at", "roles", "operator_roles"))
    software = a_gate(an_answer("rightsflow", Decision.REFUSE, proof=SOFTWARE_PROOF), outcome=Decision.REFUSE)
    older = signed(software, without=("opened", "at", "operator", "subject", "proof", "reason", "reference", "outcome"))

    assert faults(APPROVED, told) == []
    assert any(_UNSIGNED in one for one in faults(replace(APPROVED, digest="d2"), told))
    assert faults(software, older) == []


def test_time_is_told_in_one_zone() -> None:
    """The register gives it back in UTC, whatever it was given in."""
    at = NOW.astimezone(timezone(timedelta(hours=2)))
    entry = a_gate(an_answer("ada", at=at), opened_at=at)

    assert faults(HALF, signed(entry)) == []


@pytest.mark.parametrize(
    "changed", [{"case": "C-2"}, {"step": "gate.outage"}, {"step": "located"}, {"step": "gate.approval", "facts": {}}]
)
def test_other_records_are_no_decisions(changed: Mapping[str, Any]) -> None:
    """Of another case, or about something else."""
    record = decision_record(HALF, an_answer(), outcome=None, also={"why": "seen"})
    told = {"case": "C-1", "seq": 0, "step": record.step, "actor": record.actor, "facts": record.facts}

    assert signed_answer("C-1", told) is not None
    assert signed_answer("C-1", {**told, **changed}) is None
    assert record.facts["why"] == "seen"


@pytest.mark.parametrize(
    ("facts", "is_nobody"),
    [
        ({"approved": True, "decided_by": []}, True),
        ({"approved": True, "by": []}, True),
        ({"approved": True, "decided_by": ["ada"]}, False),
        ({"approved": True}, False),
        ({"approved": False, "decided_by": []}, False),
    ],
)
def test_nothing_is_approved_by_nobody(facts: Mapping[str, Any], is_nobody: bool) -> None:  # noqa: FBT001  # the table's column
    """A record that says so is never signed."""
    assert is_decided_by_nobody(Record("approve", "", facts)) is is_nobody
