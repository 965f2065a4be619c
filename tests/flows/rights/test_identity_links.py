"""Identity proven by a link to the address we hold: what it proves, what nobody can do with it (Art. 12(6); law 4)."""

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from data_contracts.case.request import ProvenSubject
from data_contracts.vocabulary import Channel, Decision, Gate, Right
from flows.doors.public import public_site
from tasks.case.clock import today
from tasks.identity.online import accepted_ways, note_proof
from tasks.intake.public_status import make_status_code
from tasks.notices.packages import send_new_link
from tests.browser import Browser, browsing
from tests.flows.company import House
from tests.flows.watch.test_lookout import look

_THIEF = "thief@example.org"
_SECRET = re.compile(r'value="[^"]+"|C-\w{4}-\w{4}')


@pytest.fixture(autouse=True)
def _site_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house knows where its site is, so that it sends links; a setting, as an operator sets it."""
    monkeypatch.setenv("RIGHTSFLOW_SITE_URL", "http://localhost")


@pytest.fixture
def visitor(house: House) -> Iterator[Browser]:
    """Whoever reads the mail."""
    with browsing(public_site(house.installation)) as browser:
        yield browser


def asked(house: House, right: Right = Right.ACCESS, **identity: str) -> str:
    """The case of a request that came by the site, carried on until it waits."""
    named = {kind: [value] for kind, value in (identity or {"email": house.company.subject.email}).items()}
    case_id = house.open(right, channel=Channel.FORM, identity=named)
    house.run(case_id)
    return case_id


def link_in(house: House, case_id: str, notice: str = "identity_link") -> str:
    """The path of the link in a mail of the case."""
    (mail,) = (raw for name, raw in house.outbox("eml").items() if case_id in name and notice in name)
    text = mail.replace(b"=\r\n", b"").replace(b"=\n", b"").replace(b"=3D", b"=").decode("utf-8", "replace")
    found = re.search(r"http://localhost(/[\w-]+/[\w.=-]+)", text)
    assert found is not None
    return found[1]


def recipient_of(house: House, case_id: str, notice: str) -> str:
    """Whom a mail of the case went to."""
    (mail,) = (raw for name, raw in house.outbox("eml").items() if case_id in name and notice in name)
    return re.search(rb"^To: .*?([\w.+-]+@[\w.-]+)", mail, re.MULTILINE)[1].decode()  # type: ignore[index]  # every mail has one


def test_link_is_sent_and_the_clock_stands_still(house: House) -> None:
    """To the address that was named, since nothing else leads to it."""
    case_id = asked(house)

    assert house.states(case_id)[-1] == "identity_asked"
    assert recipient_of(house, case_id, "identity_link") == house.company.subject.email


def test_confirmed_case_goes_on_without_an_operator(house: House, visitor: Browser) -> None:
    """The identity gate stays unanswered; what proved it is in the evidence."""
    case_id = asked(house)

    visitor.send(link_in(house, case_id), answer="yes")
    waits = house.run(case_id)

    assert waits is not None
    assert waits.gate is not Gate.IDENTITY
    assert [g for g in house.installation.register.gates(case_id, open_only=True) if g.gate is Gate.IDENTITY] == []
    receipt = house.installation.register.steps(case_id)["identity", ""].receipt
    assert receipt["method"] == "mail_link"


def test_clock_runs_on_from_the_day_the_proof_came(house: House, visitor: Browser) -> None:
    """However late the case is carried on: what waits for us does not stop the time to answer (Art. 12(3))."""
    case_id = asked(house)
    link, came_on = link_in(house, case_id), today()

    visitor.send(link, answer="yes")
    house.clock.advance(timedelta(days=4))
    house.run(case_id)

    receipt = house.installation.register.steps(case_id)["identity", ""].receipt
    assert receipt["proof_came_on"] == came_on.isoformat()


def test_proof_that_came_is_not_overtaken_by_the_end_of_its_time(house: House, visitor: Browser) -> None:
    """It came in time; that nobody carried the case on since does not refuse the data subject."""
    case_id = asked(house)

    visitor.send(link_in(house, case_id), answer="yes")
    _lapse(house)
    house.run(case_id)

    assert "identity_verified" in house.states(case_id)


def test_nobody_is_asked_about_a_case_that_nobody_proved(house: House) -> None:
    """Its time is over, so the gate is taken back."""
    case_id = asked(house)

    _lapse(house)

    open_gates = house.installation.register.gates(case_id, open_only=True)
    assert [entry for entry in open_gates if entry.gate is Gate.IDENTITY] == []


def test_looking_at_a_link_does_not_use_it(house: House, visitor: Browser) -> None:
    """Programs that read mail open every address in it."""
    case_id = asked(house)
    link = link_in(house, case_id)

    for _ in range(3):
        assert visitor.get(link).status_code == 200

    assert house.states(case_id)[-1] == "identity_asked"


def test_link_works_once(house: House, visitor: Browser) -> None:
    """Replayed, it opens nothing."""
    link = link_in(house, asked(house))
    visitor.send(link, answer="yes")

    assert visitor.get(link).status_code == 404


def test_denied_case_is_stopped(house: House, visitor: Browser) -> None:
    """It was not the reader of the mailbox who asked: nothing is located, and nobody can let it go on."""
    case_id = asked(house)

    visitor.send(link_in(house, case_id), answer="no")
    entry = house.until(Gate.IDENTITY, case_id)
    _lapse(house)

    assert "did not ask" in entry.description
    assert Decision.APPROVE not in entry.options
    assert house.run(case_id) is None
    assert house.outcome(case_id) == "identity_failed"
    assert "located" not in house.states(case_id)
    assert ("proof.denied", "") in house.installation.register.steps(case_id)


def test_denial_looks_like_waiting(house: House, visitor: Browser) -> None:
    """Whoever asked sees the same where the owner denied it as where nobody has the number: now, later, in the end."""
    numbers = (house.company.subject.customer_no, "LM99999999")
    denied, unknown = (asked(house, email=f"thief{n}@example.org", customer_no=one) for n, one in enumerate(numbers))

    visitor.send(link_in(house, denied), answer="no")
    assert accepted_ways(denied) == accepted_ways(unknown) != []  # what its page offers
    seen = []
    for passed in (0, 15, 16, 1):
        _lapse(house, passed)
        for case_id in (denied, unknown):
            house.run(case_id)
        opened = [visitor.send("/status", case=one, code=make_status_code(one)) for one in (denied, unknown)]
        pages = [_SECRET.sub("*", answer.text) for answer in opened]
        seen.append((pages[0] == pages[1], house.states(denied) == house.states(unknown), "stands still" in pages[0]))

    assert seen == [(True, True, True), (True, True, True), (True, True, False), (True, True, False)]
    assert house.outcome(denied) == house.outcome(unknown) == "identity_failed"
    assert _told_to_thief(house, denied) == _told_to_thief(house, unknown) != []


def test_what_was_denied_is_not_proven_in_another_way(house: House, visitor: Browser) -> None:
    """Whoever got hold of the owner's account after all is not let on; the page says what it says to everybody."""
    case_id = asked(house, email=_THIEF, customer_no=house.company.subject.customer_no)
    visitor.send(link_in(house, case_id), answer="no")
    owner = ProvenSubject(address=house.company.subject.email, identity={"email": [house.company.subject.email]})
    other = ProvenSubject(address=_THIEF, identity={"email": [_THIEF]})

    note_proof(case_id, "client_space", owner, by="test")
    house.run(case_id)
    assert house.states(case_id)[-1] == "identity_asked"

    note_proof(case_id, "client_space", other, by="test")
    house.run(case_id)
    assert "identity_verified" in house.states(case_id)


