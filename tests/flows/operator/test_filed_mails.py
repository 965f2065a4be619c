"""Mails that answer ours are filed with their case; a forged reference files nothing; few cases a sender and day."""

from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest

from data_contracts.case.incoming import Incoming, IncomingState
from data_contracts.errors import AnswerRefused
from data_contracts.vocabulary import CaseState, Right
from flows.doors.desk import OperatorsDoor
from tasks.gates.unsealing import Looker
from tasks.intake.arrivals import ANSWER, MANY, Reading, assign, read_arrival, set_aside, take_in, warn_of_waiting
from tasks.intake.filed_mails import filed_with, name_of
from tasks.rules.others.arrivals import cases_answered
from tasks.services import services
from tests.flows.company import House
from tests.flows.operator.test_arrivals import arrived, mail

_CLEAR = "I exercise my right of access (Article 15 GDPR). Please send me a copy of everything."
_THANKS = "Thank you, I look forward to it."
_MALLORY = "Mallory <mallory@evil.example>"


@pytest.fixture
def answered(house: House) -> tuple[str, str]:
    """A case of a mail of ana@example.org, and the Message-ID of our acknowledgement."""
    case_id = arrived(house, _CLEAR).note
    house.run(case_id)
    (ours,) = (message_from_bytes(raw) for raw in house.outbox("eml").values())
    return case_id, str(ours["Message-ID"])


def steps(house: House, case_id: str) -> list[str]:
    """Steps of the case's evidence."""
    import json  # noqa: PLC0415

    from integrations.evidence.envelope import payload_of  # noqa: PLC0415  # beside its use

    envelopes, _ = house.installation.register.evidence(case_id)
    return [json.loads(payload_of(one))["predicate"]["step"] for one in envelopes]


@pytest.mark.parametrize("how", ["In_Reply_To", "References", "subject"])
def test_answer_to_ours_is_filed_with_its_case(house: House, answered: tuple[str, str], how: str) -> None:
    """By our Message-ID or by our reference: seen at the case, in evidence, sealed there, and no case of its own."""
    case_id, ours = answered
    said: dict[str, Any] = {how: ours} if how != "subject" else {"subject": f"Re: Your request {case_id}"}

    arrival = arrived(house, _THANKS, **said)

    assert (arrival.state, arrival.note) == (IncomingState.FILED, case_id)
    assert len(house.installation.register.cases()) == 1
    assert [(one.arrival, one.is_read) for one in filed_with(case_id)] == [(arrival.incoming_id, False)]
    assert "mail filed" in steps(house, case_id)
    assert services().vault.has(case_id, name_of(arrival.incoming_id))
    assert not services().vault.names(arrival.incoming_id)
    assert house.installation.verify_case(case_id).is_whole


@pytest.mark.parametrize(
    "sender", [_MALLORY, "ana@example.org.evil.example", '"ana@example.org" <m@evil.example>', "ana@evil.example", ""]
)
@pytest.mark.parametrize("how", ["In_Reply_To", "References", "subject"])
def test_forged_reference_files_nothing_with_a_stranger(
    house: House, answered: tuple[str, str], sender: str, how: str
) -> None:
    """It waits for a person, who sees why; the stranger's case knows nothing of it."""
    case_id, ours = answered
    before = steps(house, case_id)
    said: dict[str, Any] = {how: ours} if how != "subject" else {"subject": f"Re: {case_id}"}

    arrival = arrived(house, _THANKS, sender=sender, **said)

    assert (arrival.state, arrival.note) == (IncomingState.WAITING, ANSWER)
    assert (filed_with(case_id), steps(house, case_id)) == ([], before)
    assert [name for name in services().vault.names(case_id) if name.startswith("mail.M")] == []


def test_two_answering_programs_open_nothing(house: House, answered: tuple[str, str]) -> None:
    """Each answers the other's answer, a hundred times: one case, and our mails do not grow."""
    case_id, ours = answered
    sent = len(house.outbox("eml"))

    for number in range(100):
        arrived(house, f"{_CLEAR} {number}\r\n> {_CLEAR}", In_Reply_To=ours, subject=f"Re: {case_id}")
        house.run(case_id)

    assert len(house.installation.register.cases()) == 1
    assert len(house.outbox("eml")) == sent


def test_answer_that_asks_for_a_right_waits_for_a_person(house: House, answered: tuple[str, str]) -> None:
    """A new request in an answer is never filed away; its last day counts from receipt."""
    case_id, ours = answered

    arrival = arrived(house, "I exercise my right to erasure (Article 17 GDPR).", In_Reply_To=ours)

    assert (arrival.state, arrival.note, filed_with(case_id)) == (IncomingState.WAITING, ANSWER, [])
    case = assign(arrival.incoming_id, Reading(Right.ERASURE), operator="zoe", code=house.code("zoe"))
    assert case.received_at == arrival.received_at


def test_filed_mail_is_read_at_the_desk_and_remembered(house: House, answered: tuple[str, str]) -> None:
    """Listed as unread until somebody who may has read it; the look stands in the case's evidence."""
    case_id, ours = answered
    arrival = arrived(house, _THANKS, In_Reply_To=ours).incoming_id
    door = OperatorsDoor(house.installation)
    assert [(one.arrival, one.case_id) for one in door.arrivals.waiting()] == [(arrival, case_id)]
    house.hire("guest")

    with pytest.raises(AnswerRefused):
        door.arrivals.read(arrival, "guest")
    assert [one.is_read for one in filed_with(case_id)] == [False]

    assert door.arrivals.read(arrival, "zoe").text == _THANKS
    assert door.arrivals.read(arrival, "claire").text == _THANKS
    assert steps(house, case_id).count("looked") == 2
    assert door.arrivals.waiting() == []
    (shown,) = door.case(case_id).mails
    assert (shown[0], shown[2]) == (arrival, True)


