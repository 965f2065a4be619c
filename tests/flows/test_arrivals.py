"""Mails that arrive: cases by their own clear words, everything else by a person; nothing lost, nothing twice."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from data_contracts.errors import AnswerRefused, RequestInvalid, SystemUnavailable
from data_contracts.incoming import Incoming, IncomingState
from data_contracts.mailbox import Mail
from data_contracts.vocabulary import Channel, Gate, Right
from tasks.arrivals import MAIL, Reading, assign, read_arrival, read_mailbox, set_aside, take_in, warn_of_waiting
from tasks.sealed import subject_request
from tasks.services import services
from tests.flows.company import House

_CLEAR = "I exercise my right of access (Article 15 GDPR). Please send me a copy of everything."
_UNCLEAR = "Hello, I moved last month and still get your letters. What now?"


def mail(
    text: str, *, sender: str = "Ana Example <ana@example.org>", subject: str = "My data", **headers: str
) -> bytes:
    """A mail as it lies in a mailbox."""
    named = {"From": sender, "Subject": subject, "Message-ID": f"<{abs(hash(text))}@example.org>", **headers}
    head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in named.items())
    return f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n".encode()


@dataclass
class Box:
    """A mailbox in memory."""

    mails: list[Mail]
    taken: list[str] = field(default_factory=list)

    def waiting(self) -> Iterator[Mail]:
        """Those that were not taken off."""
        yield from [one for one in self.mails if one.place not in self.taken]

    def take_off(self, place: str) -> None:
        """Remember."""
        self.taken.append(place)


def arrived(house: House, text: str, **said: str) -> Incoming:
    """What became of a mail that arrives now."""
    return take_in(mail(text, **said), house.clock())


def test_mail_that_names_its_right_is_a_case(house: House) -> None:
    """From the day it arrived, with the mail as its record."""
    day = house.clock() - timedelta(days=3)

    arrival = take_in(mail(_CLEAR), day)

    assert arrival.state is IncomingState.ASSIGNED
    case = house.installation.register.case(arrival.note)
    assert (case.right, case.channel, case.received_at) == (Right.ACCESS, Channel.EMAIL, day)
    assert case.response_due == arrival.response_due
    assert subject_request(case.case_id).identity == {"email": ["ana@example.org"]}
    with services().vault.read(case.case_id, MAIL) as blob:
        assert _CLEAR.encode() in blob.read()
    assert services().vault.names(arrival.incoming_id) == []


def test_case_of_a_mail_is_proven_like_any_other(house: House) -> None:
    """A sender is easily forged: nothing is shown before identity is verified."""
    case_id = arrived(house, _CLEAR, sender=house.company.subject.email).note

    entry = house.run(case_id)

    assert entry is not None
    assert entry.gate is Gate.IDENTITY


def test_mail_that_nobody_can_tell_waits_for_a_person(house: House) -> None:
    """With its last day; the register holds none of its words."""
    arrival = arrived(house, _UNCLEAR)

    assert arrival.state is IncomingState.WAITING
    assert arrival.response_due > house.clock().date()
    assert read_arrival(arrival.incoming_id, "zoe").text.startswith("Hello, I moved")
    assert "ana" not in repr(arrival)


def test_person_says_what_a_mail_asks(house: House) -> None:
    """Proven by a code; the case has the mail's day, and further keys that it names."""
    arrival = arrived(house, _UNCLEAR)
    house.clock.advance(timedelta(days=2))
    reading = Reading(Right.RECTIFICATION, {"customer_no": house.company.subject.customer_no})

    case = assign(arrival.incoming_id, reading, operator="zoe", code=house.code("zoe"))

    assert (case.right, case.received_at) == (Right.RECTIFICATION, arrival.received_at)
    assert set(subject_request(case.case_id).identity) == {"email", "customer_no"}
    settled = house.installation.register.incoming(arrival.incoming_id)
    assert settled is not None
    assert (settled.state, settled.settled_by, settled.note) == (IncomingState.ASSIGNED, "zoe", case.case_id)
    with pytest.raises(RequestInvalid):
        assign(arrival.incoming_id, reading, operator="zoe", code=house.code("zoe", steps=1))


def test_nobody_decides_without_a_code(house: House) -> None:
    """Neither what a mail is, nor that it is nothing."""
    arrival = arrived(house, _UNCLEAR)

    with pytest.raises(AnswerRefused):
        assign(arrival.incoming_id, Reading(Right.ACCESS), operator="zoe", code="000000")
    with pytest.raises(AnswerRefused):
        set_aside(arrival.incoming_id, "spam", operator="zoe", code="000000")
    assert house.installation.register.cases() == []


