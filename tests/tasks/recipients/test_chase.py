"""Art. 19: recipients that do not answer are reminded, then the data protection officer is told; an answer ends it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from data_contracts.company.company import Art19
from data_contracts.errors import RequestInvalid, RightsflowError, SystemUnavailable
from data_contracts.told.recipients import RecipientNotice, RequestForwarding
from data_contracts.vocabulary import Right
from tasks.recipients.tell import acknowledge_recipient, chase_recipients, recipients_told
from tasks.services import services, use
from tests.flows.company import House

_WEEKS = timedelta(days=14)


def _told(house: House, party: str = "printco", via: str = "outbox") -> str:
    """A case in which a recipient was told now."""
    case_id = house.open(Right.ERASURE)
    house.installation.register.put_recipient_notice(
        RecipientNotice(case_id, party, via, "told", sent_at=house.clock())
    )
    return case_id


def _chase(house: House) -> int:
    house.clock.advance(_WEEKS)
    return chase_recipients(house.clock())


def _state(house: House, case_id: str) -> tuple[str, int]:
    (notice,) = house.installation.register.recipient_notices(case_id)
    return notice.state, notice.chased


def test_recipient_without_an_answer_is_reminded(house: House) -> None:
    """After the time of the policy, once; the reminder names our reference and no data subject."""
    case_id = _told(house)

    assert chase_recipients(house.clock()) == 0
    assert [_chase(house), chase_recipients(house.clock())] == [1, 0]
    assert _state(house, case_id) == ("told", 1)
    (mail,) = house.mails()
    assert f"under our reference {case_id}" in mail
    assert house.company.subject.email not in mail


def test_officer_is_told_in_the_end(house: House) -> None:
    """After three reminders the data protection officer is told, and nobody is reminded any more."""
    case_id = _told(house)

    assert [_chase(house) for _ in range(5)] == [1, 1, 1, 1, 0]
    assert _state(house, case_id) == ("unanswered", 3)
    escalation = house.outbox("eml")[f"{case_id}.notice%2Erecipient%2Eprintco%2Eescalated"]
    assert b"To: dpo@telco.example" in escalation
    assert [one.state for one in recipients_told(case_id)] == ["awaited"]


def test_api_is_reminded_as_it_was_told(house: House) -> None:
    """A recipient told by API is reminded there, by a message without a key."""
    case_id = _told(house, "mailer")

    _chase(house)

    reminder = house.outbox("json")[f"{case_id}.notice%2Erecipient%2Emailer%2Echase1"]
    assert b'"asked": "acknowledge"' in reminder
    assert b"identity" not in reminder


def test_reminder_that_cannot_leave_counts(house: House) -> None:
    """Who is not in the register any more cannot be reminded, and the officer hears of it none the later."""
    case_id = _told(house, "gone")

    assert _chase(house) == 0
    assert _state(house, case_id) == ("told", 1)


def test_reminder_that_may_have_left_is_not_sent_again(house: House) -> None:
    """Law 3: a process killed while the mail server took it leaves at most one reminder; the next comes anyway."""
    case_id, register = _told(house), services().register
    register.claim(case_id, "notice.recipient.printco.chase1")
    register.hand_over(case_id, "notice.recipient.printco.chase1")

    _chase(house)

    assert house.mails() == []
    assert _state(house, case_id) == ("told", 1)


def test_acknowledgement_ends_it(house: House) -> None:
    """Whoever records it is in evidence; it counts once, and nobody is reminded."""
    case_id = _told(house)

    acknowledge_recipient(case_id, "printco", "PC-9", actor="local-account:zoe")

    assert _chase(house) == 0
    assert [(one.name, one.state) for one in recipients_told(case_id)] == [("PrintCo SARL", "acknowledged")]
    with pytest.raises(RequestInvalid, match="waiting are: none"):
        acknowledge_recipient(case_id, "printco", "PC-9", actor="local-account:zoe")


class _Processors:
    """Processors that speak OpenDSR: what each says, and how often it was asked."""

    def __init__(self, *says: str | RightsflowError) -> None:
        self.says, self.asked = list(says), 0

    def answered(self, reference: str, party: str, *, address: str) -> str:
        """The next thing said."""
        assert (reference[:2], party, address) == ("C-", "printco", "https://printco.example/v2")
        self.asked += 1
        said = self.says.pop(0)
        if isinstance(said, RightsflowError):
            raise said
        return said


@contextmanager
def _printco_speaks(processors: _Processors) -> Iterator[None]:
    provided = services()
    words = provided.contracts.vocabulary
    art19 = Art19(via="opendsr", to="https://printco.example/v2")
    printco = words.parties["printco"].model_copy(update={"art19": art19})
    vocabulary = words.model_copy(update={"parties": {**words.parties, "printco": printco}})
    contracts = replace(provided.contracts, vocabulary=vocabulary)
    with use(replace(provided, contracts=contracts, forwarding=cast("RequestForwarding", processors))):
        yield


def test_processor_is_asked_once_a_day(house: House) -> None:
    """How the request stands, until it says that it is done; that is its acknowledgement."""
    case_id = _told(house, via="opendsr")
    processors = _Processors(SystemUnavailable("away"), "", "7c0-1")

    with _printco_speaks(processors):
        for _ in range(8):
            house.clock.advance(timedelta(hours=12))
            chase_recipients(house.clock())

    assert processors.asked == 3
    assert [(one.name, one.state) for one in recipients_told(case_id)] == [("PrintCo SARL", "acknowledged")]


def test_processor_that_is_never_done_is_the_officers(house: House) -> None:
    """Nobody writes to it; in the end the data protection officer hears of it."""
    case_id = _told(house, via="opendsr")

    with _printco_speaks(_Processors(*[""] * 5)):
        assert [_chase(house) for _ in range(5)] == [1, 1, 1, 1, 0]

    assert list(house.outbox("eml")) == [f"{case_id}.notice%2Erecipient%2Eprintco%2Eescalated"]


def test_acknowledgement_has_no_room_for_a_person(house: House) -> None:
    """A reference goes into evidence."""
    with pytest.raises(RequestInvalid, match="the reference is not one"):
        acknowledge_recipient(_told(house), "printco", "ann@x.example", actor="local-account:zoe")
