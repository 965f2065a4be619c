"""The DPO's registers: who writes them, what they decide, of what the DPO is told, what is printed (charter 3, 7)."""

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader
from typer.testing import CliRunner, Result

from data_contracts.errors import AnswerRefused, RecipientRefused, RequestInvalid
from data_contracts.officer.entries import RegisterName
from data_contracts.text.spreadsheets import rows_of
from data_contracts.vocabulary import Gate, OperatorRole, Right
from flows.cli import app
from flows.officer.operators import enrol
from flows.settings import settings
from flows.watch.lookout import look_at_all
from tasks.gates.operators import prove_person
from tasks.officer.permissions import ask_about, use_of
from tasks.officer.registers import TypedTraining, import_trainings, remove_entry, set_entry
from tasks.recipients.who_may import receiving_today, refusal_today
from tasks.services import services
from tests.flows.company import House
from tests.flows.watch.test_lookout import Runs

_P, _T, _D, _R = RegisterName.PROCESSORS, RegisterName.TRAINING, RegisterName.DPIAS, RegisterName.RECIPIENTS
_DPA = {"reference": "DPA-2", "valid_from": "2026-01-01"}


def put(house: House, register: RegisterName, key: str, **facts: str) -> None:
    """Claire, the DPO, enters it; half a minute goes by for the next code."""
    set_entry(register, key, facts, operator="claire", code=house.code("claire"))
    house.clock.advance(timedelta(seconds=30))


def history(house: House, register: RegisterName, key: str) -> list[tuple[str, Mapping[str, object], bool]]:
    """Who entered what."""
    return [(e.actor, e.facts, e.is_removed) for e in house.installation.register.entry_history(register, key)]


pytestmark = pytest.mark.usefixtures("at_home")


