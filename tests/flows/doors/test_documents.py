"""Documents sent as proof: only when one is awaited, only what is safe, seen at the desk, destroyed once checked."""

import io
import re
import resource
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.actions import JavaScript

from data_contracts.case.documents import LARGEST_DOCUMENT
from data_contracts.case.request import Statement
from data_contracts.vocabulary import Decision, Gate, Requester, Right
from flows.doors.operators import operators_desk
from flows.doors.public import public_site
from flows.watch.lookout import look_at_all
from integrations.intake.site import documents
from integrations.intake.web import uploads
from integrations.intake.web.uploads import read_document
from tasks.gates.operators import password_digest
from tasks.intake.public_status import make_status_code
from tasks.services import services
from tests.browser import Browser, browsing
from tests.flows.company import House

_TO = "/case/document"


@pytest.fixture
def visitor(house: House) -> Iterator[Browser]:
    """A browser without scripts, in English."""
    with browsing(public_site(house.installation)) as browser:
        yield browser


def picture(kind: str = "PNG", *, width: int = 40, **saved: object) -> bytes:
    """A small picture."""
    drawn = io.BytesIO()
    Image.new("RGB", (width, 30), "navy").save(drawn, kind, **saved)
    return drawn.getvalue()


def pdf(*, script: str = "", attached: bytes = b"", password: str = "") -> bytes:
    """A PDF of one page."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    if script:
        writer.add_open_action(JavaScript(script))
    if attached:
        writer.add_attachment("more.exe", attached)
    if password:
        writer.encrypt(password)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def opened(visitor: Browser, case_id: str) -> str:
    """The page of a case, opened with its code."""
    return visitor.send("/status", case=case_id, code=make_status_code(case_id)).text


def sent(visitor: Browser, content: bytes, kind: str = "identity", name: str = "x.png") -> tuple[int, str]:
    """Status and page after sending a document."""
    answer = visitor.send("/case", _TO, files={"file": (name, content, "image/png")}, kind=kind)
    return answer.status_code, answer.text


def asked_for_more(house: House, **typed: object) -> str:
    """A case in which a person asked for more proof of identity."""
    case_id = house.open(Right.ACCESS, **typed)
    house.answer(house.until(Gate.IDENTITY, case_id), Decision.ASK_MORE)
    house.run(case_id)
    return case_id


def kept(case_id: str) -> list[str]:
    """Names of the documents that the vault has."""
    return [name for name in services().vault.names(case_id) if name.startswith("proof.")]


def test_no_document_is_asked_for_before_a_person_wants_more(visitor: Browser, house: House) -> None:
    """Art. 12(6): a copy of an identity document is not the first thing to ask for."""
    case_id = house.open(Right.ACCESS)
    house.until(Gate.IDENTITY, case_id)

    page = opened(visitor, case_id)

    assert 'type="file"' not in page
    assert sent(visitor, picture())[0] == 422
    assert kept(case_id) == []


def test_document_is_sealed_seen_at_the_desk_and_destroyed(visitor: Browser, house: House) -> None:
    """An operator sees the picture; once identity is decided it is gone, and evidence says only that there was one."""
    case_id = asked_for_more(house)
    opened(visitor, case_id)

    status, page = sent(visitor, picture())

    assert (status, "The document arrived" in page) == (200, True)
    (name,) = kept(case_id)
    assert _shown_at_desk(house, case_id, name).startswith(b"\x89PNG")
    assert house.walk(case_id) == "granted"
    assert kept(case_id) == []
    steps = services().register.steps(case_id)
    assert any(step.startswith("document.identity") for step, _ in steps)


def test_clock_runs_on_from_the_day_the_document_came(visitor: Browser, house: House) -> None:
    """Not from the day an operator found the time to look at it (EDPB 01/2022, 5.3)."""
    case_id = asked_for_more(house)
    house.clock.advance(timedelta(days=4))
    opened(visitor, case_id)
    sent(visitor, picture())
    house.clock.advance(timedelta(days=6))

    before = house.installation.register.case(case_id).response_due
    house.answer(house.gate(case_id, Gate.IDENTITY, "attempt:1"), Decision.APPROVE, reference="id_document")
    house.run(case_id)

    moved = house.installation.register.case(case_id).response_due - before
    assert timedelta(days=3) <= moved <= timedelta(days=6)


def test_case_is_not_closed_while_a_document_waits_for_us(visitor: Browser, house: House) -> None:
    """What came is looked at, however long that takes us."""
    case_id = asked_for_more(house)
    opened(visitor, case_id)
    sent(visitor, picture())
    house.clock.advance(timedelta(days=60))

    look_at_all(house.installation.register.cases(), _NoRuns())

    assert house.outcome(case_id) == ""


def test_agent_sends_a_mandate(visitor: Browser, house: House) -> None:
    """From the start: who acts for somebody else has to show that they may."""
    agent = Statement(requester=Requester.AGENT, requester_name="Rita Agent")
    case_id = house.open(Right.ACCESS, statement=agent, reply_to="rita@example.net")
    house.run(case_id)
    assert "mandate" in opened(visitor, case_id)

    assert sent(visitor, pdf(), "capacity", "mandate.pdf")[0] == 200
    assert [name.rpartition(".")[0] for name in kept(case_id)] == ["proof.requester"]


def test_what_a_picture_carried_beside_itself_is_gone(visitor: Browser, house: House) -> None:
    """Where it was taken, and whatever hangs on its end."""
    case_id = asked_for_more(house)
    opened(visitor, case_id)
    exif = Image.Exif()
    exif[0x010E] = "taken at home, 12 rue des Lilas"

    sent(visitor, picture("JPEG", exif=exif, comment=b"a comment") + b"<script>alert(1)</script>")

    (name,) = kept(case_id)
    with services().vault.read(case_id, name) as blob:
        content = blob.read()
    assert Image.open(io.BytesIO(content)).size == (40, 30)
    assert not any(part in content for part in (b"Lilas", b"a comment", b"script"))


_BOMB = bytearray(picture())
_BOMB[16:24] = (60_000).to_bytes(4, "big") * 2  # the header says 3.6 billion pixels
_REFUSED = {
    "empty": b"",
    "a page": b"<html><script>alert(1)</script></html>",
    "a program": b"MZ\x90\x00" + b"\0" * 200,
    "an archive": b"PK\x03\x04" + b"\0" * 200,
    "a drawing with scripts": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "half a picture": picture()[:60],
    "a bomb": bytes(_BOMB),
    "a PDF with a script": pdf(script="app.alert(1)"),
    "a PDF with a file in it": pdf(attached=b"MZ"),
    "a PDF with a password": pdf(password="secret"),
    "half a PDF": pdf()[:100],
    "a PDF in name alone": b"%PDF-1.7\nnothing",
}


@pytest.mark.parametrize("content", _REFUSED.values(), ids=_REFUSED)
def test_what_is_not_safe_is_refused(visitor: Browser, house: House, content: bytes) -> None:
    """With a reason that says what to do; nothing is kept."""
    case_id = asked_for_more(house)
    opened(visitor, case_id)

    status, page = sent(visitor, content)

    assert (status, 'class="fault"' in page) == (422, True)
    assert kept(case_id) == []


def test_too_large_a_document_is_read_no_further(visitor: Browser, house: House) -> None:
    """One byte over the limit is refused with a reason, far more before it is read."""
    case_id = asked_for_more(house)
    opened(visitor, case_id)

    assert sent(visitor, picture() + b"\0" * LARGEST_DOCUMENT)[0] == 422
    assert sent(visitor, b"\0" * (LARGEST_DOCUMENT + 2 * 1024 * 1024))[0] == 413
    assert kept(case_id) == []


def test_only_so_many_documents_are_kept(visitor: Browser, house: House) -> None:
    """Nobody fills our disk; the same one twice is one."""
    case_id = asked_for_more(house)
    opened(visitor, case_id)
    many = [picture(width=width) for width in range(20, 26)]

    answers = [sent(visitor, content)[0] for content in (many[0], *many)]

    assert answers == [200] * 6 + [422]
    assert len(kept(case_id)) == 5


def test_without_the_code_nothing_is_kept(visitor: Browser, house: House) -> None:
    """Another visit, a case of somebody else: no."""
    case_id = asked_for_more(house)

    token = re.search(r'name="token" value="([^"]+)"', visitor.get("/status").text)
    assert token is not None
    answer = visitor.post(_TO, files={"file": ("x.png", picture(), "image/png")}, token=token[1], kind="identity")

    assert "Reference" in answer.text
    assert kept(case_id) == []


class _NoRuns:
    """No Prefect: nothing is woken."""

    def wake(self, _case: object) -> None:
        """Nothing."""

    extend = wake_extension = wake


def _shown_at_desk(house: House, case_id: str, name: str) -> bytes:
    known = house.installation.register.operator("claire")
    assert known is not None
    house.installation.register.put_operator(replace(known, password=password_digest("claire", "quiet-otters-42")))
    with browsing(operators_desk(house.installation)) as desk:
        desk.send("/sign-in", name="claire", password="quiet-otters-42", code=house.code("claire"))
        return desk.get(f"/cases/{case_id}/proofs/{name}").content


def test_without_the_code_no_file_is_looked_at(visitor: Browser, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has no case cannot have us decode anything."""
    asked_for_more(house)
    looked_at: list[bytes] = []
    monkeypatch.setattr(documents, "read_document", looked_at.append)
    token = re.search(r'name="token" value="([^"]+)"', visitor.get("/status").text)
    assert token is not None

    visitor.post(_TO, files={"file": ("x.png", picture(), "image/png")}, token=token[1], kind="identity")

    assert looked_at == []


