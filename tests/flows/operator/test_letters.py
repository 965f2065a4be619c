"""Charter 5.2, 8a: the life of a case that came by letter, and the commands that print and post its answers."""

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from data_contracts.case.request import FieldChange, Statement
from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.vocabulary import Decision, Gate, RestrictionGround, Right
from flows import wiring
from flows.operator import letters
from flows.operator.endings import take_back
from tests.flows.company import House

HOME = ("12 rue des Lilas", "59000 Lille")


@pytest.fixture(autouse=True)
def here(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands use this house and wake no server, because this machine has none."""
    token = wiring._current.set(house.installation)
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    yield
    wiring._current.reset(token)


def records(house: House, case_id: str) -> list[dict[str, Any]]:
    """The case's evidence, first to last."""
    envelopes, _ = house.installation.register.evidence(case_id)
    return [json.loads(base64.b64decode(str(one["payload"])))["predicate"] for one in envelopes]


ASKED: Mapping[Right, Statement] = {
    Right.ACCESS: Statement(),
    Right.RECTIFICATION: Statement(changes=[FieldChange(field="user.contact.email", value="new@example.org")]),
    Right.ERASURE: Statement(),
    Right.RESTRICTION: Statement(restriction_ground=RestrictionGround.ACCURACY),
    Right.PORTABILITY: Statement(),
    Right.OBJECTION: Statement(direct_marketing=True),
}


@pytest.mark.parametrize("right", list(Right))
def test_case_is_told_once_its_answer_was_posted(house: House, right: Right) -> None:
    """The subject is told only when the letter was posted; until then the case waits."""
    case_id = house.open(right, postal_address=HOME, statement=ASKED[right])

    entry = house.until(Gate.POSTING, case_id)
    before = house.states(case_id)
    house.walk(case_id)

    assert entry.subject == "notice.acknowledgement"  # the oldest of the letters that wait
    assert "subject_told" not in before
    assert house.states(case_id)[-2:] == ["subject_told", "archived"]
    assert not [mail for mail in house.mails() if f"Dear {house.company.subject.name}" in mail]


def test_withdrawal_waits_for_its_posting(house: House) -> None:
    """What is confirmed by letter is confirmed once it was posted; only then is the case closed."""
    case_id = house.open(Right.ACCESS, postal_address=HOME)
    house.until(Gate.IDENTITY, case_id)
    take_back(case_id, operator="zoe", code=house.code("zoe"))

    waiting = house.run(case_id)

    assert waiting is not None
    assert house.states(case_id)[-1] == "withdrawn"
    assert house.walk(case_id) == "withdrawn"


def test_refusal_waits_for_its_posting(house: House) -> None:
    """Reasons and remedies on somebody's desk are not told (Art. 12(4))."""
    case_id = house.open(Right.ERASURE, postal_address=HOME)
    house.answer(house.until(Gate.APPROVAL, case_id), Decision.REFUSE, reason="A lawsuit is pending.")

    waiting = house.run(case_id)

    assert waiting is not None
    assert house.states(case_id)[-1] == "refused"
    assert house.walk(case_id) == "refused"
    assert house.states(case_id)[-2:] == ["subject_told", "archived"]


def test_letters_are_unsealed_for_printing(house: House, tmp_path: Path) -> None:
    """Who unseals which letters is in the evidence; the files are the operator's alone."""
    case_id = house.open(Right.ACCESS, postal_address=HOME)
    house.until(Gate.POSTING, case_id)

    unsealed = letters.unseal(case_id, "", tmp_path / "print", operator="claire", code=house.code("claire"))

    files = [Path(file) for file in unsealed["files"]]
    assert [file.name for file in files] == [f"{case_id}.acknowledgement.pdf", f"{case_id}.answer.pdf"]
    assert all(file.read_bytes().startswith(b"%PDF-") and file.stat().st_mode & 0o77 == 0 for file in files)
    (facts,) = [record["facts"] for record in records(house, case_id) if record["step"] == "looked"]
    assert (facts["by"], facts["proof"]) == ("claire", "totp")
    assert facts["letters"] == ["notice.acknowledgement", "notice.answer"]


def test_posting_is_told_by_a_command(house: House) -> None:
    """Each letter with its reference, in the evidence with who posted it; then the case ends by itself."""
    case_id = house.open(Right.ACCESS, postal_address=HOME)
    house.until(Gate.POSTING, case_id)

    said = [
        letters.posted(case_id, notice, operator=who, code=house.code(who), reference="RAR 1A 234")["outcome"]
        for notice, who in (("acknowledgement", "claire"), ("notice.answer", "marc"))
    ]

    assert said == ["sent", "sent"]
    assert house.run(case_id) is None
    (facts,) = [record["facts"] for record in records(house, case_id) if record["step"] == "notice.answer.posted"]
    assert facts == {"posted": True, "reference": "RAR 1A 234", "posted_by": "marc"}


@pytest.mark.parametrize(
    ("notice", "operator", "what"),
    [("refusal", "claire", "no such letter"), ("", "nobody", "no such operator"), ("", "claire", "no letter waits")],
)
def test_nothing_is_unsealed_without_reason(
    house: House, tmp_path: Path, notice: str, operator: str, what: str
) -> None:
    """A letter that is not there, an operator who is none, and a case whose letters were all posted are told."""
    case_id = house.open(Right.ACCESS)
    house.until(Gate.IDENTITY, case_id)

    with pytest.raises((AnswerRefused, RequestInvalid), match=what):
        letters.unseal(case_id, notice, tmp_path / "print", operator=operator, code=house.code("claire"))

    assert not (tmp_path / "print").exists()