@pytest.fixture(autouse=True)
def _asks_the_houses_folder(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What commands ask beside the open house, they ask of its folder."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(house.installation.settings.home))
    settings.cache_clear()


# --- writing ---


def test_entry_is_written_by_a_proven_person_and_its_history_stays(house: House) -> None:
    """Facts that are not named stay, one that is said empty goes; each row says who."""
    put(house, _P, "printco/iso27001", **_DPA)
    put(house, _P, "printco/iso27001", valid_until="2026-12-31")
    put(house, _P, "printco/iso27001", valid_until="")
    remove_entry(_P, "printco/iso27001", operator="claire", code=house.code("claire"))

    whole = {"kind": "iso27001", **_DPA}
    assert history(house, _P, "printco/iso27001") == [
        ("claire", whole, False),
        ("claire", {**whole, "valid_until": "2026-12-31"}, False),
        ("claire", whole, False),
        ("claire", {}, True),
    ]


def test_who_may_not_write_does_not(house: House) -> None:
    """Policy `register_roles`; a code of somebody else is none; the try is in the log."""
    with pytest.raises(AnswerRefused, match="marc does not have the role"):
        set_entry(_P, "printco/soc2", _DPA, operator="marc", code=house.code("marc"))
    with pytest.raises(AnswerRefused, match="code of claire is wrong"):
        set_entry(_P, "printco/soc2", _DPA, operator="claire", code="000000")

    assert history(house, _P, "printco/soc2") == []
    assert [(u.operator, u.what, u.is_accepted) for u in house.installation.register.uses(limit=2)] == [
        ("claire", "write a register", False),
        ("marc", "write a register", False),
    ]


def test_slip_costs_no_code(house: House) -> None:
    """What is wrong is told before who writes is proven."""
    code = house.code("claire")
    with pytest.raises(RequestInvalid, match="valid_until is no day"):
        set_entry(_P, "printco/soc2", {**_DPA, "valid_until": "soon"}, operator="claire", code=code)
    with pytest.raises(RequestInvalid, match="nothing is in force"):
        remove_entry(_P, "printco/soc2", operator="claire", code=code)
    with pytest.raises(RequestInvalid, match="in the future"):
        set_entry(_T, "ana", {"course": "GDPR", "done_on": "2026-04-01"}, operator="claire", code=code)

    set_entry(_P, "printco/soc2", _DPA, operator="claire", code=code)


# --- who may receive (law 11) ---


def test_processor_whose_attestation_lapsed_receives_nothing(house: House) -> None:
    """Charter 3.5: refused, recorded, and the data subject reads that it could not be told."""
    put(house, _P, "helpdeskco/dpa", valid_until="2026-03-30")
    case_id = house.open(Right.ERASURE)

    house.walk(case_id)

    step = house.installation.register.step(case_id, "notice.recipient.helpdeskco")
    assert step is not None
    assert (step.receipt["state"], step.receipt["why"]) == ("impossible", "recipient_attestation_lapsed")
    assert not [name for name in house.outbox("eml") if "helpdeskco" in name]
    assert "Helpdesk Flandre SRL: could not be told" in house.mails()[-1]


def test_processor_in_force_to_its_last_day_receives(house: House) -> None:
    """The last day counts."""
    put(house, _P, "helpdeskco/dpa", valid_until="2026-03-31")

    assert receiving_today("helpdeskco").name == "Helpdesk Flandre SRL"
    house.clock.advance(timedelta(days=1))
    with pytest.raises(RecipientRefused, match="recipient_attestation_lapsed"):
        receiving_today("helpdeskco")


def test_recipient_that_was_withdrawn_receives_nothing(house: House) -> None:
    """Charter 2.3: whatever the vocabulary says; and again once the entry is taken out."""
    put(house, _R, "energypart", withdrawn="2026-03-31", reason="contract ended")

    assert refusal_today("energypart") == "recipient_withdrawn"
    remove_entry(_R, "energypart", operator="claire", code=house.code("claire"))
    assert refusal_today("energypart") == ""


def test_program_that_asks_hears_of_the_register(house: House) -> None:
    """Charter 2.4: may-share answers by the same rule."""
    put(house, _R, "printco", authorised_until="2026-03-30")

    answer = ask_about(use_of("contract", "printco"), {"email": [house.company.subject.email]})

    assert (answer.may, answer.reason) == (False, "recipient_no_longer_authorised")


# --- training ---


def test_training_of_an_operator_decides_until_when_they_may_decide(house: House) -> None:
    """Charter 3.3: to the end of its last day; renewed, they may again; taken out, they may not."""
    put(house, _T, "marc", course="GDPR basics", done_on="2026-01-01", valid_until="2026-03-31")
    _decides(house, "marc")
    house.clock.advance(timedelta(days=1))
    with pytest.raises(AnswerRefused, match="the training of marc has lapsed"):
        _decides(house, "marc")
    put(house, _T, "marc", done_on="2026-04-01", valid_until="2027-04-01")
    _decides(house, "marc")
    remove_entry(_T, "marc", operator="claire", code=house.code("claire"))
    with pytest.raises(AnswerRefused, match="the training of marc has lapsed"):
        _decides(house, "marc")


def test_who_is_enrolled_is_trained_as_the_register_says(house: House) -> None:
    """Before or after enrolling, in the register or with --trained-until: it is one truth."""
    put(house, _T, "eve", course="GDPR basics", done_on="2026-01-01", valid_until="2026-12-31")
    _enrol("eve")
    _enrol("bob", trained_until="2026-06-30")
    _enrol("bob")
    _enrol("ken")

    until = {one.name: one.training_until for one in house.installation.register.operators()}
    assert [str(until[name])[:16] for name in ("eve", "bob", "ken")] == ["2026-12-31 23:00", "2026-06-30 22:00", "None"]
    assert history(house, _T, "bob")[0][1] == {
        "course": "as enrolled", "done_on": "2026-03-31", "valid_until": "2026-06-30",
    }  # fmt: skip


def test_who_was_taken_out_is_not_trained_when_enrolled_again(house: House) -> None:
    """A new secret is no training."""
    put(house, _T, "eve", course="GDPR basics", done_on="2026-01-01", valid_until="2026-12-31")
    remove_entry(_T, "eve", operator="claire", code=house.code("claire"))

    _enrol("eve")

    operator = house.installation.register.operator("eve")
    assert operator is not None
    assert operator.training_until == house.clock()


def test_group_is_imported_whole_or_not_at_all(house: House) -> None:
    """Every line is looked at, those that are wrong are told with their column; none is entered."""
    right = TypedTraining(2, "ana", {"course": "GDPR", "done_on": "2026-01-01", "valid_until": ""})
    wrong = [
        TypedTraining(3, "ana", {"course": "GDPR", "done_on": "2026-01-01"}),
        TypedTraining(4, "bob", {"course": "", "done_on": "1 January"}),
        TypedTraining(5, "b ob", {"course": "GDPR", "done_on": "2026-01-01"}),
        *(TypedTraining(number, f"p{number}", {}) for number in range(6, 16)),
    ]

    with pytest.raises(RequestInvalid) as refused:
        import_trainings([right, *wrong], where="f.csv", operator="claire", code="")

    assert "line 3: person is that of line 2 again" in refused.value.what
    assert "line 4: course is missing; done_on is no day" in refused.value.what
    assert "line 5: the key is not written" in refused.value.what
    assert "and 3 more" in refused.value.what
    assert house.installation.register.entries(_T) == []
    assert import_trainings([right], where="f.csv", operator="claire", code=house.code("claire")) == 1


# --- reminders ---


def test_officer_is_told_once_before_and_once_after_the_end(house: House) -> None:
    """Sixty and fourteen days before, and when it is over; a look in between says nothing."""
    put(house, _P, "printco/soc2", **_DPA, valid_until="2026-06-29")
    put(house, _P, "mailer/soc2", **_DPA, valid_until="2026-06-29")

    said = [_look(house, days) for days in (0, 30, 1, 46, 1, 12, 1, 30)]

    assert said == [0, 1, 0, 1, 0, 0, 1, 0]
    mails = [mail for mail in house.mails() if mail.startswith("Register of processors")]
    assert len(mails) == 3
    assert "2 end on 2026-06-29" in mails[0]
    assert "mailer/soc2, printco/soc2" in mails[0]
    assert "2 ended on 2026-06-29" in mails[2]


def test_officer_is_told_of_every_register(house: House) -> None:
    """Trainings, reviews and authorisations end as well; who was trained is in no subject line."""
    put(house, _T, "ana", course="GDPR", done_on="2026-01-01", valid_until="2026-04-01")
    put(house, _D, "adtech", reference="D-1", done_on="2026-01-01", review_on="2026-04-01", risk="low")
    put(house, _R, "adnet", authorised_until="2026-04-01")

    assert _look(house, 0) == 3
    assert not [mail for mail in house.mails() if "ana" in mail.partition(" Trainings")[0]]


# --- the command line ---


def test_commands_write_show_and_print(house: House, tmp_path: Path) -> None:
    """Set, show, export with history, remove; as a script and as a person call them."""
    _set(house, "dpias", "adtech", "reference==1+1", "done_on=2026-01-01", "risk=low", "advice_by=claire")
    csv, pdf = tmp_path / "dpias.csv", tmp_path / "dpias.pdf"

    written = _call("register", "dpias", "--csv", str(csv), "--pdf", str(pdf), "--language", "en")

    assert written.exit_code == 0, written.output
    assert csv.read_bytes().startswith(b"key,reference,done_on,review_on,risk,advice_by,standing")
    assert b"adtech,'=1+1,2026-01-01,," in csv.read_bytes()
    assert pdf.read_bytes().startswith(b"%PDF")
    assert "in force" in _call("register", "dpias").stdout
    shown = json.loads(_call("register", "dpias", "--history", "--json").stdout)
    assert [change["what"] for change in shown["changes"]] == ["entered"]


def test_history_tells_what_stood_there_before(house: House, tmp_path: Path) -> None:
    """Entered, changed, taken out, entered again."""
    _set(house, "recipients", "adnet", "authorised_until=2026-12-31")
    _set(house, "recipients", "adnet", "authorised_until=2027-12-31")
    house.clock.advance(timedelta(seconds=30))
    gone = _call("register", "remove", "recipients", "adnet", "--as", "claire", "--code", house.code("claire"))
    assert gone.exit_code == 0, gone.output
    _set(house, "recipients", "adnet", "authorised_until=2027-12-31")

    told = json.loads(_call("register", "history", "recipients", "adnet", "--json").stdout)["changes"]
    csv, pdf = tmp_path / "r.csv", tmp_path / "r.pdf"
    _call("register", "recipients", "--history", "--csv", str(csv), "--pdf", str(pdf))

    assert [one["what"] for one in told] == ["entered", "changed", "removed", "entered"]
    assert told[1]["before"] == {"authorised_until": "2026-12-31"}
    assert csv.read_text().count("claire,adnet") == 4
    assert "claire" in _call("register", "history", "recipients").stdout
    assert "History" in _call("register", "recipients", "--history").stdout


def test_trainings_are_imported_from_a_file(house: House, tmp_path: Path) -> None:
    """What was exported can be read again; another register cannot be imported, nor what is no CSV."""
    file = tmp_path / "training.csv"
    file.write_text("person;course;done_on;valid_until\nana;GDPR;2026-01-01;\nbob;GDPR;2026-01-01;2027-01-01\n")
    proof = ("--as", "claire", "--code", house.code("claire"))

    done = _call("register", "import", "training", str(file), *proof)
    _call("register", "training", "--csv", str(file))
    house.clock.advance(timedelta(seconds=30))
    proof = ("--as", "claire", "--code", house.code("claire"))
    again = _call("register", "import", "training", str(file), *proof, "--json")

    assert "2 trainings read, 2 of them new" in done.stdout
    assert json.loads(again.stdout)["new"] == 0
    assert _call("register", "import", "dpias", str(file), *proof).exit_code == 1
    assert _call("register", "import", "training", str(tmp_path), *proof).exit_code == 1


def test_fact_is_a_name_and_a_value() -> None:
    """What cannot be read is told with an example."""
    told = _call("register", "set", "recipients", "adnet", "--fact", "until", "--as", "claire", "--code", "1")

    assert told.exit_code == 1
    assert "name=value" in told.stderr


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "Registre des activités"), ("", "Registre des"), ("en", "Record of")]
)
def test_record_of_processing_is_printed(tmp_path: Path, language: str, said: str) -> None:
    """Art. 30, in the language that is asked for, else in the organisation's first; one line an activity as CSV."""
    csv, pdf = tmp_path / "processing.csv", tmp_path / "processing.pdf"

    done = _call("register", "processing", "--csv", str(csv), "--pdf", str(pdf), "--language", language)

    assert done.exit_code == 0, done.output
    text = " ".join(page.extract_text() for page in PdfReader(pdf).pages)
    assert said in text
    assert len(list(rows_of(csv.read_text("utf-8"), (), where="f"))) == len(services().contracts.vocabulary.purposes)


