"""Art. 15: the right of access, paragraph by paragraph, and letter by letter."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_contracts.case.disclosures import Received, noted
from data_contracts.errors import AnswerRefused, EvidenceBroken, RequestInvalid
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Right
from flows.wiring.packages import unpack_package
from tasks.case.sealed import read_json, write_json
from tasks.case.subject_keys import subject_keys_of
from tasks.rules.act.reviewing import Reading
from tasks.search.review import SEALED, texts_of, to_read
from tests.flows.company import House

_NOTE = "crm.interaction.note"
_STRANGER = {"email": ["nobody@nowhere.example"]}
_RECEIVED = Received(datetime(2026, 2, 3, 9, tzinfo=UTC), "printco", "invoicing", ("billing.invoice",), "billing")

Answered = Callable[[str], Path]


@pytest.fixture
def answered(house: House, tmp_path: Path) -> Answered:
    """The folder of a case's package, once the case has been carried to its end."""

    def walk(case_id: str) -> Path:
        house.walk(case_id)
        with house.installation.services.vault.read(case_id, "package.zip") as blob:
            unpack_package(blob, tmp_path / case_id)
        return tmp_path / case_id

    return walk


def _page(folder: Path) -> str:
    return (folder / "index.html").read_text()


def _notes(folder: Path) -> list[str | None]:
    return [row.get("note") for row in json.loads((folder / "data/crm/interaction.json").read_text())]


def _waiting(house: House) -> GateEntry:
    """The gate of the demo subject's texts, which nobody has read yet."""
    return house.until(Gate.REVIEW, house.open(Right.ACCESS))


def test_1_confirmation_and_all_letters(house: House, answered: Answered) -> None:
    """Art. 15(1): whether data are processed, and each of the letters (a) to (h), has its place on the page."""
    page = _page(answered(house.open(Right.ACCESS)))

    assert all(f'id="art15-{letter}"' in page for letter in "abcdefgh")
    assert "This is what we found." in page


def test_1_and_2_also_when_nothing_is_held(house: House, answered: Answered) -> None:
    """Who is told that we hold nothing is told source, decisions and transfers too, as having none."""
    page = _page(answered(house.open(Right.ACCESS, identity=_STRANGER)))

    assert "From nowhere: we hold no data about you." in page
    assert "No decision with legal or similar effects on you is made by software alone" in page
    assert "none of your data go there." in page


def test_1_c_who_has_really_received_the_data(house: House, answered: Answered) -> None:
    """Art. 15(1)(c), C-154/21: the recipient by name, with the day, the purpose and what it was."""
    (key,) = subject_keys_of({"customer_no": [house.company.subject.customer_no]})
    house.installation.register.note_disclosures([noted(_RECEIVED, key)])

    page = _page(answered(house.open(Right.ACCESS)))

    actual = page.split('id="art15-c-actual"')[1].split("<h3")[0]
    for told in ("PrintCo SARL", "3 February 2026", "Issue your invoices", "Invoice"):
        assert told in actual


def test_1_c_nobody_elses_disclosures(house: House, answered: Answered) -> None:
    """What was disclosed about another customer is not told."""
    (key,) = subject_keys_of({"customer_no": [house.company.relative.customer_no]})
    house.installation.register.note_disclosures([noted(_RECEIVED, key)])

    assert "We have noted no disclosure" in _page(answered(house.open(Right.ACCESS)))


def test_1_h_how_software_decides_and_who_looks_again(house: House, answered: Answered) -> None:
    """Art. 15(1)(h), C-203/22: data used, rule, consequence, and that a person can be asked; in plain Dutch."""
    page = _page(answered(house.open(Right.ACCESS, language="nl")))

    told = page.split('id="art15-h"')[1].split("<h2")[0]
    for said in ("waarborg", "30 dagen na hun datum niet betaald", "100 euro", "medewerker", "artikel 22, lid 3, AVG"):
        assert said in told


