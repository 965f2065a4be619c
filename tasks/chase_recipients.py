"""Remind recipients that did not acknowledge what they were told, and in the end the data protection officer (Art. 19).

A reminder names our reference and the day of the message, and no data subject: the case may be over, its data key
destroyed. Each reminder is claimed in the ledger and leaves at most once: one that may have left counts as sent, the
next one comes anyway.
"""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from data_contracts.company import Art19, Party
from data_contracts.errors import DeliveryUncertain, TerminalError, TransientError
from data_contracts.evidence import Record
from data_contracts.recipients import RecipientMessage, RecipientNotice
from tasks.recipient_messages import notice_name, send_message
from tasks.rules.art19 import due_chase, is_order
from tasks.rules.recipients import may_receive
from tasks.services import services


def chase_recipients(now: datetime) -> int:
    """Remind whoever is due, and tell the data protection officer of who never answered; the number of messages.

    What cannot be reached now is tried again the next time.
    """
    provided = services()
    sent = 0
    for notice in provided.register.recipient_notices():
        due = due_chase(notice, provided.policy, now)
        if due:
            sent += _chase(notice, now, escalates=due == "escalate")
    return sent


def _chase(notice: RecipientNotice, now: datetime, *, escalates: bool) -> int:
    number = notice.chased if escalates else notice.chased + 1
    name = f"{notice_name(notice.party)}.{'escalated' if escalates else f'chase{number}'}"
    try:
        via = _sent(notice, name, now, escalates=escalates)
    except TransientError:
        return 0
    services().register.note_chase(
        notice.case_id, notice.party, chased=number, at=now, state="unanswered" if escalates else "told"
    )
    return 1 if via else 0


def _sent(notice: RecipientNotice, name: str, now: datetime, *, escalates: bool) -> str:
    """How it left; empty when it could not, which is on record and no reason to wait any longer."""
    provided = services()
    entry = provided.register.claim(notice.case_id, name)
    if entry.state == "done":
        return str(entry.receipt["via"])
    via = "uncertain" if entry.state == "handed_over" else _handed_over(notice, name, now, escalates=escalates)
    facts = {"party": notice.party, "via": via}
    provided.register.complete(notice.case_id, name, receipt=facts, record=Record(name, "", facts))
    return via


def _handed_over(notice: RecipientNotice, name: str, now: datetime, *, escalates: bool) -> str:
    provided = services()
    party = provided.contracts.vocabulary.parties.get(notice.party)
    zone = ZoneInfo(provided.organisation.time_zone)
    if party is None or not (escalates or may_receive(party, now.astimezone(zone).date())):
        return ""
    message = _message(notice, party, zone)
    try:
        if escalates:
            return _to_officer(notice.case_id, name, message)
        art19 = party.art19
        return send_message(notice.case_id, name, message, art19, keep=False)[0] if art19 else ""
    except DeliveryUncertain:
        return "uncertain"
    except TerminalError:
        return ""


def _to_officer(case_id: str, name: str, message: RecipientMessage) -> str:
    organisation = services().organisation
    told = replace(message, language=organisation.languages[0], is_escalation=True)
    to = Art19(via="email", to=organisation.dpo.email or organisation.requests.email or organisation.sender)
    return send_message(case_id, name, told, to, keep=False)[0]


def _message(notice: RecipientNotice, party: Party, zone: ZoneInfo) -> RecipientMessage:
    provided = services()
    return RecipientMessage(
        reference=notice.case_id,
        party=notice.party,
        name=party.name,
        language=party.art19.language if party.art19 else "",
        right=provided.register.case(notice.case_id).right.value,
        asked="acknowledge",
        is_order=is_order(party, provided.contracts.vocabulary),
        sent_on=notice.sent_at.astimezone(zone).date().isoformat() if notice.sent_at else "",
    )
