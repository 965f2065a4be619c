"""Art. 33, 34, charter 6: who is affected is found, the clock runs, each is told once, and all of it is proven."""

import json
from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from data_contracts.errors import ActRefused, AnswerRefused, RequestInvalid, StepFailed
from data_contracts.officer.incidents import IncidentFacts, IncidentKind, IncidentWords, Risk, SendingState
from data_contracts.vocabulary import Decision
from flows.duties.incident import carry_out
from flows.officer.incidents import enter, write_authority_file, write_register
from flows.runs.gates import WaitingForPerson
from tasks.officer import affected
from tasks.officer.affected import addressees
from tasks.officer.incidents import close, judge, note_authority_told, open_incident, say_more, warn_of_clocks
from tasks.officer.sending import send_notices, settle
from tasks.services import services
from tests.flows.company import House

_WORDS = {
    "fr": IncidentWords(nature="Un fichier de factures a été copié.", advice="Méfiez-vous des appels."),
    "en": IncidentWords(nature="A file of invoices was copied.", consequences="Others may know your bills."),
}


pytestmark = pytest.mark.usefixtures("at_home")


def a_fact(**changed: Any) -> IncidentFacts:
    """An incident with invoices."""
    return IncidentFacts(**{"title": "Copied invoices", "tables": ["billing.invoice"], "words": _WORDS, **changed})


def an_incident(house: House, kind: IncidentKind = IncidentKind.CONFIDENTIALITY, **changed: Any) -> str:
    """The name of one that we became aware of now."""
    return open_incident(kind, a_fact(**changed), house.clock(), actor="claire").run_id


def code(house: House) -> str:
    """A code that was not used before."""
    house.clock.advance(timedelta(minutes=2))
    return house.code("claire")


def told(house: House, run_id: str) -> str:
    """What became of one of high risk that a person approves."""
    judge(run_id, Risk.HIGH, operator="claire", code=code(house))
    with pytest.raises(WaitingForPerson) as waiting:
        carry_out(run_id)
    house.answer(waiting.value.entry, Decision.APPROVE)
    return carry_out(run_id)


def _holders(house: House) -> set[str]:
    """Addresses of customers who have an invoice, asked of the databases by hand."""
    accounts = house.ask("billing", "SELECT DISTINCT account_id FROM invoice")
    numbers = {
        n
        for (n,) in house.ask(
            "billing", "SELECT customer_no FROM account WHERE account_id IN (SELECT account_id FROM invoice)"
        )
    }
    assert accounts
    rows = house.ask("crm", "SELECT customer_no, email FROM customer")
    return {mail.strip().lower() for number, mail in rows if number in numbers and mail}


def test_everybody_whose_rows_were_copied_is_told_once(house: House) -> None:
    """Invoices lead to accounts, accounts to customers, customers to addresses; nobody else is written to."""
    run_id = an_incident(house)

    assert told(house, run_id).endswith(f"{len(_holders(house))} told")
    mails = [raw for name, raw in house.outbox("eml").items() if run_id in name]
    to = {
        line.split(b":")[1].strip().decode().lower()
        for raw in mails
        for line in raw.splitlines()
        if line.startswith(b"To:")
    }
    assert (to, len(mails)) == (_holders(house), len(to))
    assert services().register.incident(run_id).people_told_at is not None


def test_nothing_is_sent_before_these_words_are_approved(house: House) -> None:
    """Law 14, whoever calls the step: while the gate waits, after a refusal, and once the words are others."""
    run_id, other = an_incident(house), an_incident(house)
    for name, decision in ((run_id, Decision.APPROVE), (other, Decision.REFUSE)):
        judge(name, Risk.HIGH, operator="claire", code=code(house))
        with pytest.raises(WaitingForPerson) as waiting:
            carry_out(name)
        with pytest.raises(ActRefused):
            send_notices(name)
        house.answer(waiting.value.entry, decision, reason="not so")
    say_more(run_id, a_fact(words={"fr": IncidentWords(nature="Autre chose.")}), actor="claire")

    for name in (run_id, other):
        with pytest.raises(ActRefused, match="have not approved"):
            send_notices(name)
    assert not [name for name in house.outbox("eml") if run_id in name or other in name]


def test_counts_are_those_of_the_databases(house: House) -> None:
    """Rows of the table, people behind them, and those that no address is held of."""
    run_id = an_incident(house)

    carry_out(run_id)

    counts = services().register.incident(run_id).counts
    ((invoices,),) = house.ask("billing", "SELECT COUNT(*) FROM invoice")
    assert (counts["billing.invoice"], counts["with_address"]) == (invoices, len(_holders(house)))
    assert counts["people"] == counts["with_address"] + counts["without_address"]


