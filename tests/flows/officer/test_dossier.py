"""Art. 31, charter 7d: what the authority asks for, of a case, a person or a period; signed, and nothing too much."""

import base64
import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from pypdf import PageObject, PdfReader

from data_contracts.errors import AnswerRefused, CaseUnknown, RequestInvalid
from data_contracts.officer.dossiers import FACTS, PAPER, README, Scope
from data_contracts.vocabulary import Decision, Duty, Gate, OperatorRole, Right
from flows.duties.dossier import make, scope_asked
from flows.duties.retention import carry_out
from integrations.evidence import verify_any
from tasks.life.archive import purge_ended
from tasks.officer.dossiers import begin_dossier, begun_dossier, period, person
from tasks.rules.officer.dossiers import RECOUNT
from tasks.search.holds import set_hold
from tests.flows.company import House

YEAR = period("2026-01-01", "2026-12-31")


def ask(house: House, scope: Scope, who: str = "claire", *, letters: bool = False) -> str:
    """The name of a dossier that a proven person asked for."""
    house.clock.advance(timedelta(minutes=2))  # each code is good for once
    return begin_dossier(scope, who, house.code(who), key=str(uuid4()), letters=letters)


def dossier(house: House, scope: Scope, file: Path, *, language: str = "en", letters: bool = False) -> dict[str, Any]:
    """The facts of a dossier that was made and verified."""
    make(house.installation, ask(house, scope, letters=letters), file, language)
    verified = verify_any(file, [], RECOUNT)
    assert verified.is_whole, list(map(str, verified.findings))
    with zipfile.ZipFile(file) as archive:
        facts: dict[str, Any] = json.loads(archive.read(FACTS))
    return facts


def everything_in(file: Path) -> bytes:
    """Every byte of a dossier, and of what its envelopes and its paper say."""
    with zipfile.ZipFile(file) as archive:
        parts = [archive.read(name) for name in archive.namelist()]
    payloads = [
        base64.b64decode(json.loads(line)["record"]["payload"])
        for part in parts
        for line in part.splitlines()
        if line.startswith(b'{"record"')
    ]
    pages = [page.extract_text().encode() for part in parts if part[:4] == b"%PDF" for page in _pages(part)]
    return b"\n".join([*parts, *payloads, *pages])


def _pages(paper: bytes) -> list[PageObject]:
    return list(PdfReader(BytesIO(paper)).pages)


def test_case_is_told_from_receipt_to_archive(house: House, tmp_path: Path) -> None:
    """Right, clock, who decided what and how they were proven, what was done to whose rows, who was told."""
    case_id = house.open(Right.ERASURE)
    outcome = house.walk(case_id)

    [case] = dossier(house, Scope(case_id=case_id), tmp_path / "case.zip")["cases"]

    told = case["evidence"]
    assert (case["case"], told["right"], told["channel"], told["outcome"]) == (case_id, "erasure", "letter", outcome)
    assert (told["answer"]["standing"], told["clock"]["due"]) == ("in_time", "2026-04-30")
    assert [(gate["gate"], gate["by"]) for gate in told["gates"]][:3] == [
        ("identity", "claire"), ("approval", "claire"), ("approval", "marc"),
    ]  # fmt: skip
    assert told["identity"][0]["proofs_destroyed"] is True
    assert {act["system"] for act in told["acts"]} >= {"crm", "billing", "marketing"}
    assert {line["ground"]["art17_3"] for line in told["plan"]["lines"] if line["ground"]} == {"b"}
    assert [proof["verdict"] for proof in told["proof"]] == ["proven_but_for"]  # others typed or were given her number
    assert {one["party"]: one["state"] for one in told["recipients"]}["creditbur"] == "by_hand"
    assert [move["to"] for move in case["timeline"]] == house.states(case_id)


