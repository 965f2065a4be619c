"""Charter P3: a letter is registered whatever it says; what it asks is put into terms by a person (Art. 16)."""

import json
from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from data_contracts.case.request import FieldChange, Statement
from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.vocabulary import Decision, Gate, Right
from flows import wiring
from flows.cli import app
from flows.operator import statements
from flows.settings import settings
from tasks.case.sealed import REQUEST, subject_request, write_json
from tasks.intake.letters import seal_terms
from tests.flows.company import Always, House

_LETTER = "You keep writing to my old address. I am at Maelle.Nouvelle@Example.org now."
_NEW = "Maelle.Nouvelle@Example.org"
_TERMS = f'changes:\n- {{field: user.contact.email, value: "{_NEW}"}}\n'


@pytest.fixture
def waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case whose letter waits to be put into terms, in the installation that commands open."""
    monkeypatch.setattr(wiring, "_current", Always(house))  # commands make an installation of their own else
    return house.until(Gate.STATEMENT, _written(house)).case_id


def _written(house: House, details: str = _LETTER, **typed: Any) -> str:
    return house.open(Right.RECTIFICATION, details=details, **typed)


def _terms(value: str = _NEW) -> Statement:
    return Statement(changes=[FieldChange(field="user.contact.email", value=value)])


def _hand_in(house: House, case_id: str, folder: Path, text: str = _TERMS, who: str = "claire") -> dict[str, Any]:
    file = folder / "terms.yaml"
    file.write_text(text)
    return statements.hand_terms_in(case_id, file, operator=who, code=house.code(who))


def _evidence(house: House, case_id: str) -> str:
    envelopes, _ = house.installation.register.evidence(case_id)
    return b"".join(b64decode(str(envelope["payload"])) for envelope in envelopes).decode()


def test_a_letter_is_acknowledged_before_anybody_reads_it(house: House) -> None:
    """It is a case, it is sealed, and the data subject has a reference."""
    case_id = _written(house)

    entry = house.run(case_id)

    assert entry is not None
    assert entry.gate is Gate.IDENTITY
    assert case_id in house.mails()[-1]
    assert subject_request(case_id).details == _LETTER


def test_nothing_is_located_before_it_is_put_into_terms(house: House, waiting: str) -> None:
    """Identity is verified, and the gate tells how to go on, without a word of the letter."""
    entry = house.gate(waiting, Gate.STATEMENT)

    assert house.states(waiting)[-1] == "identity_verified"
    assert entry.options == (Decision.REFUSE,)
    assert f"rightsflow statement {waiting} --to" in entry.description
    assert "old address" not in entry.description


@pytest.mark.parametrize("details", ["", " \n"])
def test_neither_text_nor_terms_is_refused_at_once(house: House, details: str) -> None:
    """Nobody could say what such a request asks."""
    with pytest.raises(RequestInvalid, match="does not say what is to be put right"):
        _written(house, details)

    assert house.installation.register.cases() == []


def test_wrong_terms_are_refused_at_once_also_beside_a_letter(house: House) -> None:
    """Who typed a field or a value wrongly can correct it now."""
    with pytest.raises(RequestInvalid, match="cannot be one"):
        _written(house, statement=_terms("no address"))

    assert house.installation.register.cases() == []


def test_what_the_letter_asks_is_carried_out(house: House, waiting: str, tmp_path: Path) -> None:
    """Once in terms, the request is like one that named its fields."""
    told = _hand_in(house, waiting, tmp_path)

    assert told["outcome"] == "approve"
    assert house.walk(waiting) == "granted"
    customer = house.company.subject.customer_no
    assert house.ask("crm", "SELECT email FROM customer WHERE customer_no = ?", customer) == [(_NEW,)]


def test_who_asks_and_where_the_answer_goes_stays(house: House, waiting: str, tmp_path: Path) -> None:
    """Terms change nothing else of what was sealed."""
    before = subject_request(waiting)

    _hand_in(house, waiting, tmp_path)
    house.until(Gate.APPROVAL, waiting)

    after = subject_request(waiting)
    assert after.statement == _terms()
    assert after.model_copy(update={"statement": before.statement}) == before


def test_evidence_names_who_put_it_into_terms_and_no_value(house: House, waiting: str, tmp_path: Path) -> None:
    """The field, a keyed digest, the proof; neither the letter's words nor the value."""
    _hand_in(house, waiting, tmp_path)
    house.until(Gate.APPROVAL, waiting)

    told = _evidence(house, waiting)
    assert '"statement written"' in told
    assert '"decided_by":["claire"]' in told
    assert '"fields":["user.contact.email"]' in told
    for words in (_NEW.lower(), "old address"):
        assert words not in told.lower()
    assert house.installation.verify_case(waiting).is_whole


def test_operators_read_the_letter(house: House, waiting: str, tmp_path: Path) -> None:
    """Its words and terms to fill in, for the owner alone; who took them out stands in evidence."""
    told = statements.take_letter_out(waiting, tmp_path / "letter", operator="zoe", code=house.code("zoe"))

    assert Path(told["letter"]).read_text() == _LETTER
    assert "#   user.contact.email\n" in Path(told["statement"]).read_text()
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "letter").iterdir()} == {0o600}
    assert '"at":"letter"' in _evidence(house, waiting)


def test_the_file_that_was_taken_out_is_handed_in(house: House, waiting: str, tmp_path: Path) -> None:
    """Filled in where it lies; unfilled it asks nothing."""
    told = statements.take_letter_out(waiting, tmp_path / "letter", operator="claire", code=house.code("claire"))
    house.clock.advance(timedelta(minutes=1))
    blank = Path(told["statement"]).read_text()

    with pytest.raises(RequestInvalid, match="does not say what"):
        _hand_in(house, waiting, tmp_path, blank)
    _hand_in(house, waiting, tmp_path, blank.replace('supplement: ""', 'supplement: "It was paid."'))

    assert house.walk(waiting) == "granted"
    assert "We have taken in your statement." in house.mails()[-1]


