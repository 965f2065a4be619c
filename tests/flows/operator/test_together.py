"""Several gates that a person has read are decided with one code, each question named in what is signed (law 5)."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.vocabulary import Decision, Gate, OperatorRole, Right
from flows import wiring
from flows.operator.deciding import decide, write_questions
from tasks.gates.gates import Answer
from tasks.gates.together import MOST, Given, answer_together
from tests.flows.company import Always, House
from tests.flows.operator.test_letters import records

_CHECKED = {"decision": "approve", "reference": "call_back"}


@pytest.fixture
def waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three cases whose identity gates wait, in the installation that commands open."""
    monkeypatch.setattr(wiring, "_current", Always(house))
    query = "SELECT email FROM customer WHERE email <> '' LIMIT 3"
    cases = [house.open(Right.ACCESS, identity={"email": [str(email)]}) for (email,) in house.ask("crm", query)]
    for case_id in cases:
        house.until(Gate.IDENTITY, case_id)
    return cases


def _filled(file: Path, said: Mapping[str, Any] | None = None, *, only: str = "") -> Path:
    """The questions with an answer to each, or to those of one case."""
    written = yaml.safe_load(file.read_text())
    for one in written["gates"]:
        if not only or one["case"] == only:
            one.update(_CHECKED if said is None else said)
    answers = file.with_name("answers.yaml")
    answers.write_text(yaml.safe_dump(written, allow_unicode=True))
    return answers


def _questions(tmp_path: Path) -> Path:
    file = tmp_path / "questions.yaml"
    write_questions(file, [Gate.IDENTITY])
    return file


def _decisions(house: House, case_id: str) -> list[dict[str, Any]]:
    return [one["facts"] for one in records(house, case_id) if one["step"] == "gate.identity"]


def test_one_code_decides_what_was_read(house: House, waiting: list[str], tmp_path: Path) -> None:
    """Each gate has its own signed decision, which names all questions; every case is whole and goes on."""
    facts = decide(_filled(_questions(tmp_path)), operator="claire", code=house.code("claire"))

    assert sorted(one["case"] for one in facts["gates"]) == sorted(waiting)
    assert {one["outcome"] for one in facts["gates"]} == {"approve"}
    digests = set()
    for case_id in waiting:
        (signed,) = _decisions(house, case_id)
        digests |= {signed["question"]}
        assert signed["question"] in signed["together"]
        assert len(signed["together"]) == 3
        assert house.installation.verify_case(case_id).is_whole
    assert all(set(_decisions(house, case_id)[0]["together"]) == digests for case_id in waiting)
    uses = [one for one in house.installation.register.uses() if one.what == "answer gates together"]
    assert [(one.operator, one.where, one.is_accepted) for one in uses] == [("claire", "3 gates", True)]


def test_blank_decisions_are_left(house: House, waiting: list[str], tmp_path: Path) -> None:
    """What was not read is not decided."""
    answers = _filled(_questions(tmp_path), only=waiting[1])

    facts = decide(answers, operator="claire", code=house.code("claire"))

    assert [one["case"] for one in facts["gates"]] == [waiting[1]]
    assert [bool(_decisions(house, case_id)) for case_id in waiting] == [False, True, False]


def test_file_names_nobody(house: House, waiting: list[str], tmp_path: Path) -> None:
    """It holds what a gate shows in Prefect: no key, no name; its owner alone reads it; it is never written over."""
    file = _questions(tmp_path)

    assert "@" not in file.read_text()
    assert sorted(one["case"] for one in yaml.safe_load(file.read_text())["gates"]) == sorted(waiting)
    with pytest.raises(RequestInvalid, match="there already"):
        write_questions(file, [])
    assert house.installation.register.gates(open_only=True)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"decision": "sent"}, "sent is not offered here"),
        ({"decision": "refuse"}, "a refusal needs its reason"),
        ({"decision": "approve", "reference": "a hunch"}, "not enough for this right"),
        ({"decision": "aprove"}, "the decision is none"),
    ],
)
def test_one_wrong_answer_decides_nothing(
    house: House, waiting: list[str], tmp_path: Path, said: dict[str, str], told: str
) -> None:
    """Two right answers and a wrong one: none is taken in, and the wrong one is named."""
    answers = _filled(_questions(tmp_path))
    written = yaml.safe_load(answers.read_text())
    written["gates"][1].update({"reason": "", "reference": ""} | said)
    answers.write_text(yaml.safe_dump(written))

    with pytest.raises(AnswerRefused, match=told) as caught:
        decide(answers, operator="claire", code=house.code("claire"))

    assert written["gates"][1]["case"] in str(caught.value)
    assert [case_id for case_id in waiting if _decisions(house, case_id)] == []


