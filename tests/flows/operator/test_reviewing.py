"""``rightsflow review`` and ``rightsflow disclosures import``: what operators and engineers do with files."""

from datetime import timedelta
from pathlib import Path

import pytest

from data_contracts.errors import AnswerRefused, RecipientRefused, RequestInvalid
from data_contracts.vocabulary import Decision, Gate, Right
from flows import wiring
from flows.officer import disclosures
from flows.operator import texts
from tasks.case.subject_keys import subject_keys_of
from tasks.search.review import texts_of
from tests.flows.company import Always, House

_NOTE = "crm.interaction.note"
_HEAD = "kind,value,recipient,purpose,at,places,source\n"


@pytest.fixture
def waiting(house: House, monkeypatch: pytest.MonkeyPatch) -> str:
    """A case whose texts wait to be read, in the installation that commands open."""
    monkeypatch.setattr(wiring, "_current", Always(house))  # commands make an installation of their own else
    return house.until(Gate.REVIEW, house.open(Right.ACCESS)).case_id


def _take_out(house: House, case_id: str, folder: Path, operator: str = "marc") -> Path:
    house.clock.advance(timedelta(minutes=1))
    code = house.code(operator) if operator in house.secrets else "000000"
    taken = texts.take_texts_out(case_id, folder, operator=operator, code=code)
    house.clock.advance(timedelta(minutes=1))
    return Path(str(taken["answers"]))


def test_texts_come_with_their_numbers(house: House, waiting: str, tmp_path: Path) -> None:
    """A file for each column, and a line to fill in for each text; only the owner can read them."""
    answers = _take_out(house, waiting, tmp_path / "texts")

    text = (tmp_path / "texts" / f"{_NOTE}.txt").read_text()
    assert all(f"--- {number} ---\n{words}\n" in text for number, words in texts_of(waiting, _NOTE))
    assert all(f"- {{number: {number}, decision: }}" in answers.read_text() for number, _ in texts_of(waiting, _NOTE))
    assert {file.stat().st_mode & 0o777 for file in answers.parent.iterdir()} == {0o600}
    assert house.installation.verify_case(waiting).is_whole


def test_decisions_are_handed_in_with_a_code(house: House, waiting: str, tmp_path: Path) -> None:
    """After that the gate can be approved, by these decisions."""
    answers = _take_out(house, waiting, tmp_path / "texts")
    answers.write_text(answers.read_text().replace("decision: ", "decision: release"))

    texts.hand_decisions_in(waiting, answers, operator="marc", code=house.code("marc"))

    entry = house.gate(waiting, Gate.REVIEW)
    assert (entry.options, entry.outcome) == ((Decision.APPROVE,), None)
    assert house.walk(waiting) == "granted"


def test_who_may_not_decide_does_not_read(house: House, waiting: str, tmp_path: Path) -> None:
    """An agent has not the role: nothing leaves the vault."""
    with pytest.raises(AnswerRefused):
        _take_out(house, waiting, tmp_path / "texts", "zoe")
    assert not (tmp_path / "texts").exists()
    assert house.outcome(waiting) == ""


def test_a_wrong_code_seals_nothing(house: House, waiting: str, tmp_path: Path) -> None:
    """The decisions are a proven person's, or nobody's."""
    answers = _take_out(house, waiting, tmp_path / "texts")
    answers.write_text(answers.read_text().replace("decision: ", "decision: release"))

    with pytest.raises(AnswerRefused, match="code"):
        texts.hand_decisions_in(waiting, answers, operator="marc", code="000000")
    assert house.gate(waiting, Gate.REVIEW).options == (Decision.RETRY,)


@pytest.mark.parametrize(
    "text",
    ["", "- 1", "x: [", f"{_NOTE}: [{{number: 1, decision: Mme Martin}}]", f"{_NOTE}: [{{number: 1}}]"],
)
def test_answers_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    """No value of the file is quoted."""
    file = tmp_path / "answers.yaml"
    file.write_text(text)

    with pytest.raises(RequestInvalid) as refused:
        texts.read_answers(file)
    assert "Martin" not in str(refused.value)


