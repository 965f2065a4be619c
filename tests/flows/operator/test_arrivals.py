"""Mails that arrive: cases by their own clear words, everything else by a person; nothing lost, nothing twice."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from data_contracts.case.incoming import Incoming, IncomingState
from data_contracts.doors.mailbox import Mail
from data_contracts.errors import AnswerRefused, RequestInvalid, SystemUnavailable
from data_contracts.vocabulary import Channel, Gate, Right
from flows import wiring
from flows.operator.arrivals import take_out
from integrations.intake import mail_reading
from integrations.intake.mail_reading import read_mail
from tasks.case.sealed import subject_request
from tasks.gates.unsealing import Looker
from tasks.intake.arrivals import (
    MAIL,
    Reading,
    assign,
    mail_of,
    read_arrival,
    read_mailbox,
    set_aside,
    take_in,
    warn_of_waiting,
)
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
    assert read_arrival(arrival.incoming_id, Looker("zoe")).text.startswith("Hello, I moved")
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
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "auto_reply"},
        {"Return_Path": "<>"},
        {"X_Autoreply": "yes"},
        {"X_MS_Exchange_Generated_Message_Source": "Mailbox Rules Agent"},
        {"X_Failed_Recipients": "ana@example.org"},
        {"MIME_Version": "1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=x"},
    ],
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

    monkeypatch.setattr("tasks.intake.arrivals.is_done", breaks)
    with pytest.raises(SystemUnavailable):
        arrived(house, _CLEAR)

    arrival = arrived(house, _CLEAR)

    (case,) = house.installation.register.cases()
    assert (arrival.state, arrival.note) == (IncomingState.ASSIGNED, case.case_id)


@pytest.mark.parametrize(("word", "is_address"), [("Ana=0D=0ABcc:_all=40x.org", True), ("Ana=0D=0ABcc=3A_x", False)])
def test_name_of_a_sender_is_one_line(house: House, word: str, is_address: bool) -> None:  # noqa: FBT001
    """Headers cannot be smuggled into our answers; a name with line ends in it takes its address along."""
    forged = f"=?utf-8?q?{word}?= <ana@example.org>"
    arrival = arrived(house, _UNCLEAR, sender=forged)

    letter = read_arrival(arrival.incoming_id, Looker("zoe"))
    assert letter.sender == ("ana@example.org" if is_address else "")
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


# --- mails that are hard to read ------------------------------------------------------------------------------------

_HOSTILE = {
    "comments": b"From: a@b.example\r\nCc: " + b"(" * 3000 + b"\r\nSubject: x\r\n\r\n",
    "sender": b"From: " + b"(" * 100_000 + b"\r\nSubject: x\r\n\r\n",
    "parameters": b"From: a@b.example\r\nContent-Type: text/plain; "
    + b"; ".join(b"a%d*0*=x" % number for number in range(8000))
    + b"\r\n\r\n",
    "nested": b"From: a@b.example\r\n"
    + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(2000)),
    "words": b"From: a@b.example\r\nSubject: " + b"=?utf-8?q?=41?= " * 50_000 + b"\r\n\r\n",
    "parts": b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    + b"--x\r\nContent-Type: text/plain\r\n\r\n\r\n" * 20_000
    + b"--x\r\n\r\nmy right of access (Article 15 GDPR)\r\n--x--\r\n",
    "mails in mails": b"Content-Type: message/rfc822\r\n\r\n" * 20_000 + b"\r\nx",
    "empty": b"",
}


@pytest.mark.parametrize("raw", _HOSTILE.values(), ids=_HOSTILE)
def test_mail_that_breaks_the_parser_is_in_nobodys_way(house: House, raw: bytes) -> None:
    """It is kept and moved; the one behind it becomes a case, and the mailbox is empty afterwards."""
    box = Box([Mail("1", raw, house.clock()), Mail("2", mail(_CLEAR), house.clock())])

    became = read_mailbox(box)

    assert became == {"waiting": 1, "assigned": 1}
    assert list(box.waiting()) == []
    (waiting,) = house.installation.register.incomings(waiting_only=True)
    assert mail_of(waiting.incoming_id) == raw
    read_arrival(waiting.incoming_id, Looker("zoe"))  # a person is shown what can be shown


def test_mail_that_cannot_be_read_says_so_and_is_moved_before(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading may fail in any way that ends its process; what a person gets is the mail as it came."""
    monkeypatch.setattr(mail_reading, "_PROGRAM", Path("/nowhere"))
    box = Box([Mail("1", mail(_CLEAR), house.clock())])

    assert read_mailbox(box) == {"waiting": 1}
    assert box.taken == ["1"]
    (waiting,) = house.installation.register.incomings(waiting_only=True)
    assert not read_arrival(waiting.incoming_id, Looker("zoe")).is_readable


def test_reading_is_bounded_in_memory() -> None:
    """A process of its own ends, and ours has nothing of it."""
    assert read_mail(b"From: a@b.example\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUFB" * 50_000_000) is None


