"""The intake site over a real installation: a person asks, keeps a receipt, and sees where the request stands."""

import re
from collections.abc import Iterator

import pytest

from flows.doors.public import public_site
from tests.browser import Browser, browsing
from tests.flows.company import House

_ANA = {"name": "Ana Example", "identity_email": "ana@example.org"}


@pytest.fixture
def visitor(house: House) -> Iterator[Browser]:
    """A browser without scripts, in English."""
    with browsing(public_site(house.installation)) as browser:
        yield browser


def test_request_is_registered_before_the_receipt(visitor: Browser, house: House) -> None:
    """The receipt names the case, which is sealed by then."""
    receipt = visitor.send("/request/access", **_ANA)

    (case,) = house.installation.register.cases()
    assert case.case_id in receipt.text
    assert house.installation.services.vault.has(case.case_id, "request")


def test_receipt_can_be_kept_as_a_file(visitor: Browser) -> None:
    """With reference and code; by nobody else's visit."""
    case, code = re.findall(r'id="(?:reference|code)">([^<]+)', visitor.send("/request/access", **_ANA).text)

    kept = visitor.get(f"/receipt/{case}/text")

    assert kept.headers["content-disposition"] == f'attachment; filename="{case}.txt"'
    assert case in kept.text
    assert code in kept.text
    assert code not in visitor.get("/receipt/C-AAAA-AAAA/text").text


def test_pages_have_the_organisations_colours(visitor: Browser, house: House) -> None:
    """From its profile, in a sheet over ours."""
    sheet = visitor.get("/static/colours.css")

    assert sheet.headers["content-type"].startswith("text/css")
    assert house.installation.services.organisation.colours.light in sheet.text
    assert "colours.css" in visitor.get("/").text


def test_contacts_of_each_country_are_told(visitor: Browser) -> None:
    """Who lives in Belgium finds the office and the authority there (charter 8a)."""
    page = visitor.get("/?lang=fr").text

    told = page.partition("<summary>Belgique</summary>")[2]
    assert "Telco Example SA, Privacy" in told
    assert "Autorité de protection des données" in told
    assert "dpo.france@telco.example" in page.partition("<summary>France</summary>")[2].partition("</details>")[0]


def test_form_sent_twice_is_one_request(visitor: Browser, house: House) -> None:
    """Somebody who got no answer sends it again."""
    hidden = visitor.hidden("/request/access")

    first, second = (visitor.post("/request/access", **hidden, **_ANA) for _ in range(2))

    assert first.url == second.url
    assert len(house.installation.register.cases()) == 1


def test_form_of_another_site_is_refused(visitor: Browser, house: House) -> None:
    """Without our token nothing is registered (CSRF)."""
    key = visitor.hidden("/request/access")["key"]

    assert visitor.post("/request/access", key=key, **_ANA).status_code == 403
    assert house.installation.register.cases() == []


def test_status_opens_with_the_code_of_the_receipt(visitor: Browser) -> None:
    """And with no other; a case that nobody knows is answered like a wrong code."""
    receipt = visitor.send("/request/access", **_ANA).text
    (case, code) = re.findall(r'id="(?:reference|code)">([^<]+)', receipt)

    answers = [
        visitor.send("/status", case=case, code=code),
        visitor.send("/status", case=case, code="AAAA-AAAA-AAAA-AAAA"),
        visitor.send("/status", case="C-AAAA-AAAA", code=code),
    ]

    assert [answer.status_code for answer in answers] == [200, 422, 422]
    assert "Your request arrived" in answers[0].text


def test_every_answer_is_protected(visitor: Browser) -> None:
    """Pages and errors alike forbid scripts, framing, and keeping a copy."""
    answers = [visitor.get("/"), visitor.get("/nowhere"), visitor.post("/status")]

    assert [answer.status_code for answer in answers] == [200, 404, 403]
    assert {a.headers["Content-Security-Policy"].split(";")[0] for a in answers} == {"default-src 'none'"}
    assert {a.headers["Cache-Control"] for a in answers} == {"no-store"}
