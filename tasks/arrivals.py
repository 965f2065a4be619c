"""Mails that arrive: registered with their day, sealed, and made a case of by their own clear words or by a person.

The clock runs from the day of receipt, whoever reads the mail when (Art. 12(3)). The order, which can be begun again at
any point: the arrival is in the register, then its mail is sealed, then a case is opened under a key that the arrival
has, then the mail is the case's record, and at last the arrival is settled and its own seal destroyed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Final

from markupsafe import Markup

from data_contracts.case import Case
from data_contracts.desk import ArrivedLetter
from data_contracts.errors import RequestInvalid
from data_contracts.evidence import Record
from data_contracts.incoming import Incoming, IncomingState
from data_contracts.mailbox import MailboxReader
from data_contracts.vocabulary import Channel, OperatorRole, Right
from tasks.clock import place, today
from tasks.ledger import is_done
from tasks.officer import tell_officer
from tasks.operator_proof import note_use, prove_person
from tasks.receive_request import TypedRequest, register_request
from tasks.rules.arrivals import is_automatic, right_named
from tasks.rules.deadlines import response_due
from tasks.rules.identity_keys import normal_form
from tasks.rules.warnings import OVERDUE, warning_level
from tasks.services import services

MAIL: Final = "mail.eml"
"""The vault's name of a mail: of an arrival, and afterwards the record of its case."""
SOFTWARE: Final = "rightsflow"
READERS: Final = (OperatorRole.AGENT, OperatorRole.LEGAL, OperatorRole.DPO)
"""Who may read what arrived, and say what it is."""
_LONGEST_TEXT: Final = 100_000
REASONS: Final = ("no_request", "spam", "automatic", "answer_to_case", "other")
"""Why a mail is set aside."""


def read_mailbox(mailbox: MailboxReader) -> Mapping[str, int]:
    """Take in every mail that waits; how many became what, by state. A mail is taken off once it is kept."""
    became: dict[str, int] = {}
    for mail in mailbox.waiting():
        settled = take_in(mail.raw, mail.arrived_at)
        mailbox.take_off(mail.place)
        became[settled.state.value] = became.get(settled.state.value, 0) + 1
    return became


def take_in(raw: bytes, arrived_at: datetime) -> Incoming:
    """Register and seal a mail, and open its case where its words say which right it exercises; the arrival."""
    register, now = services().register, services().now()
    at = min(arrived_at, now)
    arrival = register.put_incoming(
        Channel.EMAIL, at, response_due(at, place=place()).response_due, message_digest=hashlib.sha256(raw).hexdigest()
    )
    if arrival.state is not IncomingState.WAITING:
        return arrival
    if not services().vault.has(arrival.incoming_id, MAIL):
        with services().vault.write(arrival.incoming_id, MAIL) as blob:
            blob.write(raw)
    message = _parsed(raw)
    if is_automatic({name.lower(): _header(message, name) for name in message.keys()}):  # noqa: SIM118  # items() parses, and may break
        return _settle(arrival, IncomingState.SET_ASIDE, by=SOFTWARE, note="automatic")
    letter = _letter(message)
    right = right_named(letter.subject, letter.text)
    if right is not None and normal_form("email", letter.sender):
        _open(arrival, Reading(right), by=SOFTWARE)
    return _known(arrival.incoming_id)


def read_arrival(incoming_id: str, operator: str) -> ArrivedLetter:
    """What somebody wrote, for an operator who may read it; who read it is remembered."""
    _known(incoming_id)
    note_use(operator, "read arrival", incoming_id, "desk")
    with services().vault.read(incoming_id, MAIL) as blob:
        return _letter(_parsed(blob.read()))


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


def assign(incoming_id: str, reading: Reading, *, operator: str, code: str) -> Case:
    """Open the case of a mail, as a proven person read it.

    Args:
        incoming_id: the arrival.
        reading: what it asks.
        operator: who read it.
        code: of their authenticator.

    Raises:
        AnswerRefused: when the operator may not, or the code is wrong.
        RequestInvalid: when it was settled already, or no case can be made of it.
    """
    who = prove_person(operator, code, roles=READERS, where=incoming_id, what="assign arrival")
    return _open(_waiting(incoming_id), reading, by=who)


def set_aside(incoming_id: str, reason: str, *, operator: str, code: str) -> Incoming:
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
    for arrival in provided.register.incomings(waiting_only=True):
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


def _open(arrival: Incoming, reading: Reading, *, by: str) -> Case:
    """The case of a mail; the same one when it is called again."""
    provided, name = services(), arrival.incoming_id
    with provided.vault.read(name, MAIL) as blob:
        raw = blob.read()
    letter = _letter(_parsed(raw))
    sender = [letter.sender] if normal_form("email", letter.sender) else []
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
    services().register.settle_incoming(arrival.incoming_id, state, by=by, note=note)
    services().vault.destroy(arrival.incoming_id)
    return _known(arrival.incoming_id)


def _known(incoming_id: str) -> Incoming:
    found = services().register.incoming(incoming_id)
    if found is None:
        raise RequestInvalid("nothing arrived under that name", where="arrival", remedy="see 'rightsflow arrivals'")
    return found


def _waiting(incoming_id: str) -> Incoming:
    found = _known(incoming_id)
    if found.state is not IncomingState.WAITING:
        raise RequestInvalid("it was settled already", where=incoming_id, remedy=f"see {found.note}")
    return found


def _parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)  # noqa: S101  # policy.default makes no other
    return message


def _letter(message: EmailMessage) -> ArrivedLetter:
    """What a person reads of a mail; a part that cannot be decoded is left out, the whole stays sealed."""
    name, sender = parseaddr(_header(message, "from"))
    return ArrivedLetter(
        sender=sender.strip(),
        name=" ".join(name.split())[:120],
        subject=" ".join(_header(message, "subject").split())[:300],
        text=_text(message)[:_LONGEST_TEXT],
        attachments=_attachments(message),
    )


def _attachments(message: EmailMessage) -> tuple[str, ...]:
    """Names of what hangs on a mail."""
    parts = message.iter_attachments() if message.is_multipart() else ()
    return tuple(part.get_filename() or "?" for part in parts)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, "") or "")
    except (ValueError, IndexError, AttributeError):  # headers that the parser of the standard library stumbles over
        return ""


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    if body is None:
        return ""
    try:
        content = body.get_content()
    except (LookupError, KeyError, ValueError):  # an encoding that nobody knows
        payload = body.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    text = str(content).replace("\0", "")
    # Tags are taken out, and no page shows the rest without escaping it.
    return str(Markup(text).striptags()) if body.get_content_subtype() == "html" else text.strip()  # noqa: S704  # see above
