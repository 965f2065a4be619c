"""The operators' desk over a real installation: who gets in, what they see, and that it is remembered."""

import base64
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.vocabulary import Channel, Decision, Gate, OperatorRole, Right
from flows.doors.desk import OperatorsDoor
from flows.doors.operators import operators_desk
from flows.operator.opening import Typed, open_request
from flows.wiring.uploads import read_document
from tasks.gates.operators import password_digest
from tasks.identity.documents import keep_record
from tasks.intake.arrivals import take_in
from tests.browser import Browser, browsing
from tests.flows.company import House

_PASSWORD = "quiet-otters-42"


@pytest.fixture
def desk(house: House) -> Iterator[Browser]:
    """A browser at the desk, nobody signed in; the DPO and an agent have passwords."""
    for name in ("claire", "zoe"):
        known = house.installation.register.operator(name)
        assert known is not None
        house.installation.register.put_operator(replace(known, password=password_digest(name, _PASSWORD)))
    with browsing(operators_desk(house.installation)) as browser:
        yield browser


def sign_in(desk: Browser, house: House, name: str = "claire") -> str:
    """The page after signing in."""
    return desk.send("/sign-in", name=name, password=_PASSWORD, code=house.code(name)).text


def test_nobody_sees_anything_without_signing_in(desk: Browser, house: House) -> None:
    """Every page leads to the sign-in."""
    case_id = house.open(Right.ACCESS)

    pages = [desk.get(path).text for path in ("/", f"/cases/{case_id}", f"/cases/{case_id}/letter")]

    assert all("Sign in" in page and case_id not in page for page in pages)


def test_operator_sees_what_waits(desk: Browser, house: House) -> None:
    """The list leads to the case, with its open gates."""
    case_id = house.open(Right.ACCESS)
    house.until(Gate.IDENTITY, case_id)

    page = sign_in(desk, house)

    assert case_id in page
    assert "identity" in desk.get(f"/cases/{case_id}").text


def test_wrong_code_is_refused_and_remembered(desk: Browser, house: House) -> None:
    """In words that do not say what was wrong."""
    answer = desk.send("/sign-in", name="claire", password=_PASSWORD, code="000000")

    assert answer.status_code == 422
    assert "do not fit together" in answer.text
    assert not house.installation.register.uses()[0].is_accepted


def test_letter_is_read_and_remembered(desk: Browser, house: House) -> None:
    """Who read it stands in the log and in the evidence of the case."""
    case_id = house.open(Right.ACCESS, details="Bonjour, <script>alert(1)</script>")
    sign_in(desk, house)

    page = desk.get(f"/cases/{case_id}/letter").text

    assert "Bonjour, &lt;script&gt;" in page
    assert house.installation.register.uses()[0].what == "look at letter"
    assert any(step == "looked" for step, _ in house.installation.register.steps(case_id))


def test_texts_are_read_and_decided(desk: Browser, house: House) -> None:
    """Every text with a fresh code; afterwards the gate can be approved."""
    case_id = house.open(Right.ACCESS)
    house.until(Gate.REVIEW, case_id)
    sign_in(desk, house)
    page = desk.get(f"/cases/{case_id}/texts").text
    house.clock.advance(timedelta(seconds=30))

    decided = dict.fromkeys(set(re.findall(r'name="(decision:[^"]+)"', page)), "release")
    desk.send(f"/cases/{case_id}/texts", code=house.code("claire"), **decided)

    assert Decision.APPROVE in house.gate(case_id, Gate.REVIEW).options


def test_texts_without_a_fresh_code_stay_undecided(desk: Browser, house: House) -> None:
    """The code of the sign-in was used; what was typed is kept, the code is not."""
    case_id = house.open(Right.ACCESS)
    house.until(Gate.REVIEW, case_id)
    sign_in(desk, house)
    page = desk.get(f"/cases/{case_id}/texts").text

    decided = dict.fromkeys(set(re.findall(r'name="(decision:[^"]+)"', page)), "release")
    answer = desk.send(f"/cases/{case_id}/texts", code=house.code("claire"), **decided)

    assert answer.status_code == 422
    assert "used before" in answer.text
    assert Decision.APPROVE not in house.gate(case_id, Gate.REVIEW).options


def test_proof_is_shown_in_a_sandbox(desk: Browser, house: House) -> None:
    """A file that claims to be a picture is saved, never opened in our pages."""
    case_id = house.open(Right.ACCESS)
    with house.installation.services.vault.write(case_id, "proof.1") as blob:
        blob.write(b"<html><script>alert(1)</script>")
    sign_in(desk, house)

    shown = desk.get(f"/cases/{case_id}/proofs/proof.1")

    assert shown.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert desk.get(f"/cases/{case_id}/proofs/request").status_code == 404


