"""Mails that arrive: registered with their day, sealed, and made a case of by their own clear words or by a person.

The clock runs from the day of receipt, whoever reads the mail when (Art. 12(3)). The order, which can be begun again at
any point: the arrival is in the register, then its mail is sealed, then a case is opened under a key that the arrival
has, then the mail is the case's record, and at last the arrival is settled and its own seal destroyed.
"""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from data_contracts.case.case import Case
from data_contracts.case.incoming import Incoming, IncomingState
from data_contracts.case.legible import is_key, is_line, mended
from data_contracts.doors.desk import ArrivedLetter
from data_contracts.doors.mailbox import MailboxReader, ReadMail
from data_contracts.errors import RequestInvalid
from data_contracts.evidence.records import Record
from data_contracts.gates.decided import SOFTWARE
from data_contracts.text.mail_address import deliverable
from data_contracts.vocabulary import Channel, OperatorRole, Right
from tasks.case.clock import place, today
from tasks.gates.operators import Factor, prove_person
from tasks.gates.unsealing import Looker, Sealed, let_look, prove_looker
from tasks.intake.filed_mails import file_mail, may_be_filed, name_of
from tasks.intake.receive import TypedRequest, register_request
from tasks.notices.held_mails import mailbox_key
from tasks.notices.letters import tell_officer
from tasks.rules.clock.deadlines import response_due
from tasks.rules.clock.warnings import OVERDUE, warning_level
from tasks.rules.others.arrivals import cases_answered, is_automatic, right_named
from tasks.services import services
from tasks.steps.ledger import is_done

MAIL: Final = "mail.eml"
"""The vault's name of a mail: of an arrival, and afterwards the record of its case."""
READERS: Final = (OperatorRole.AGENT, OperatorRole.LEGAL, OperatorRole.DPO)
"""Who may read what arrived, and say what it is."""
MANY: Final = "many_today"
"""Why a mail waits that names a right: its sender had as many cases today as policy lets."""
ANSWER: Final = "answers_a_case"
"""Why a mail waits that refers to a case: it may be a stranger's, or it asks for something new."""
FILED_STATES: Final = frozenset({IncomingState.FILED, IncomingState.READ})
"""The mail lies with its case."""
_OPEN: Final = FILED_STATES | {IncomingState.WAITING}
"""States in which a person may still say what a mail asks."""
_DAY: Final = timedelta(days=1)
_LONGEST_TEXT: Final = 100_000
REASONS: Final = ("no_request", "spam", "automatic", "answer_to_case", "other")
"""Why a mail is set aside."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a person read out of a mail.

    Attributes:
        right: which right it exercises.
        identity: keys beside the sender's address that it names, by kind.
        language: to answer in; empty: the organisation's first.
    """

    right: Right
    identity: Mapping[str, str] = field(default_factory=dict, repr=False)
    language: str = ""


def read_mailbox(mailbox: MailboxReader) -> Mapping[str, int]:
    """Take in every mail that waits; how many became what, by state.

    A mail is kept, then moved, and read only then: one that cannot be read is in nobody's way.
    """
    became: dict[str, int] = {}
    for mail in mailbox.waiting():
        arrival = keep(mail.raw, mail.arrived_at)
        mailbox.take_off(mail.place)
        settled = sort(arrival)
        became[settled.state.value] = became.get(settled.state.value, 0) + 1
    return became


def take_in(raw: bytes, arrived_at: datetime) -> Incoming:
    """Keep a mail and sort it; the arrival."""
    return sort(keep(raw, arrived_at))


def keep(raw: bytes, arrived_at: datetime) -> Incoming:
    """Register and seal a mail; the same arrival when it is given again."""
    register, now = services().register, services().now()
    at = min(arrived_at, now)
    arrival = register.put_incoming(
        Channel.EMAIL, at, response_due(at, place=place()).response_due, message_digest=hashlib.sha256(raw).hexdigest()
    )
    if arrival.state is IncomingState.WAITING and not services().vault.has(arrival.incoming_id, MAIL):
        with services().vault.write(arrival.incoming_id, MAIL) as blob:
            blob.write(raw)
    return arrival