def test_record_of_processing_is_told_to_programs() -> None:
    """By purpose, in keys and in words; who decides over a partner's data is told apart (Art. 30(2))."""
    told = json.loads(_call("register", "processing", "--json", "--language", "en").stdout)

    activities = {one["purpose"]: one for one in told["activities"]}
    assert [(one["purpose"], one["controller"]) for one in told["for_others"]] == [("energy", "energypart")]
    assert "energy" not in activities
    assert activities["health_prio"]["words"]["categories"][0].endswith("(special category, Article 9)")
    assert activities["prospecting"]["words"]["transfers"] == [
        "United States, MailHouse Inc.: adequacy decision (Article 45)"
    ]
    assert "prospecting" in _call("register", "processing").stdout


def _set(house: House, register: str, key: str, *facts: str) -> None:
    house.clock.advance(timedelta(seconds=30))
    said = [word for fact in facts for word in ("--fact", fact)]
    proof = ("--as", "claire", "--code", house.code("claire"))
    done = _call("register", "set", register, key, *said, *proof)
    assert done.exit_code == 0, done.output


def _call(*words: str) -> Result:
    """A command on the house that is open."""
    return CliRunner().invoke(app, list(words))


def _enrol(name: str, *, trained_until: str = "") -> None:
    enrol(name, (OperatorRole.LEGAL,), trained_until=trained_until, instead=True)


def _decides(house: House, name: str) -> None:
    """Prove somebody who decides, with a fresh code."""
    house.clock.advance(timedelta(seconds=30))
    roles = services().policy.every_right[Gate.APPROVAL].roles
    prove_person(name, house.code(name), roles=roles, where="test")


def _look(house: House, days: int) -> int:
    house.clock.advance(timedelta(days=days))
    return look_at_all([], Runs())["registers"]