def test_question_that_changed_is_not_answered(house: House, waiting: list[str], tmp_path: Path) -> None:
    """The answer was to another question: nothing is decided, at that gate or another."""
    answers = _filled(_questions(tmp_path))
    written = yaml.safe_load(answers.read_text())
    written["gates"][2]["question"] = "0" * 64
    answers.write_text(yaml.safe_dump(written))

    with pytest.raises(AnswerRefused, match="another question by now"):
        decide(answers, operator="claire", code=house.code("claire"))

    assert [case_id for case_id in waiting if _decisions(house, case_id)] == []


def test_code_serves_once(house: House, waiting: list[str], tmp_path: Path) -> None:
    """A second file with the same code is refused; a wrong code decides nothing."""
    file = _questions(tmp_path)
    code = house.code("claire")
    decide(_filled(file, only=waiting[0]), operator="claire", code=code)

    for wrong in (code, f"{(int(code) + 1) % 1_000_000:06d}", ""):
        with pytest.raises(AnswerRefused):
            decide(_filled(file, only=waiting[1]), operator="claire", code=wrong)

    assert not _decisions(house, waiting[1])


def test_role_is_asked_at_every_gate(house: House, waiting: list[str]) -> None:
    """Somebody who may answer the first gate, and not the second, decides neither."""
    house.hire("una", OperatorRole.AGENT)
    gates = [house.installation.register.gates(case_id, open_only=True)[0] for case_id in waiting]
    stricter = replace(gates[1], roles=(OperatorRole.DPO,))
    given = [Given(one, Answer("una", Decision.APPROVE, reference="call_back")) for one in (gates[0], stricter)]

    with pytest.raises(AnswerRefused, match="does not have the role"):
        answer_together(given, operator="una", code=house.code("una"))

    assert [case_id for case_id in waiting if _decisions(house, case_id)] == []


def test_policy_counts_and_not_what_a_row_says(house: House, waiting: list[str]) -> None:
    """A gate that was made to ask for anybody is answered by nobody else than before."""
    house.hire("root", OperatorRole.ADMIN)
    gate = house.installation.register.gates(waiting[0], open_only=True)[0]
    opened_up = replace(gate, roles=tuple(OperatorRole))
    given = [Given(opened_up, Answer("root", Decision.APPROVE, reference="call_back"))]

    with pytest.raises(AnswerRefused, match="does not have the role"):
        answer_together(given, operator="root", code=house.code("root"))


def test_number_is_bounded(house: House, waiting: list[str]) -> None:
    """Nobody reads hundreds at once; no gate is answered twice, and none is no answer."""
    gate = house.installation.register.gates(waiting[0], open_only=True)[0]
    one = Given(gate, Answer("claire", Decision.APPROVE, reference="call_back"))
    many = [Given(replace(gate, subject=str(number)), one.answer) for number in range(MOST + 1)]

    for given, told in (([], "0 gates"), (many, f"{MOST + 1} gates"), ([one, one], "answered twice")):
        with pytest.raises(RequestInvalid, match=told):
            answer_together(given, operator="claire", code=house.code("claire"))


@pytest.mark.parametrize("text", ["", "gates: 3", "gates:\n- case: C-1\n", "gates: [", "- x", "gates: []\nmore: 1"])
def test_file_that_is_none_is_told_by_line(house: House, waiting: list[str], tmp_path: Path, text: str) -> None:
    """Nothing is decided, and nothing of the file is quoted."""
    file = tmp_path / "answers.yaml"
    file.write_text(text)

    with pytest.raises(RequestInvalid, match=r"line [12]"):
        decide(file, operator="claire", code=house.code("claire"))
    assert waiting