def sort(arrival: Incoming) -> Incoming:
    """Open the case of a mail where its words say which right it exercises; the arrival.

    What a program wrote is set aside. What cannot be read, answers a case of ours or says nothing clear waits for a
    person.
    """
    if arrival.state is not IncomingState.WAITING:
        return arrival
    raw = mail_of(arrival.incoming_id)
    mail = _parsed(raw)
    if mail is None:
        return arrival
    if is_automatic(mail.headers, is_report=mail.is_report):
        return _settle(arrival, IncomingState.SET_ASIDE, by=SOFTWARE, note="automatic")
    letter = _letter(mail)
    right = right_named(letter.subject, letter.text)
    if answered := cases_answered(mail.headers, mail.subject):
        return _filed(arrival, answered, letter, raw, asks=right is not None)
    if right is not None and deliverable(letter.sender):
        _open_by_itself(arrival, Reading(right), raw, letter)
    return _known(arrival.incoming_id)


def _open_by_itself(arrival: Incoming, reading: Reading, raw: bytes, letter: ArrivedLetter) -> None:
    """Open the case of a mail without a person, unless its sender had as many today as policy lets."""
    if not _has_place(letter.sender):
        services().register.note_incoming(arrival.incoming_id, MANY)
        return
    with suppress(RequestInvalid):  # what software cannot make a case of, a person reads; the mails behind it go on
        _open(arrival, reading, raw, letter, by=SOFTWARE)


def _filed(arrival: Incoming, answered: Sequence[str], letter: ArrivedLetter, raw: bytes, *, asks: bool) -> Incoming:
    """File a mail with the case that it answers; where it may be a stranger's, or asks for a right, a person looks.

    Args:
        arrival: waits.
        answered: cases that it refers to.
        letter: what it says.
        raw: the mail.
        asks: whether its own words exercise a right.
    """
    (case_id, *others) = answered
    if others or asks or not may_be_filed(case_id, letter.sender):
        services().register.note_incoming(arrival.incoming_id, ANSWER)
        return _known(arrival.incoming_id)
    file_mail(arrival, case_id, raw)
    return _settle(arrival, IncomingState.FILED, by=SOFTWARE, note=case_id)


def _has_place(sender: str) -> bool:
    """Whether a sender's mail opens a case by itself today; what is over waits for a person, and is never lost.

    A mail that is read again after its process was killed counts twice: it waits at worst.
    """
    provided = services()
    key = f"arrivals:{mailbox_key(sender)}"
    return provided.register.count_call(key, _DAY, provided.now()) <= provided.policy.cases_by_mail


def read_arrival(incoming_id: str, looker: Looker) -> ArrivedLetter:
    """What somebody wrote, for an operator who may read it; who read it is remembered.

    Raises:
        AnswerRefused: when they may not, or the code is not theirs.
        RequestInvalid: when there is no such mail.
    """
    found = services().register.incoming(incoming_id)
    if found is not None and found.state in FILED_STATES:
        who = let_look(found.note, Sealed.MAIL, looker, facts={"arrival": incoming_id})
        services().register.settle_incoming(
            incoming_id, IncomingState.READ, by=who, note=found.note, was=IncomingState.FILED
        )
    else:
        prove_looker(looker, roles=READERS, where=incoming_id, what="read arrival")
        _known(incoming_id)
    return _letter(_parsed(mail_of(incoming_id)))


def assign(incoming_id: str, reading: Reading, *, operator: str, code: Factor) -> Case:
    """Open the case of a mail, as a proven person read it.

    Args:
        incoming_id: the arrival.
        reading: what it asks.
        operator: who read it.
        code: of their authenticator, or a touch of a passkey.

    Raises:
        AnswerRefused: when the operator may not, or the code is wrong.
        RequestInvalid: when it was settled already, or no case can be made of it.
    """
    who = prove_person(operator, code, roles=READERS, where=incoming_id, what="assign arrival")
    arrival = _waiting(incoming_id)
    raw = mail_of(incoming_id)
    return _open(arrival, reading, raw, _letter(_parsed(raw)), by=who)


def set_aside(incoming_id: str, reason: str, *, operator: str, code: Factor) -> Incoming:
    """Say that a mail is no request; its seal is destroyed, the reason stays.

    Raises:
        AnswerRefused: when the operator may not, or the code is wrong.
        RequestInvalid: when it was settled already, or the reason is none.
    """
    if reason not in REASONS:
        raise RequestInvalid("no such reason", where=incoming_id, remedy=f"write one of: {', '.join(REASONS)}")
    who = prove_person(operator, code, roles=READERS, where=incoming_id, what="set arrival aside")
    return _settle(_waiting(incoming_id), IncomingState.SET_ASIDE, by=who, note=reason)