def test_who_denied_a_request_is_not_reminded_of_it(house: House, visitor: Browser) -> None:
    """Their own address was typed, so nobody else sees that no reminder comes."""
    case_id = asked(house)
    visitor.send(link_in(house, case_id), answer="no")

    _lapse(house, 15)

    assert not any("reminder" in name for name in house.outbox("eml"))


def _lapse(house: House, days: int = 31) -> None:
    """So many days pass, and the watch looks."""
    look(house, days=days)


def _to_thief(raw: bytes) -> bool:
    return re.search(rb"^To: .*thief\d@", raw, re.MULTILINE) is not None


def _told_to_thief(house: House, case_id: str) -> list[str]:
    """What the mails of a case say to whoever asked, but for what is random in them."""
    mails = [raw for name, raw in house.outbox("eml").items() if case_id in name and _to_thief(raw)]
    bodies = [message_from_bytes(raw, policy=policy.default).get_body(("plain",)) for raw in mails]
    return sorted(str(body.get_content()).replace(case_id, "*") for body in bodies if body is not None)


def test_own_mailbox_does_not_open_a_strangers_data(house: House) -> None:
    """A thief names the own address and a stranger's customer number: the link goes to the stranger alone."""
    subject = house.company.subject

    case_id = asked(house, email=_THIEF, customer_no=subject.customer_no)

    assert recipient_of(house, case_id, "identity_link") == subject.email
    assert link_in(house, case_id)


def test_answer_goes_to_the_proven_mailbox(house: House, visitor: Browser) -> None:
    """Even if the stranger confirms, the thief's address receives nothing more."""
    case_id = asked(house, email=_THIEF, customer_no=house.company.subject.customer_no)

    visitor.send(link_in(house, case_id), answer="yes")
    house.walk(case_id)

    assert recipient_of(house, case_id, "answer") == house.company.subject.email


def test_nothing_tells_whether_a_person_is_known(house: House) -> None:
    """A customer number that nobody has is asked about in the same states, with the same mails to who asked."""
    known, unknown = (
        asked(house, email=_THIEF, customer_no=number) for number in (house.company.subject.customer_no, "LM999999")
    )

    assert house.states(known) == house.states(unknown)
    mails = house.outbox("eml").items()
    to_thief = {
        case: sorted(name.removeprefix(case) for name, raw in mails if case in name and _THIEF.encode() in raw)
        for case in (known, unknown)
    }
    assert to_thief[known] == to_thief[unknown] != []


def test_package_is_downloaded_by_the_link_of_the_answer(house: House, visitor: Browser) -> None:
    """Once, and the handing over is in the evidence."""
    case_id = asked(house)
    visitor.send(link_in(house, case_id), answer="yes")
    house.walk(case_id)
    link = link_in(house, case_id, "answer")

    package = visitor.send(link)

    assert "index.html" in zipfile.ZipFile(io.BytesIO(package.content)).namelist()
    assert visitor.get(link).status_code == 404
    assert any(step == "hand over" for step, _ in house.installation.register.steps(case_id))


def test_new_link_ends_the_old_one(house: House, visitor: Browser) -> None:
    """It goes to the proven address, and there are not endlessly many."""
    case_id = asked(house)
    visitor.send(link_in(house, case_id), answer="yes")
    house.walk(case_id)
    old = link_in(house, case_id, "answer")

    sent = [send_new_link(case_id) for _ in range(6)]

    assert sent == [True] * 5 + [False]
    assert visitor.get(old).status_code == 404


def test_link_of_a_package_is_none_for_identity(house: House, visitor: Browser) -> None:
    """A link opens what it was made for."""
    token = link_in(house, asked(house)).rpartition("/")[2]

    assert visitor.get(f"/package/{token}").status_code == 404
    assert visitor.get(f"/link/{token[:-2]}xx").status_code == 404
