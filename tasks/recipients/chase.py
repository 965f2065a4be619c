"""Remind recipients that did not acknowledge what they were told, and in the end the data protection officer (Art. 19).

A reminder names our reference and the day of the message, and no data subject: the case may be over, its data key
destroyed. Each reminder is claimed in the ledger and leaves at most once: one that may have left counts as sent, the
next one comes anyway. A processor that speaks OpenDSR is asked once a day how the request stands, and not reminded.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from data_contracts.company.company import Art19, Party
from data_contracts.errors import DeliveryUncertain, RightsflowError, TerminalError, TransientError
from data_contracts.evidence.records import Record
from data_contracts.told.recipients import RecipientMessage, RecipientNotice
from tasks.recipients.messages import note_acknowledged, notice_name, send_message
from tasks.recipients.who_may import refusal_today
from tasks.rules.others.telling import due_chase, is_order
from tasks.services import services

_ASKED: Final = "opendsr"
_ONCE: Final = timedelta(days=1)
_AWAITED: Final = frozenset({"told", "unanswered"})


def chase_recipients(now: datetime) -> int:
    """Remind whoever is due, and tell the data protection officer of who never answered; the number of messages.

    What cannot be reached now is tried again the next time.
    """
    provided = services()
    sent = 0
    for notice in provided.register.recipient_notices():
        if _has_completed(notice, now):
            continue
        due = due_chase(notice, provided.policy, now)
        if due:
            sent += _chase(notice, now, escalates=due == "escalate")
    return sent


def _has_completed(notice: RecipientNotice, now: datetime) -> bool:
    """Whether a processor that can be asked says now that it has done what it was told."""
    provided = services()
    party = provided.contracts.vocabulary.parties.get(notice.party)
    if notice.via != _ASKED or notice.state not in _AWAITED or party is None or party.art19 is None:
        return False
    if provided.register.count_call(f"{_ASKED}:{notice.case_id}:{notice.party}", _ONCE, now) > 1:
        return False
    try:
        reference = provided.forwarding.answered(notice.case_id, notice.party, address=party.art19.to)
    except RightsflowError:
        return False  # asked again tomorrow; who never answers is the data protection officer's
    if reference:
        note_acknowledged(notice.case_id, notice.party, reference)
    return bool(reference)


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
    if party is None or (not escalates and refusal_today(notice.party, now.astimezone(zone).date())):
        return ""
    message = _message(notice, party, zone)
    try:
        if escalates:
            return _to_officer(notice.case_id, name, message)
        art19 = party.art19
        if art19 and art19.via == _ASKED:
            return _ASKED  # it is asked every day
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