def test_person_may_open_a_case_of_a_filed_mail(house: House, answered: tuple[str, str]) -> None:
    """What software did not see is not lost: the words go with it, and it stays where it was filed."""
    case_id, ours = answered
    arrival = arrived(house, "And please delete me everywhere.", In_Reply_To=ours).incoming_id
    read_arrival(arrival, Looker("claire"))

    case = assign(arrival, Reading(Right.ERASURE), operator="zoe", code=house.code("zoe"))

    assert case.case_id != case_id
    assert [one.arrival for one in filed_with(case_id)] == [arrival]
    assert services().vault.has(case.case_id, "mail.eml")


def test_filed_mail_can_be_set_aside(house: House, answered: tuple[str, str]) -> None:
    """It stays with its case."""
    case_id, ours = answered
    arrival = arrived(house, _THANKS, In_Reply_To=ours).incoming_id

    set_aside(arrival, "answer_to_case", operator="zoe", code=house.code("zoe"))

    assert [(one.arrival, one.is_read) for one in filed_with(case_id)] == [(arrival, True)]
    assert services().vault.has(case_id, name_of(arrival))


def test_officer_hears_of_filed_mails_that_nobody_reads(house: House, answered: tuple[str, str]) -> None:
    """An answer may be a request that software did not see."""
    arrived(house, "And please delete me.", In_Reply_To=answered[1])
    house.clock.advance(timedelta(days=25))

    assert warn_of_waiting() == 1


def test_purge_takes_filed_mails_along(house: House) -> None:
    """Nothing of them is left, and a late answer waits for a person."""
    case_id = arrived(house, _CLEAR).note
    house.run(case_id)
    arrived(house, _THANKS, subject=f"Re: {case_id}")
    services().vault.destroy(case_id)

    late = arrived(house, f"{_THANKS} late", subject=f"Re: {case_id}")

    assert (late.state, late.note) == (IncomingState.WAITING, ANSWER)
    assert services().vault.names(case_id) == []


def test_reference_to_no_case_waits(house: House) -> None:
    """Whatever it names."""
    arrival = arrived(house, _THANKS, subject="Re: C-0000-0000")

    assert (arrival.state, arrival.note) == (IncomingState.WAITING, ANSWER)


def test_broken_off_in_the_middle_a_mail_is_filed_once(
    house: House, answered: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between evidence and settling: the next reading ends it, and tells it once."""
    case_id, ours = answered
    raw, settle = mail(_THANKS, In_Reply_To=ours), house.installation.register.settle_incoming

    def breaks(*_: object, **__: object) -> bool:
        raise ConnectionError

    monkeypatch.setattr(house.installation.register, "settle_incoming", breaks)
    with pytest.raises(ConnectionError):
        take_in(raw, house.clock())
    monkeypatch.setattr(house.installation.register, "settle_incoming", settle)

    assert take_in(raw, house.clock()).state is IncomingState.FILED
    assert steps(house, case_id).count("mail filed") == 1
    assert len(filed_with(case_id)) == 1


def test_one_sender_opens_few_cases_in_a_day(house: House) -> None:
    """What is over waits, visible and with its day, without a mail of ours; other senders are let in."""
    most = services().policy.cases_by_mail
    sender = "Flood <flood@evil.example>"

    became = [arrived(house, f"{_CLEAR} {number}", sender=sender) for number in range(most + 20)]

    assert [one.state for one in became] == [IncomingState.ASSIGNED] * most + [IncomingState.WAITING] * 20
    assert {one.note for one in became[most:]} == {MANY}
    assert len(house.installation.register.cases()) == most
    assert len(house.installation.register.incomings(waiting_only=True)) == 20
    assert became[-1].response_due == house.installation.register.case(became[0].note).response_due
    for one in house.installation.register.cases():
        house.run(one.case_id)
    assert len(house.outbox("eml")) <= most
    assert arrived(house, _CLEAR).state is IncomingState.ASSIGNED
    assert _the_next_day(house, sender).state is IncomingState.ASSIGNED


def _the_next_day(house: House, sender: str) -> Incoming:
    house.clock.advance(timedelta(days=1, seconds=1))
    return arrived(house, f"{_CLEAR} tomorrow", sender=sender)


@pytest.mark.parametrize("spelling", ["flood+{}@evil.example", "FLOOD@evil.example", "flood@EVIL.example"])
def test_other_spellings_of_a_sender_are_counted_together(house: House, spelling: str) -> None:
    """One mailbox is one sender."""
    most = services().policy.cases_by_mail
    for number in range(most):
        arrived(house, f"{_CLEAR} {number}", sender=f"flood+{number}@evil.example")

    assert arrived(house, _CLEAR, sender=spelling.format("x")).note == MANY


def test_what_waited_is_opened_by_a_person_as_of_its_day(house: House) -> None:
    """Nothing is lost."""
    for number in range(services().policy.cases_by_mail):
        arrived(house, f"{_CLEAR} {number}")
    arrival = arrived(house, _CLEAR)
    house.clock.advance(timedelta(days=3))

    case = assign(arrival.incoming_id, Reading(Right.ACCESS), operator="zoe", code=house.code("zoe"))

    assert (case.received_at, case.state) == (arrival.received_at, CaseState.RECEIVED)


def test_several_cases_that_are_answered_are_a_persons(house: House, answered: tuple[str, str]) -> None:
    """Nobody can tell which of them a mail belongs to."""
    both = f"{answered[1]} <C-AAAA-AAAA.receipt@shop.example>"

    assert cases_answered({"references": both}, "Re: x") == (answered[0], "C-AAAA-AAAA")
    assert arrived(house, _THANKS, References=both).note == ANSWER