def test_2_safeguards_of_transfers(house: House, answered: Answered) -> None:
    """Art. 15(2): a recipient in a third country stands with the safeguard."""
    page = _page(answered(house.open(Right.ACCESS)))

    assert "MailHouse Inc." in page
    assert "protects data adequately (Article 45 GDPR)" in page


def test_4_free_text_waits_for_a_reader(house: House) -> None:
    """Art. 15(4): the gate names columns and counts, quotes nothing, and cannot be approved unread."""
    entry = _waiting(house)

    assert f"`{_NOTE}`: " in entry.description
    assert not any(text in entry.description for _, text in texts_of(entry.case_id, _NOTE))
    with pytest.raises(AnswerRefused, match="approve is not offered"):
        house.answer(entry, Decision.APPROVE)


def test_4_without_texts_nobody_is_asked(house: House) -> None:
    """A data subject about whom nobody wrote anything is answered without the gate."""
    case_id = house.open(Right.ACCESS, identity=_STRANGER)

    house.walk(case_id)

    assert house.installation.register.gate(case_id, Gate.REVIEW) is None


def test_4_a_text_goes_out_as_a_person_decided(house: House, answered: Answered) -> None:
    """Released as it is, without a passage, or not at all; what was taken out is marked, and told with its reason."""
    entry = _waiting(house)
    (_, first), (two, second), (three, _), *rest = texts_of(entry.case_id, _NOTE)
    word = second.split()[0]
    decided = {f"note_{two}": Reading("redact", passages=(word,)), f"note_{three}": Reading("withhold")}
    house.read_texts(entry.case_id, **decided)

    folder = answered(entry.case_id)

    notes = [note for note in _notes(folder) if note is not None]
    assert notes == [first, second.replace(word, "•••"), "•••", *(text for _, text in rest)]
    left_out = {line["note"]: line["rows"] for line in house.plan(entry.case_id) if line["columns"] == ["note"]}
    assert left_out == {"redacted": 1, "withheld": 1}
    assert "released with passages about other people taken out" in _page(folder)


def test_4_other_decisions_ask_again(house: House) -> None:
    """Law 5: an approval is for the decisions that were shown; others are another question."""
    case_id = _waiting(house).case_id
    house.read_texts(case_id)
    first = house.until(Gate.REVIEW, case_id)
    house.read_texts(case_id, note_1=Reading("withhold"))

    house.answer(first, Decision.APPROVE)
    again = house.run(case_id)

    assert again is not None
    assert (again.gate, again.digest == first.digest) == (Gate.REVIEW, False)
    assert "1 withheld" in again.description


def test_4_looking_again_without_decisions_asks_again(house: House) -> None:
    """Nobody gets past the gate by answering that it shall look again."""
    entry = _waiting(house)

    house.answer(entry, Decision.RETRY)
    again = house.run(entry.case_id)

    assert again is not None
    assert (again.gate, again.options) == (Gate.REVIEW, (Decision.RETRY,))


def test_4_decisions_are_fixed_once_approved(house: House) -> None:
    """After the approval no other decisions can be sealed."""
    case_id = _waiting(house).case_id
    house.until(Gate.APPROVAL, case_id)

    with pytest.raises(RequestInvalid, match="decided about already"):
        house.read_texts(case_id)


def test_4_decisions_changed_behind_the_approval_stop_the_package(house: House) -> None:
    """What is sealed must be what was approved, or nothing goes out."""
    case_id = _waiting(house).case_id
    entry = house.until(Gate.APPROVAL, case_id)
    write_json(case_id, SEALED, read_json(case_id, SEALED) | {"digest": "0" * 64})
    house.agree(entry)

    with pytest.raises(EvidenceBroken, match="not those that were approved"):
        house.run(case_id)


def test_4_every_text_is_decided_about(house: House) -> None:
    """A decision that is missing is named by column and number, and nothing is sealed."""
    case_id = _waiting(house).case_id
    (column, *_) = to_read(case_id)

    with pytest.raises(RequestInvalid, match="number"):
        house.read_texts(case_id, **{f"{column.rpartition('.')[2]}_1": Reading("redact")})
    assert not house.installation.services.vault.has(case_id, SEALED)