def test_each_reads_it_in_the_language_that_is_held(house: House) -> None:
    """French to who reads French; the first of the words to everybody else."""
    run_id = an_incident(house)
    told(house, run_id)

    numbers = services().register.sendings(run_id, SendingState.SENT, 10_000)
    people = addressees(run_id, numbers)
    for number, who in people.items():
        mail = house.outbox("eml")[f"{run_id}.notice%2E{number}"].decode()
        assert ("Subject: What happened" in mail) == (who.language == "en")


def test_nobody_is_told_before_a_person_judged_and_approved(house: House) -> None:
    """Law 5: the risk by a proven person, the words at a gate; without risk nobody is told at all."""
    run_id = an_incident(house)
    assert "somebody has to judge the risk" in carry_out(run_id)

    with pytest.raises(AnswerRefused):
        judge(run_id, Risk.HIGH, operator="zoe", code=house.code("zoe"))
    judge(run_id, Risk.RISK, operator="claire", code=code(house))

    assert "nobody is to be told" in carry_out(run_id)
    assert not house.outbox("eml")


def test_refused_words_are_not_sent(house: House) -> None:
    """Other words are another question."""
    run_id = an_incident(house)
    judge(run_id, Risk.HIGH, operator="claire", code=code(house))
    with pytest.raises(WaitingForPerson) as waiting:
        carry_out(run_id)
    house.answer(waiting.value.entry, Decision.REFUSE, reason="too harsh")

    assert "decided not to tell them so" in carry_out(run_id)
    say_more(run_id, a_fact(words={"fr": IncidentWords(nature="Autrement dit.")}), actor="claire")
    with pytest.raises(WaitingForPerson) as again:
        carry_out(run_id)
    assert again.value.entry.digest != waiting.value.entry.digest


def test_all_clients_are_warned_of_an_attack(house: House) -> None:
    """Charter 6: everybody whose address the contact systems hold, once; no risk is to be judged."""
    run_id = an_incident(house, IncidentKind.ATTACK, tables=[])
    with pytest.raises(WaitingForPerson) as waiting:
        carry_out(run_id)
    assert "mot de passe" in waiting.value.entry.description
    house.answer(waiting.value.entry, Decision.APPROVE)

    carry_out(run_id)

    held = {
        m.strip().lower()
        for (m,) in house.ask("crm", "SELECT email FROM customer WHERE email IS NOT NULL")
        if m.strip()
    }
    assert services().register.incident(run_id).counts["with_address"] >= len(held)


def test_keys_that_somebody_gave_are_followed(house: House) -> None:
    """A list of customer numbers found elsewhere leads to their addresses."""
    subject = house.company.subject
    run = open_incident(
        IncidentKind.CONFIDENTIALITY,
        a_fact(tables=[]),
        house.clock(),
        actor="claire",
        keys={"customer_no": [subject.customer_no]},
    )

    assert told(house, run.run_id).endswith(" told")
    assert subject.email in "".join(raw.decode() for raw in house.outbox("eml").values())


@pytest.mark.parametrize(
    ("changed", "keys", "said"),
    [
        ({"tables": ["crm.nothing"]}, {}, "no contract has this table"),
        ({}, {"shoe_size": ["42"]}, "no such identity kind"),
        ({}, {"email": ["ana@example.org", "no address"]}, "cannot be of the kind email"),
    ],
)
def test_what_cannot_be_is_refused(
    house: House, changed: dict[str, Any], keys: dict[str, list[str]], said: str
) -> None:
    """Before anything is entered; no value is quoted."""
    with pytest.raises(RequestInvalid, match=said) as refused:
        open_incident(IncidentKind.INTEGRITY, a_fact(**changed), house.clock(), actor="claire", keys=keys)

    assert "no address" not in str(refused.value)
    assert services().register.incidents() == []


def test_officer_is_warned_of_the_clock(house: House) -> None:
    """At 24 and 6 hours left and when it is over, once each; not once the authority knows."""
    an_incident(house)
    warned = []
    for _ in range(80):
        warned.append(warn_of_clocks())
        house.clock.advance(timedelta(hours=1))
    assert [hour for hour, told in enumerate(warned) if told] == [48, 66, 73]

    second = an_incident(house)
    note_authority_told(second, "CNIL-1", operator="claire", code=code(house))
    house.clock.advance(timedelta(hours=71))
    assert warn_of_clocks() == 0


def test_late_notice_to_the_authority_needs_its_reasons(house: House) -> None:
    """Art. 33(1), last sentence."""
    run_id = an_incident(house)
    house.clock.advance(timedelta(hours=73))
    with pytest.raises(RequestInvalid, match="without reasons"):
        note_authority_told(run_id, "CNIL-1", operator="claire", code=code(house))

    say_more(run_id, a_fact(late_because="The processor told us late."), actor="claire")

    assert note_authority_told(run_id, "CNIL-1", operator="claire", code=code(house)).authority_reference == "CNIL-1"


