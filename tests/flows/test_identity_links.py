"""Identity proven by a link to the address we hold: what it proves, what nobody can do with it (Art. 12(6); law 4)."""

import io
import re
import zipfile
from collections.abc import Iterator

import pytest

from data_contracts.vocabulary import Channel, Gate, Right
from flows.serving import public_site
from tasks.packages import send_new_link
from tests.browser import Browser, browsing
from tests.flows.company import House

_THIEF = "thief@example.org"


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
    """It was not the reader of the mailbox who asked: nothing is located."""
    case_id = asked(house)

    visitor.send(link_in(house, case_id), answer="no")

    assert house.run(case_id) is None
    assert house.outcome(case_id) == "identity_failed"
    assert "located" not in house.states(case_id)


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