_SHOWN = {
    "blank text part": (
        "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n \r\n"
        "--x\r\nContent-Type: text/html\r\n\r\n<style>p {}</style><p>I exercise my right of access</p>\r\n--x--\r\n"
    ),
    "attached mail": (
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n"
        "Subject: My data\r\n\r\nI exercise my right of access\r\n--x--\r\n"
    ),
    "no boundary": "Content-Type: multipart/mixed\r\n\r\nI exercise my right of access\r\n",
    "boundary that is nowhere": "Content-Type: multipart/mixed; boundary=y\r\n\r\nI exercise my right of access\r\n",
    "attached text": (
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n \r\n"
        "--x\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=letter.txt\r\n\r\n"
        "I exercise my right of access\r\n--x--\r\n"
    ),
    "attached page": (
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n"
        "Content-Disposition: attachment\r\n\r\n<p>I exercise my right of access</p>\r\n--x--\r\n"
    ),
    "text of signs that nobody sees": (
        "Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        "\u00a0\u200b\ufeff\r\n--x\r\nContent-Type: text/html\r\n\r\n<p>I exercise my right of access</p>\r\n--x--\r\n"
    ),
    "two texts": (
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nHello,\r\n"
        "--x\r\nContent-Type: text/plain\r\n\r\nI exercise my right of access\r\n--x--\r\n"
    ),
    "forwarded below": (
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nSee below.\r\n"
        "--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: My data\r\n\r\nI exercise my right of access\r\n--x--\r\n"
    ),
    "unknown encoding": "Content-Type: text/plain; charset=martian\r\n\r\nI exercise my right of access\r\n",
}


@pytest.mark.parametrize("raw", [_HOSTILE["parts"], _HOSTILE["nested"], _HOSTILE["mails in mails"]])
def test_mail_that_hides_its_letter_is_no_empty_letter(raw: bytes) -> None:
    """What is not looked at to its end, and says nothing so far, is told as one that software cannot read."""
    assert read_mail(raw) is None


def test_words_of_a_mail_that_is_attached_are_not_its_carriers(house: House) -> None:
    """Who forwards somebody's request as an attachment does not exercise the right; a person reads it."""
    raw = (
        mail("x").partition(b"Content-Type")[0] + _SHOWN["forwarded below"].replace("access", "access (GDPR)").encode()
    )

    assert take_in(raw, house.clock()).state is IncomingState.WAITING


def test_sender_that_cannot_be_written_to_is_no_key(house: House) -> None:
    """A person can still make a case of such a mail, by what else it names."""
    arrival = arrived(house, _CLEAR, sender='"Ana B"@example.org')
    assert arrival.state is IncomingState.WAITING

    reading = Reading(Right.ACCESS, {"customer_no": house.company.subject.customer_no})
    case = assign(arrival.incoming_id, reading, operator="zoe", code=house.code("zoe"))

    assert subject_request(case.case_id).identity == {"customer_no": [house.company.subject.customer_no]}


def test_encoded_words_give_no_address() -> None:
    """What is written in them is a name, whatever it looks like."""
    read = read_mail(b"From: =?utf-8?q?victim=40example.org?= <thief@example.net>\r\n\r\nx")
    forged = read_mail(b"From: =?utf-8?q?victim=40example.org=2C?=\r\n\r\nx")

    assert read is not None
    assert forged is not None
    assert (read.sender, read.name) == ("thief@example.net", "victim@example.org")
    assert "victim@example.org" not in forged.sender


@pytest.mark.parametrize("body", _SHOWN.values(), ids=_SHOWN)
def test_text_is_what_a_mail_program_shows(body: str) -> None:
    """Wherever it stands: nobody sees an empty letter where there is one."""
    read = read_mail(f"From: Ana <ana@example.org>\r\nSubject: Data\r\n{body}".encode())

    assert read is not None
    assert "I exercise my right of access" in read.text
    assert "{" not in read.text


@pytest.mark.parametrize(
    "headers",
    [{"List_Id": "<privacy.shop.example>", "Precedence": "list"}, {"Precedence": "bulk"}, {"Mailing_list": "list x"}],
)
def test_letter_that_came_through_a_group_is_a_persons(house: House, headers: dict[str, str]) -> None:
    """A group address writes such headers on every mail; its writer waits for an answer like others."""
    assert arrived(house, _CLEAR, **headers).state is IncomingState.ASSIGNED


def test_answer_to_our_mail_opens_no_case(house: House) -> None:
    """Ours names the right, and an answer quotes it; told by our Message-ID, or by the case in the subject."""
    case_id = arrived(house, _CLEAR).note
    house.run(case_id)
    (ours,) = (message_from_bytes(raw) for raw in house.outbox("eml").values())
    quoted = "I exercise my right of access (Article 15 GDPR), again.\r\n> right of access"

    by_reference = arrived(house, quoted, In_Reply_To=ours["Message-ID"], subject="Re: x")
    by_subject = arrived(house, f"{quoted}!", subject=f"Re: Your request {case_id}")

    assert {by_reference.state, by_subject.state} == {IncomingState.WAITING}
    assert len(house.installation.register.cases()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "I do not wish to exercise my right to erasure, I only ask when you open.",
        "Can you send a quote?\r\n-- \r\nUnder the GDPR you have a right to object.",
        "Thank you.\r\n> You asked under your right of access.",
        "Bien reçu.\r\nLe lundi 3 mars 2026, Shop a écrit :\r\nVotre droit d'accès",
        "Conformément au RGPD vous disposez d'un droit d'opposition au traitement de vos données.",
        "Wij sturen u dit omdat u recht op inzage heeft. U heeft recht op inzage.",
    ],
)
def test_words_that_ask_nothing_wait_for_a_person(house: House, text: str) -> None:
    """A denial, a footer, a quotation: a right is named, and nobody asks."""
    assert arrived(house, text).state is IncomingState.WAITING


def test_unreadable_mail_is_taken_out_as_it_came(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written is the mail itself, for its reader alone."""
    monkeypatch.setattr(wiring, "opened", nullcontext)  # the house is open
    raw = _HOSTILE["sender"]
    arrival = take_in(raw, house.clock())

    facts = take_out(arrival.incoming_id, tmp_path, operator="zoe", code=house.code("zoe"))

    assert Path(facts["mail"]).read_bytes() == raw
    assert Path(facts["mail"]).stat().st_mode & 0o777 == 0o600
