"""Whoever types an address has us write to it: few mails, none with their words, and nothing lost (Art. 12(6))."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from data_contracts.case.request import Statement
from data_contracts.errors import SystemUnavailable
from data_contracts.vocabulary import Channel, Decision, Gate, Requester, Right
from tasks.services import services
from tests.flows.company import House
from tests.flows.rights.test_identity_links import asked, link_in, recipient_of

_VICTIM = "victim@example.org"
_LURE = "evil.example/pay"


@pytest.fixture(autouse=True)
def _site_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house knows where its site is, so that it sends links; a setting, as an operator sets it."""
    monkeypatch.setenv("RIGHTSFLOW_SITE_URL", "http://localhost")


def flooded(house: House, requests: int, **typed: Any) -> list[str]:
    """Cases of so many requests for one address, each carried on."""
    address = typed.pop("email", _VICTIM)
    cases = []
    for _ in range(requests):
        cases.append(house.open(Right.ACCESS, channel=Channel.FORM, identity={"email": [address]}, **typed))
        house.run(cases[-1])
    return cases


def test_one_address_gets_few_mails_in_a_day(house: House) -> None:
    """Forty-five requests: as many mails as policy says, and every other one waits for a person."""
    cases = flooded(house, 45)

    waiting = house.installation.register.gates(kind=Gate.UNCERTAIN_MAIL, open_only=True)
    assert len(house.outbox("eml")) == services().policy.mails_before_proof == 10
    assert len({gate.case_id for gate in waiting}) == 40
    assert all(house.installation.register.case(case_id).response_due for case_id in cases)
    assert "held back" in waiting[0].description


def test_mail_that_was_held_back_is_sent_by_a_person(house: House) -> None:
    """And the case goes on as any other; the next day counts anew."""
    held = flooded(house, 6)[-1]

    house.answer(house.until(Gate.UNCERTAIN_MAIL, held), Decision.SEND_AGAIN)
    house.run(held)

    assert "acknowledged" in house.states(held)
    assert recipient_of(house, held, "acknowledgement") == _VICTIM


def test_who_asks_the_next_day_is_written_to(house: House) -> None:
    """Nobody is silenced for longer than a day by what others typed."""
    flooded(house, 6)
    house.clock.advance(timedelta(days=1))

    assert "acknowledged" in house.states(flooded(house, 1)[0])


@pytest.mark.parametrize("typed", ["Victim@Example.org", "victim+more@example.org"])
def test_other_spellings_of_an_address_are_the_same(house: House, typed: str) -> None:
    """In capitals, or with something behind a plus: one mailbox."""
    flooded(house, 5)

    assert "acknowledged" not in house.states(flooded(house, 1, email=typed)[0])


def test_held_link_tells_nobody_that_there_is_one(house: House) -> None:
    """A number that somebody has and one that nobody has: the same states, though the mailbox of the first is full."""
    email, number = house.company.subject.email, house.company.subject.customer_no
    flooded(house, 5, email=email)

    known, unknown = (
        asked(house, email=f"thief{n}@example.org", customer_no=one) for n, one in enumerate((number, "LM99999999"))
    )

    assert house.states(known) == house.states(unknown)
    assert house.states(known)[-1] == "identity_asked"
    assert not any("identity_link" in name and known in name for name in house.outbox("eml"))
    house.answer(house.gate(known, Gate.UNCERTAIN_MAIL, "held:notice.identity_link"), Decision.SEND_AGAIN)
    house.run(known)
    house.run(known)
    assert recipient_of(house, known, "identity_link") == email
    assert link_in(house, known)


def test_what_did_not_leave_takes_no_place(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mail server that is away, tried again and again, does not fill the address's day."""
    channel = type(services().channel)

    def away(*_: object, **__: object) -> str:
        raise SystemUnavailable("the mail server is away", where="smtp")

    case_id = house.open(Right.ACCESS, channel=Channel.FORM, identity={"email": [_VICTIM]})
    with monkeypatch.context() as patched:
        patched.setattr(channel, "deliver", away)
        for _ in range(12):
            with pytest.raises(SystemUnavailable):
                house.run(case_id)
    house.run(case_id)

    assert "acknowledged" in house.states(case_id)


def test_name_stands_in_no_mail_before_identity_is_proven(house: House) -> None:
    """Not as a greeting, not as the one somebody acts for; afterwards whoever was proven is greeted."""
    flooded(house, 1, name=_LURE)
    said = {"requester": Requester.AGENT, "requester_name": _LURE}
    case_id = house.open(
        Right.ACCESS,
        channel=Channel.FORM,
        name=_LURE,
        reply_to=_VICTIM,
        statement=Statement.model_validate(said),
    )
    house.run(case_id)

    assert len(house.mails()) >= 2
    assert not any("evil" in mail for mail in house.mails())


def test_proven_person_is_greeted(house: House) -> None:
    """By the name that they gave."""
    case_id = house.open(Right.ACCESS, name="Ana Example")

    house.walk(case_id)

    greeted = Counter("Ana Example" in mail for mail in house.mails())
    assert greeted[True] == 1