def test_uncertain_notices_are_settled_by_the_log(house: House) -> None:
    """What the mail server took is not sent again, what it did not take is."""
    run_id = an_incident(house)
    told(house, run_id)
    register = services().register
    register.mark_sendings(run_id, [0, 1], SendingState.HANDED_OVER)
    slug = run_id

    done = settle(run_id, [f"<{slug}.notice%2E1@telco.example> accepted", "<other@telco.example>"])

    assert (done.uncertain, done.waiting) == (0, 1)
    carry_out(run_id)
    assert register.count_sendings(run_id) == {SendingState.SENT: len(_holders(house))}


def test_evidence_holds_every_move_and_nobody(house: House) -> None:
    """What was known when, who judged, what was approved, how many were told: without an address."""
    run_id = an_incident(house)
    told(house, run_id)
    close(run_id, operator="claire", code=code(house))

    envelopes, _ = services().register.evidence(run_id)
    said = " ".join(b64decode(str(one["payload"])).decode() for one in envelopes)
    steps = ("open", "affected", "risk", "gate.approval", "people told", "end")
    assert [step for step in steps if f'"{step}"' not in said] == []
    assert [address for address in _holders(house) if address in said] == []
    assert services().vault.names(run_id) == ["incident"]
    assert house.installation.verify_case(run_id).is_whole


def test_one_that_is_closed_stays_so(house: House) -> None:
    """It is in the register of incidents (Art. 33(5))."""
    run_id = an_incident(house)
    close(run_id, operator="claire", code=code(house))

    with pytest.raises(RequestInvalid, match="is closed"):
        judge(run_id, Risk.HIGH, operator="claire", code=code(house))
    assert [one.run_id for one in services().register.incidents()] == [run_id]


def test_file_for_the_authority_says_what_the_law_asks(house: House, tmp_path: Path) -> None:
    """Art. 33(3): nature, approximate numbers, contact, consequences, measures; as PDF and for a program."""
    run_id = an_incident(house)
    carry_out(run_id)

    for language, nature in (("fr", "fichier de factures"), ("en", "file of invoices"), ("nl", "fichier de factures")):
        write_authority_file(run_id, tmp_path / language, language)
        pages = PdfReader(tmp_path / language / f"{run_id}.pdf").pages
        text = " ".join(" ".join(page.extract_text() for page in pages).split())
        assert nature in text
        assert "billing.invoice" in text
        assert "Global Data Protection Officer" in text
    plain = json.loads((tmp_path / "en" / f"{run_id}.json").read_text())
    assert plain["counts"]["people"] >= plain["counts"]["with_address"] > 0
    assert plain["nature"]["categories"]
    assert plain["subjects"] == ["customer"]


def test_register_of_incidents_is_printed(house: House, tmp_path: Path) -> None:
    """Art. 33(5), as CSV and PDF."""
    run_id = an_incident(house)

    write_register(tmp_path / "r.csv", tmp_path / "r.pdf", "en")

    assert run_id in (tmp_path / "r.csv").read_text()
    assert run_id in PdfReader(tmp_path / "r.pdf").pages[0].extract_text().replace("\n", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: [x", "line"),
        ("title: x\n", "words"),
        ("title: x\nwords: {de: {nature: y}}\n", "fr, en or nl"),
        ("title: x\nwords: {fr: {nature: y, natur: z}}\n", "natur"),
        ('title: "x\\r\\nBcc: y"\nwords: {fr: {nature: y}}\n', "title"),
    ],
)
def test_file_that_is_wrong_is_told(tmp_path: Path, text: str, said: str) -> None:
    """What is wrong and where; nothing is entered."""
    (tmp_path / "incident.yaml").write_text(text)

    with pytest.raises(RequestInvalid, match=said):
        enter(IncidentKind.ATTACK, tmp_path / "incident.yaml", "", ("email", None), account="zoe")

    assert services().register.incidents() == []


def test_search_that_was_cut_off_numbers_people_anew(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 3: whatever order the databases give the second time, everybody has one number, and their own address."""
    run_id = an_incident(house)
    found, put = affected._rows_with_address, type(services().register).put_sendings
    monkeypatch.setattr(affected, "A_BLOB", 5)
    with monkeypatch.context() as patch:  # the process dies at the second blob
        patch.setattr(
            type(services().register), "put_sendings", lambda me, run, rows: _until_second(put, me, run, rows)
        )
        with pytest.raises(StepFailed):
            carry_out(run_id)
    monkeypatch.setattr(affected, "_rows_with_address", lambda *a, **k: reversed(list(found(*a, **k))))

    told(house, run_id)

    people = addressees(run_id, services().register.sendings(run_id, SendingState.SENT, 10_000))
    assert {who.address for who in people.values()} == _holders(house)
    assert services().register.count_sendings(run_id) == {SendingState.SENT: len(_holders(house))}
    assert len(house.outbox("eml")) == len(_holders(house))
    with pytest.raises(StepFailed, match="have left already"):
        services().register.forget_sendings(run_id)


def _until_second(put: Any, register: Any, run_id: str, rows: Any) -> int:
    if rows[0][0]:
        raise OSError
    return int(put(register, run_id, rows))