def test_answers_that_are_not_there(tmp_path: Path) -> None:
    """A file that cannot be opened is named."""
    with pytest.raises(RequestInvalid, match="cannot be read as text"):
        texts.read_answers(tmp_path / "none.yaml")


def test_a_folder_with_something_in_it(house: House, waiting: str, tmp_path: Path) -> None:
    """Texts are never mixed with other files."""
    (tmp_path / "here").write_text("")

    with pytest.raises(RequestInvalid, match="not empty"):
        _take_out(house, waiting, tmp_path)


@pytest.mark.usefixtures("waiting")
def test_a_case_without_texts(house: House, tmp_path: Path) -> None:
    """Another case has nothing to read."""
    with pytest.raises(RequestInvalid, match="no texts wait"):
        _take_out(house, house.open(Right.ACCESS), tmp_path / "texts")


def _import(folder: Path, *lines: str) -> dict[str, object]:
    file = folder / "disclosures.csv"
    file.write_text(_HEAD + "".join(f"{line}\n" for line in lines))
    return disclosures.import_file(file)


@pytest.fixture
def ledger(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house in which commands work."""
    monkeypatch.setattr(wiring, "_current", Always(house))
    return house


def test_a_systems_disclosures_are_noted_once(ledger: House, tmp_path: Path) -> None:
    """Noted under digests, in local time; the same file again adds nothing."""
    line = "email, ANA@x.example ,printco,invoicing,2026-03-01T08:00,billing.invoice billing.payment,billing"

    assert _import(tmp_path, line, line)["new"] == 1
    assert _import(tmp_path, line)["new"] == 0

    (received,) = ledger.installation.register.disclosures_of(subject_keys_of({"email": ["ana@x.example"]}))
    assert received.places == ("billing.invoice", "billing.payment")
    assert received.at.isoformat() == "2026-03-01T07:00:00+00:00"


def test_an_unknown_recipient_is_refused(ledger: House, tmp_path: Path) -> None:
    """Law 11: nothing of the file is noted, also not the lines before."""
    good, bad = (f"email,ana@x.example,{party},invoicing,2026-03-01,,billing" for party in ("printco", "nobody"))

    with pytest.raises(RecipientRefused, match="line 3"):
        _import(tmp_path, good, bad)
    assert ledger.installation.register.disclosures_of(subject_keys_of({"email": ["ana@x.example"]})) == []


@pytest.mark.parametrize(
    "line",
    [
        "email,ana@x.example,printco,nothing,2026-03-01,,billing",
        "shoe,ana@x.example,printco,invoicing,2026-03-01,,billing",
        "email,ana,printco,invoicing,2026-03-01,,billing",
        "email,ana@x.example,printco,invoicing,yesterday,,billing",
        "email,ana@x.example,printco,invoicing,2027-03-01,,billing",
        "email,ana@x.example,printco,invoicing,2026-03-01,,",
        "email,ana@x.example,printco,invoicing",
        "email,ana@x.example,printco,invoicing,2026-03-01,,billing,more",
    ],
)
@pytest.mark.usefixtures("ledger")
def test_lines_that_cannot_be_noted(tmp_path: Path, line: str) -> None:
    """The line is named by its number, and no value is quoted."""
    with pytest.raises(RequestInvalid, match="line 2") as refused:
        _import(tmp_path, line)
    assert "ana" not in str(refused.value)


@pytest.mark.parametrize("content", [b"a,b\n", b"\xff\xfe", b""])
@pytest.mark.usefixtures("ledger")
def test_a_file_that_is_no_ledger(tmp_path: Path, content: bytes) -> None:
    """Other columns, another encoding, nothing at all."""
    file = tmp_path / "file.csv"
    file.write_bytes(content)

    with pytest.raises(RequestInvalid):
        disclosures.import_file(file)
