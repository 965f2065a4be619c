"""Forms that are sent again: the same, corrected, or by somebody else; nothing is dropped or given away."""

import re
from collections.abc import Iterator

import pytest

from flows.doors.public import public_site
from tests.browser import Browser, browsing
from tests.flows.company import House

_FORM = "/request/access"
_ANA = {"name": "Ana Example", "identity_email": "ana@example.org"}
_BOB = {"name": "Bob Example", "identity_email": "bob@example.org"}
_SHOWN = re.compile(r'id="(?:reference|code)">([^<]+)')


@pytest.fixture
def visitor(house: House) -> Iterator[Browser]:
    """Somebody who fills in a form."""
    with browsing(public_site(house.installation)) as browser:
        yield browser


@pytest.fixture
def stranger(house: House) -> Iterator[Browser]:
    """Somebody else, at the same address."""
    with browsing(public_site(house.installation)) as browser:
        yield browser


def test_corrected_form_is_a_request_of_its_own(visitor: Browser, house: House) -> None:
    """Back, correct, send: the second one is registered, and its receipt names the first."""
    hidden = visitor.hidden(_FORM)
    first = visitor.post(_FORM, **hidden, **_ANA | {"identity_email": "anna@example.org"})

    second = visitor.post(_FORM, **hidden, **_ANA)

    cases = {case.case_id for case in house.installation.register.cases()}
    assert cases == {_SHOWN.findall(first.text)[0], _SHOWN.findall(second.text)[0]}
    assert len(cases) == 2
    assert _SHOWN.findall(first.text)[0] in second.text


def test_receipt_names_the_request_before_where_back_opened_the_form_anew(visitor: Browser, house: House) -> None:
    """As browsers do with a page that they may not keep: the form has another key then."""
    first = _SHOWN.findall(visitor.send(_FORM, **_BOB).text)[0]

    second = visitor.send(_FORM, **_ANA)
    other = visitor.send("/request/erasure", **_ANA)

    assert first in second.text
    assert not any(case.case_id in other.text for case in house.installation.register.cases() if case.right == "access")


def test_corrected_form_sent_twice_is_one_request(visitor: Browser, house: House) -> None:
    """The first receipt stays named, however often the corrected form is sent."""
    hidden = visitor.hidden(_FORM)
    first = visitor.post(_FORM, **hidden, **_BOB)

    answers = [visitor.post(_FORM, **hidden, **_ANA) for _ in range(2)]

    assert answers[0].url == answers[1].url
    assert all(_SHOWN.findall(first.text)[0] in answer.text for answer in answers)
    assert len(house.installation.register.cases()) == 2


@pytest.mark.parametrize("key", ["", "a-key-of-their-own", "WyJ4Il0.aaaa.bbbb"], ids=["empty", "own", "forged"])
def test_form_with_a_key_that_we_did_not_sign_is_refused(visitor: Browser, house: House, key: str) -> None:
    """With a page that says what to do, and nothing is registered."""
    answer = visitor.send(_FORM, key=key, **_ANA)

    assert answer.status_code == 403
    assert "Open the page again" in answer.text
    assert house.installation.register.cases() == []


def test_key_of_another_visit_gives_nothing_away(visitor: Browser, stranger: Browser, house: House) -> None:
    """Somebody who sends the key, and even the very words, of another visitor sees neither reference nor code."""
    hidden = visitor.hidden(_FORM)
    receipt = visitor.post(_FORM, **hidden, **_ANA)

    answer = stranger.send(_FORM, key=hidden["key"], **_ANA)

    assert answer.status_code == 403
    assert not any(shown in answer.text for shown in _SHOWN.findall(receipt.text))
    assert len(house.installation.register.cases()) == 1


def test_same_words_of_two_visitors_are_two_requests(visitor: Browser, stranger: Browser, house: House) -> None:
    """Each gets a reference and a code of their own."""
    receipts = [_SHOWN.findall(browser.send(_FORM, **_ANA).text) for browser in (visitor, stranger)]

    assert not set(receipts[0]) & set(receipts[1])
    assert len(house.installation.register.cases()) == 2


def test_key_of_one_form_sends_no_other(visitor: Browser, house: House) -> None:
    """A key for access registers no erasure."""
    key = visitor.hidden(_FORM)["key"]

    assert visitor.send("/request/erasure", key=key, **_ANA).status_code == 403
    assert house.installation.register.cases() == []