def test_that_a_dossier_was_made_is_in_the_evidence(house: House, tmp_path: Path) -> None:
    """Of the case, and of the run: who asked, and the digest of what was made."""
    case_id = house.open(Right.ACCESS)
    run_id = ask(house, Scope(case_id=case_id))

    made = make(house.installation, run_id, tmp_path / "case.zip")

    register = house.installation.register
    assert ("dossier", run_id) in register.steps(case_id)
    assert register.step(run_id, "end").receipt["manifest"] == made["manifest"]  # type: ignore[union-attr]  # it was made
    assert (register.run(run_id).outcome, begun_dossier(run_id)[1]["asked_by"]) == ("made", "claire")
    assert house.installation.verify_case(run_id).is_whole
    assert house.installation.verify_case(case_id).is_whole


def test_run_that_is_started_again_makes_it_again(house: House, tmp_path: Path) -> None:
    """Law 2: the scope is in the register; the case's evidence tells of it once."""
    case_id = house.open(Right.ACCESS)
    run_id = ask(house, Scope(case_id=case_id))
    make(house.installation, run_id, tmp_path / "case.zip")
    house.clock.advance(timedelta(minutes=5))

    make(house.installation, run_id, tmp_path / "case.zip")

    records, _ = house.installation.register.evidence(case_id)
    assert verify_any(tmp_path / "case.zip", [], RECOUNT).is_whole
    assert len(records) == 2


def test_person_is_told_by_digests_alone(house: House, tmp_path: Path) -> None:
    """Cases, holds, restrictions, objections, disclosures; no name, no address, no number."""
    subject = house.company.subject
    cases = sorted(house.open(right) for right in (Right.OBJECTION, Right.ERASURE, Right.RESTRICTION))
    for case_id in cases:
        house.walk(case_id)
    house.clock.advance(timedelta(minutes=2))
    set_hold({"email": [subject.email]}, "CLAIM-7", [], operator="claire", code=house.code("claire"))

    facts = dossier(house, person({"email": [subject.email]}), tmp_path / "person.zip")

    told = facts["person"]
    assert [case["case"] for case in facts["cases"]] == told["cases"] == cases
    assert [hold["reference"] for hold in told["holds"]] == ["CLAIM-7"]
    assert {one["stance"] for one in told["stances"]} >= {"objected"}
    assert told["restrictions"]
    content = everything_in(tmp_path / "person.zip").lower()
    marks = (subject.email, subject.customer_no, *subject.name.split())
    assert [mark for mark in marks if mark.lower().encode() in content] == []


def test_person_of_another_key_is_not_told(house: House, tmp_path: Path) -> None:
    """Law 8: a key that was not given opens nothing; that cases have one of its kind is said."""
    subject = house.company.subject
    identity = {"email": [subject.email], "customer_no": [subject.customer_no]}
    house.walk(house.open(Right.OBJECTION, identity=identity))

    facts = dossier(house, person({"email": [subject.email]}), tmp_path / "person.zip")

    assert {one["key"]["kind"] for one in facts["person"]["stances"]} == {"email"}
    assert facts["person"]["other_kinds_of_these_cases"] == ["customer_no"]


def test_period_counts_what_was_received_in_it(house: House, tmp_path: Path) -> None:
    """By local days, both included; of one right where it is asked for; with the runs of the period."""
    inside = house.open(Right.ACCESS, received_at=house.clock())
    house.open(Right.ERASURE, received_at=house.clock() - timedelta(days=1))
    house.clock.advance(timedelta(minutes=2))
    retention = carry_out("marketing", "claire", house.code("claire")).run
    day = period("2026-03-31", "2026-03-31")

    facts = dossier(house, day, tmp_path / "day.zip")
    of_right = dossier(house, replace(YEAR, right=Right.ERASURE), tmp_path / "right.zip")

    assert [case["case"] for case in facts["cases"]] == [inside]
    assert [(run["run"], run["duty"]) for run in facts["runs"]] == [(retention, "retention")]
    assert (of_right["statistics"]["received"], of_right["runs"]) == (1, [])


def test_period_tells_refusals_by_ground(house: House, tmp_path: Path) -> None:
    """Art. 12(4): how many, of which right, why."""
    case_id = house.open(Right.ERASURE)
    entry = house.until(Gate.APPROVAL, case_id)
    house.answer(entry, Decision.REFUSE, reason="no", reference="legal_claims")
    house.walk(case_id)

    counted = dossier(house, YEAR, tmp_path / "year.zip")["statistics"]

    assert counted["refused"] == [{"right": "erasure", "ground": "legal_claims", "cases": 1}]
    assert (counted["answered_in_time"], counted["outcomes"]) == (1, {"refused": 1})