def test_role_decides_what_is_seen(house: House) -> None:
    """An admin who answers no gate reads no letter (charter 3.2)."""
    house.hire("root", OperatorRole.ADMIN)
    case_id = house.open(Right.ACCESS, details="Bonjour")

    with pytest.raises(AnswerRefused):
        OperatorsDoor(house.installation).letter(case_id, "root")


def test_session_ends_with_the_operator(desk: Browser, house: House) -> None:
    """Taken out of force, or signed out elsewhere: the cookie opens nothing any more."""
    sign_in(desk, house, "zoe")
    known = house.installation.register.operator("zoe")
    assert known is not None
    house.installation.register.put_operator(replace(known, is_active=False))

    assert "Sign in" in desk.get("/").text


def test_signing_out_ends_every_session(desk: Browser, house: House) -> None:
    """A cookie that was copied before is worth nothing."""
    sign_in(desk, house)
    copied = dict(desk.cookies)

    desk.send("/", "/sign-out")
    desk.cookies.update(copied)

    assert "Sign in" in desk.get("/").text


def an_arrival(house: House) -> str:
    """A mail that nobody could tell what it asks."""
    raw = b"From: Ana <ana@example.org>\r\nSubject: Moved\r\n\r\nI moved <b>last</b> month. What now?\r\n"
    return take_in(raw, house.clock()).incoming_id


def test_mail_is_read_and_made_a_case(desk: Browser, house: House) -> None:
    """From the list to the case, with a fresh code; its words are data in the page."""
    arrival = an_arrival(house)
    assert arrival in sign_in(desk, house)
    assert "I moved &lt;b&gt;last&lt;/b&gt; month" in desk.get(f"/arrivals/{arrival}").text

    answer = desk.send(
        f"/arrivals/{arrival}", what="assign", right="rectification", language="en", code=house.code("claire", steps=1)
    )

    (case,) = house.installation.register.cases()
    assert case.case_id in answer.text
    assert (case.right, case.language) == (Right.RECTIFICATION, "en")
    assert "nothing to show" in desk.get(f"/arrivals/{arrival}").text


def test_filed_mail_is_seen_at_its_case_until_it_is_read(desk: Browser, house: House) -> None:
    """In the list with the case that it answers, on the case's page as unread; its words are data, and for readers."""
    asked = b"From: Ana <ana@example.org>\r\nSubject: Data\r\n\r\nI exercise my right of access (Article 15 GDPR)."
    case_id = take_in(asked, house.clock()).note
    thanks = f"From: ana@example.org\r\nSubject: Re: {case_id}\r\n\r\nThank <b>you</b>.".encode()
    arrival = take_in(thanks, house.clock()).incoming_id

    front = sign_in(desk, house)

    assert arrival in front
    assert f"answers {case_id}, and is filed with it" in front
    assert "not read yet" in desk.get(f"/cases/{case_id}").text
    assert "Thank &lt;b&gt;you&lt;/b&gt;." in desk.get(f"/arrivals/{arrival}").text
    page = desk.get(f"/cases/{case_id}").text
    assert arrival in page
    assert "not read yet" not in page
    assert arrival not in desk.get("/").text


def test_mail_is_set_aside_with_a_code_alone(desk: Browser, house: House) -> None:
    """A wrong code changes nothing."""
    arrival = an_arrival(house)
    sign_in(desk, house)

    wrong = desk.send(f"/arrivals/{arrival}", what="set_aside", reason="spam", code="000000")
    assert (wrong.status_code, house.installation.register.incomings(waiting_only=True) != []) == (422, True)

    desk.send(f"/arrivals/{arrival}", what="set_aside", reason="spam", code=house.code("claire", steps=1))
    assert house.installation.register.incomings(waiting_only=True) == []


def test_scan_of_a_letter_is_the_record_of_its_case(desk: Browser, house: House) -> None:
    """Sealed when it is registered, seen at the desk, in evidence as a digest; gone with the case."""
    case_id = house.open(Right.ACCESS)
    keep_record(case_id, read_document(_PICTURE), by="zoe")
    sign_in(desk, house)

    assert "The letter as it was scanned" in desk.get(f"/cases/{case_id}").text
    assert desk.get(f"/cases/{case_id}/record").headers["content-type"] == "image/png"
    with pytest.raises(RequestInvalid):
        keep_record(case_id, read_document(_PICTURE), by="zoe")
    house.walk(case_id)
    assert not house.installation.services.vault.has(case_id, "record")


def test_scan_that_cannot_be_kept_registers_nothing(house: House, tmp_path: Path) -> None:
    """A program that is called a PDF, a file that is not there."""
    (tmp_path / "letter.pdf").write_bytes(b"MZ")
    for name in ("letter.pdf", "absent.pdf"):
        typed = Typed(
            Right.ACCESS, Channel.LETTER, "en", "", "Ana", "k", {"email": ["a@example.org"]}, scan=tmp_path / name
        )
        with pytest.raises(RequestInvalid, match="scan"):
            open_request(typed)
    assert house.installation.register.cases() == []


_PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