def test_mail_that_is_no_request_is_set_aside(house: House) -> None:
    """Its words are destroyed, why and by whom stays."""
    arrival = arrived(house, "Cheap watches!")

    settled = set_aside(arrival.incoming_id, "spam", operator="zoe", code=house.code("zoe"))

    assert (settled.state, settled.note, settled.settled_by) == (IncomingState.SET_ASIDE, "spam", "zoe")
    assert services().vault.names(arrival.incoming_id) == []


@pytest.mark.parametrize(
    "headers", [{"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"Return_Path": "<>"}, {"List_Id": "<x>"}]
)
def test_what_a_program_wrote_opens_no_case(house: House, headers: dict[str, str]) -> None:
    """Else an answer to our acknowledgement would be a new request, and so on for ever (RFC 3834)."""
    arrival = arrived(house, _CLEAR, **headers)

    assert (arrival.state, arrival.note) == (IncomingState.SET_ASIDE, "automatic")
    assert house.installation.register.cases() == []


def test_mail_read_twice_is_one(house: House) -> None:
    """A mailbox that went away before the mail was taken off gives it again."""
    box = Box([Mail("1", mail(_CLEAR), house.clock()), Mail("2", mail(_UNCLEAR), house.clock())])

    first = read_mailbox(box)
    box.taken.clear()
    second = read_mailbox(box)

    assert first == second == {"assigned": 1, "waiting": 1}
    assert len(house.installation.register.cases()) == 1
    assert len(house.installation.register.incomings()) == 2


def test_broken_off_in_the_middle_it_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The case is there, its mail is not yet its record, the arrival not yet settled: the next reading finishes it."""
    broken: list[int] = []

    def breaks(*_: object) -> bool:
        if not broken:
            broken.append(1)
            raise SystemUnavailable("gone", where="test", remedy="again")
        return False

    monkeypatch.setattr("tasks.arrivals.is_done", breaks)
    with pytest.raises(SystemUnavailable):
        arrived(house, _CLEAR)

    arrival = arrived(house, _CLEAR)

    (case,) = house.installation.register.cases()
    assert (arrival.state, arrival.note) == (IncomingState.ASSIGNED, case.case_id)


def test_name_of_a_sender_is_one_line(house: House) -> None:
    """Headers cannot be smuggled into our answers."""
    forged = "=?utf-8?q?Ana=0D=0ABcc:_all=40example.org?= <ana@example.org>"

    arrival = arrived(house, _CLEAR, sender=forged)

    letter = read_arrival(arrival.incoming_id, "zoe")
    assert "\n" not in letter.name + letter.sender + letter.subject
    reading = Reading(Right.ACCESS, {"email": "ana@example.org"})
    case = assign(arrival.incoming_id, reading, operator="zoe", code=house.code("zoe"))
    house.run(case.case_id)
    assert house.mails()
    assert all(b"\nBcc:" not in raw for raw in house.outbox("eml").values())


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("J'exerce mon droit à l'effacement de mes données.", Right.ERASURE),
        ("Ik maak gebruik van mijn recht op inzage.", Right.ACCESS),
        ("Article 20 of the GDPR: my data in a file, please.", Right.PORTABILITY),
        ("My right to object, and my right of access.", None),
        ("Under article 15 of our contract, send me an engineer.", None),
    ],
)
def test_only_clear_words_count(house: House, text: str, right: Right | None) -> None:
    """A right that is named by article or name, alone; the article of the law, not of something else."""
    arrival = arrived(house, text)

    case = house.installation.register.case(arrival.note) if arrival.note else None
    assert (case.right if case else None) == right


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=400) | st.text(max_size=300).map(lambda text: mail(text, subject=text[:40])))
def test_any_mail_is_kept(house: House, raw: bytes) -> None:
    """However broken: it waits, is set aside, or is a case."""
    assert take_in(raw, house.clock()).incoming_id.startswith("M-")


def test_officer_hears_of_mails_that_nobody_reads(house: House) -> None:
    """Near the last day, at each date of the policy once, and when it is over; without a word of the mail."""
    arrival = arrived(house, _UNCLEAR)

    told = []
    for _ in range(35):
        told.append(warn_of_waiting())
        house.clock.advance(timedelta(days=1))

    assert sum(told) == 4
    assert warn_of_waiting() == 0
    letters = [letter for letter in house.mails() if arrival.incoming_id in letter]
    assert len(letters) == 4
    assert "is overdue by 1 days" in letters[-1]
    assert not any("moved" in letter or "ana" in letter for letter in letters)


def test_mail_that_was_read_is_nobodys_worry(house: House) -> None:
    """Once it is a case, the case's own clock warns."""
    arrived(house, _CLEAR)
    house.clock.advance(timedelta(days=40))

    assert warn_of_waiting() == 0