def warn_of_waiting() -> int:
    """Write to the DPO about mails that nobody has read near their last day (Art. 12(3)); how many letters left."""
    provided, told = services(), 0
    for arrival in provided.register.incomings(unread_only=True):
        days_left = (arrival.response_due - today()).days
        level = warning_level(days_left, provided.policy.warn_days)
        if level:
            name, due = arrival.incoming_id, arrival.response_due
            what = f"is overdue by {-days_left} days" if level == OVERDUE else f"is to be answered in {days_left} days"
            lines = [
                f"A mail that nobody has read, {name}, {what} if it is a request.",
                f"Received: {arrival.received_at:%Y-%m-%d}. Last day to answer: {due}.",
                f"Read it at the desk, or with: rightsflow arrival {name}",
            ]
            told += tell_officer(f"arrival:{name}:{level}", f"Mail {name} {what}, unread", lines)
    return told


def _open(arrival: Incoming, reading: Reading, raw: bytes, letter: ArrivedLetter, *, by: str) -> Case:
    """The case of a mail; the same one when it is called again."""
    provided, name = services(), arrival.incoming_id
    sender = [letter.sender] if deliverable(letter.sender) else []
    keys = {kind: [value.strip()] for kind, value in reading.identity.items() if value.strip()}
    case = register_request(
        TypedRequest(
            right=reading.right,
            channel=Channel.EMAIL,
            language=reading.language,
            received_at=arrival.received_at,
            request_key=f"mail:{name}",
            identity={"email": sender, **keys} if sender else keys,
            name=letter.name,
            reply_to=letter.sender if sender else "",
            details=f"{letter.subject}\n\n{letter.text}".strip(),
        )
    )
    if not provided.vault.has(case.case_id, MAIL) and not case.is_ended:
        with provided.vault.write(case.case_id, MAIL) as blob:
            blob.write(raw)
    if not is_done(case.case_id, "mail"):
        record = Record("mail", "", {"arrival": name, "mail": arrival.message_digest, "assigned_by": by}, actor=by)
        provided.register.complete(case.case_id, "mail", receipt={"arrival": name}, record=record)
    _settle(arrival, IncomingState.ASSIGNED, by=by, note=case.case_id)
    return case


def _settle(arrival: Incoming, state: IncomingState, *, by: str, note: str) -> Incoming:
    services().register.settle_incoming(arrival.incoming_id, state, by=by, note=note, was=arrival.state)
    services().vault.destroy(arrival.incoming_id)
    return _known(arrival.incoming_id)


def _known(incoming_id: str) -> Incoming:
    found = services().register.incoming(incoming_id)
    if found is None:
        raise RequestInvalid("nothing arrived under that name", where="arrival", remedy="see 'rightsflow arrivals'")
    return found


def _waiting(incoming_id: str) -> Incoming:
    found = _known(incoming_id)
    if found.state not in _OPEN:
        raise RequestInvalid("it was settled already", where=incoming_id, remedy=f"see {found.note}")
    return found


def mail_of(incoming_id: str) -> bytes:
    """A mail as it came, filed or not; whoever asks is to be proven before."""
    arrival = _known(incoming_id)
    where = (arrival.note, name_of(incoming_id)) if arrival.state in FILED_STATES else (incoming_id, MAIL)
    with services().vault.read(*where) as blob:
        return blob.read()


def _parsed(raw: bytes) -> ReadMail | None:
    return services().read_mail(raw)


def _letter(mail: ReadMail | None) -> ArrivedLetter:
    """What a person reads of a mail; of one that software cannot read, nothing but that."""
    if mail is None:
        return ArrivedLetter(sender="", name="", subject="", text="", is_readable=False)
    return ArrivedLetter(
        # An address that cannot be is none: the mail then waits for a person.
        sender=mail.sender.strip() if is_key(mail.sender) else "",
        name=mended(" ".join(mail.name.split()), is_line)[:120],
        subject=mended(" ".join(mail.subject.split()), is_line)[:300],
        text=mended(mail.text)[:_LONGEST_TEXT],
        attachments=tuple(mended(name, is_line) or "?" for name in mail.attachments),
    )