def test_purged_case_still_gives_a_dossier(house: House, tmp_path: Path) -> None:
    """Law 9: evidence outlives the data."""
    case_id = house.open(Right.ACCESS)
    house.walk(case_id)
    house.clock.advance(timedelta(days=60))
    assert purge_ended(house.installation.register.case(case_id))

    [case] = dossier(house, Scope(case_id=case_id), tmp_path / "purged.zip")["cases"]

    assert (case["state"], case["evidence"]["answer"]["standing"]) == ("purged", "in_time")


def test_letters_are_put_in_for_the_officer_alone(house: House, tmp_path: Path) -> None:
    """In clear, asked for by name, noted in the case's evidence."""
    case_id = house.open(Right.ACCESS)
    house.walk(case_id)

    dossier(house, Scope(case_id=case_id), tmp_path / "letters.zip", letters=True)

    with zipfile.ZipFile(tmp_path / "letters.zip") as archive:
        names = [name for name in archive.namelist() if name.startswith("letters/")]
        assert "letters/" in archive.read(README).decode()
        assert house.company.subject.name.split()[-1] in archive.read(f"letters/{case_id}/notice.answer.txt").decode()
    assert names == [f"letters/{case_id}/notice.{kind}.txt" for kind in ("acknowledgement", "answer")]
    with pytest.raises(AnswerRefused):
        ask(house, Scope(case_id=case_id), "marc", letters=True)
    with pytest.raises(RequestInvalid):
        ask(house, YEAR, letters=True)


@pytest.mark.parametrize("language", ["fr", "en", "nl"])
def test_paper_is_made_in_each_language(house: House, tmp_path: Path, language: str) -> None:
    """And the text that says how to verify the file."""
    house.open(Right.ACCESS)
    file = tmp_path / "year.zip"

    dossier(house, YEAR, file, language=language)

    with zipfile.ZipFile(file) as archive:
        assert archive.read(PAPER).startswith(b"%PDF")
        assert "rightsflow evidence verify" in archive.read(README).decode()


def test_only_who_may_has_a_dossier_made(house: House) -> None:
    """Policy: legal or the DPO, proven by a code."""
    case_id = house.open(Right.ACCESS)
    house.hire("lea", OperatorRole.LEGAL)

    assert ask(house, Scope(case_id=case_id), "lea")
    for who, code in (("zoe", house.code("zoe")), ("claire", "000000"), ("nobody", "000000")):
        with pytest.raises(AnswerRefused):
            begin_dossier(Scope(case_id=case_id), who, code, key="k")
    with pytest.raises(CaseUnknown):
        ask(house, Scope(case_id="C-2222-2222"))
    assert len(house.installation.register.runs(Duty.DOSSIER)) == 1


def test_what_is_asked_for_is_one_thing() -> None:
    """A case, or a period whose days are days."""
    wrong = [("", "", ""), ("C-1", "2026-01-01", ""), ("", "2026-01-01", ""), ("", "2026-02-01", "2026-01-01")]

    for case_id, since, until in wrong:
        with pytest.raises(RequestInvalid):
            scope_asked(case_id, since, until, None)
    with pytest.raises(RequestInvalid):
        scope_asked("C-1", "", "", Right.ERASURE)


def test_person_is_named_as_the_vocabulary_says(house: House) -> None:
    """A value that cannot be of its kind finds nobody, silently; so it is refused."""
    for identity in ({"email": ["no address"]}, {"shoe_size": ["42"]}, {}):
        with pytest.raises(RequestInvalid):
            person(identity)
    assert house.installation.register.runs(Duty.DOSSIER) == []


def test_another_run_is_no_dossier(house: House) -> None:
    """A run of retention was not begun as one."""
    house.clock.advance(timedelta(minutes=2))
    run_id = carry_out("marketing", "claire", house.code("claire")).run

    with pytest.raises(CaseUnknown):
        begun_dossier(run_id)