def test_the_gate_can_be_refused_with_reasons(house: House, waiting: str) -> None:
    """Art. 12(4): the data subject reads why, and where to complain; nothing is located."""
    house.answer(house.gate(waiting, Gate.STATEMENT), Decision.REFUSE, reason="The letter cannot be read.")

    assert house.walk(waiting) == "refused"
    assert "The letter cannot be read." in house.mails()[-1]
    assert "located" not in house.states(waiting)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("changes:\n- {field: user.shoe_size, value: secret}\n", "no contract has such", id="field"),
        pytest.param("changes:\n- {field: user.contact.email, value: secret}\n", "cannot be one", id="value"),
        pytest.param(f"{_TERMS}letter: secret\n", "says more than", id="letter"),
        pytest.param(f"{_TERMS}requester_name: secret\n", "changes and a supplement", id="other key"),
    ],
)
def test_wrong_terms_leave_the_gate_open(house: House, waiting: str, tmp_path: Path, text: str, said: str) -> None:
    """The same rule as for every rectification; no value is quoted, nothing is sealed."""
    with pytest.raises(RequestInvalid) as caught:
        _hand_in(house, waiting, tmp_path, text)

    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert house.gate(waiting, Gate.STATEMENT).options == (Decision.REFUSE,)


def test_a_wrong_code_seals_nothing(house: House, waiting: str, tmp_path: Path) -> None:
    """Terms are a proven person's, or nobody's."""
    file = tmp_path / "terms.yaml"
    file.write_text(_TERMS)

    with pytest.raises(AnswerRefused, match="code"):
        statements.hand_terms_in(waiting, file, operator="claire", code="000000")
    with pytest.raises(AnswerRefused, match="no such operator"):
        statements.take_letter_out(waiting, tmp_path / "letter", operator="nobody", code="000000")

    assert house.gate(waiting, Gate.STATEMENT).options == (Decision.REFUSE,)
    assert not (tmp_path / "letter").exists()


def test_other_terms_take_the_place_while_the_gate_is_open(house: House, waiting: str, tmp_path: Path) -> None:
    """Sealed and not yet approved, as after a crash: the next terms are the ones that count."""
    seal_terms(waiting, _terms("first@x.example"), operator="marc", proof="totp")
    entry = house.run(waiting)
    assert entry is not None
    assert entry.options == (Decision.APPROVE, Decision.REFUSE)

    _hand_in(house, waiting, tmp_path)
    house.until(Gate.APPROVAL, waiting)

    assert subject_request(waiting).statement == _terms()


def test_decided_terms_stay(house: House, waiting: str, tmp_path: Path) -> None:
    """Who comes later does not change what was approved."""
    _hand_in(house, waiting, tmp_path)

    with pytest.raises(RequestInvalid, match="no letter waits"):
        _hand_in(house, waiting, tmp_path, _TERMS.replace(_NEW, "later@x.example"), who="marc")
    house.until(Gate.APPROVAL, waiting)

    assert subject_request(waiting).statement == _terms()


def test_a_decision_is_about_the_terms_that_were_shown(house: House, waiting: str) -> None:
    """Others that were sealed in between are asked about anew (law 5)."""
    seal_terms(waiting, _terms("first@x.example"), operator="marc", proof="totp")
    entry = house.run(waiting)
    assert entry is not None
    house.agree(entry)
    seal_terms(waiting, _terms(), operator="marc", proof="totp")

    again = house.run(waiting)

    assert again is not None
    assert (again.gate, again.outcome, again.digest == entry.digest) == (Gate.STATEMENT, None, False)


def test_a_process_killed_after_sealing_takes_the_terms_in_once(house: House, waiting: str, tmp_path: Path) -> None:
    """Sealed into the request and not yet noted: the next run seals the same and notes it (law 3)."""
    _hand_in(house, waiting, tmp_path)
    request = subject_request(waiting)
    write_json(waiting, REQUEST, request.model_copy(update={"statement": _terms()}).model_dump())

    assert house.walk(waiting) == "granted"
    assert _evidence(house, waiting).count('"step":"statement"') == 1


def test_two_letters_are_no_duplicates(house: House, waiting: str) -> None:
    """Nobody knows yet what they ask, so neither is answered by the other."""
    second = house.until(Gate.STATEMENT, _written(house, "My name is misspelt.")).case_id

    assert house.installation.register.case(second).linked_to == ""
    assert house.outcome(waiting) == ""


def test_as_a_script_calls_it(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both directions, as JSON; one at a time."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path))
    settings.cache_clear()
    case_id = house.until(Gate.STATEMENT, _written(house)).case_id
    house.clock.moment = datetime.now(UTC)
    (tmp_path / "terms.yaml").write_text(_TERMS)

    def call(*words: str) -> Any:
        return CliRunner().invoke(app, ["statement", case_id, "--as", "claire", *words, "--json"])

    taken = call("--to", str(tmp_path / "letter"), "--code", house.code("claire"))
    handed = call("--details", str(tmp_path / "terms.yaml"), "--code", house.code("claire", steps=1))

    assert Path(json.loads(taken.stdout)["letter"]).read_text() == _LETTER
    assert json.loads(handed.stdout)["outcome"] == "approve"
    assert _NEW not in handed.stdout
    assert call().exit_code != 0