def test_large_pictures_fill_no_memory_of_ours() -> None:
    """A few kilobytes that are hundreds of megabytes when decoded: in a process of their own, one at a time."""
    drawn = io.BytesIO()
    Image.new("RGB", (7000, 7000), "navy").save(drawn, "PNG")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(read_document, [drawn.getvalue()] * 2))

    assert {one.media_type for one in taken} == {"image/png"}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 60 * 1024  # KiB; one picture has 147 MB


def test_file_that_exhausts_its_process_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """However it ends."""
    monkeypatch.setattr(uploads, "_COMMAND", ("/bin/false",))
    with pytest.raises(uploads.DocumentRefused, match="too_large"):
        read_document(picture())


def test_memory_of_the_process_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is the program's own: with a smaller one, a picture that is taken otherwise is refused."""
    program = "from integrations.intake.web import decoding as d; d._MEMORY_BYTES = 200 << 20; d.main()"
    monkeypatch.setattr(uploads, "_COMMAND", (sys.executable, "-c", program))
    drawn = io.BytesIO()
    Image.new("RGB", (7000, 7000), "navy").save(drawn, "PNG")

    assert read_document(picture()).media_type == "image/png"
    with pytest.raises(uploads.DocumentRefused):
        read_document(drawn.getvalue())
