"""Proof of identity by a link to the address we hold (Art. 12(6), EDPB 01/2022 section 3.3).

The order:

1. after the acknowledgement, which mailbox to prove is found out: the typed address, or the one that we hold for the
   other keys that were typed (:mod:`tasks.identity.contacts`: where we vouch for both). It is sealed as ``link``;
2. a link goes there. Where there is no such mailbox nothing is sent, and everything else is the same: no page, date or
   state tells whether a person is known;
3. the clock stands still until the link is used, or a person checks in another way at the gate;
4. whoever uses the link is proven to read the mailbox: the case goes on, searches by the proven keys alone, and answers
   to that mailbox alone. Whoever says "it was not me" keeps it from being carried out: it ends as one that nobody
   confirmed, on the same day and in the same words, so that whoever asked learns nothing
   (:mod:`tasks.identity.online`).
"""

from datetime import timedelta

from data_contracts.case.links import LinkPurpose
from data_contracts.case.request import ProvenSubject
from data_contracts.errors import MailHeld
from data_contracts.evidence.records import Record
from data_contracts.told.notices import Content
from data_contracts.vocabulary import CaseState, Channel, NoticeKind, Requester
from tasks.case.clock import day_of
from tasks.case.sealed import read_json, typed_request, write_json
from tasks.gates.identity_ways import ways_of
from tasks.identity.contacts import held_for
from tasks.identity.online import note_denial, note_proof, require_waiting
from tasks.identity.proofs import MAIL_LINK
from tasks.identity.verify import LINK
from tasks.notices.held_mails import LINK_NOTICE, may_go
from tasks.notices.links import make_link, use_link
from tasks.notices.notify_subject import send_notice
from tasks.rules.people.assurance import mailbox_to_prove
from tasks.services import services
from tasks.steps.step import always, step

_HELD = "held"
"""How a link went that was held back: the case is asked as if it had gone."""
_BY_WIRE = frozenset({Channel.FORM, Channel.API, Channel.EMAIL})
_ASKED = (CaseState.IDENTITY_ASKED, "asked to confirm by a link to the address we hold")
_READER = "reader of the mailbox the link was sent to"


def offers_link(case_id: str) -> bool:
    """Whether this case is one in which a link can prove who asks."""
    case = services().register.case(case_id)
    if not services().site_url or case.channel not in _BY_WIRE:
        return False
    is_subject = typed_request(case_id).statement.requester is Requester.SUBJECT
    return is_subject and MAIL_LINK in ways_of(case_id)


@step("offer link", watched=always)
def offer_link(case_id: str) -> str:
    """Send the link that proves who reads the mailbox we hold, once; returns how, ``none`` where there is none."""
    name = LINK_NOTICE
    entry = services().register.step(case_id, name)
    if entry is not None and entry.state == "done":
        return _released(case_id) if entry.receipt["via"] == _HELD else str(entry.receipt["via"])
    mailbox = _find_mailbox(case_id)
    if mailbox is None:
        # The same state, on the same day, as where a link was sent.
        services().register.claim(case_id, name)
        record = Record(name, "", {"via": "none", "to": "nobody"})
        services().register.complete(case_id, name, receipt={"via": "none"}, record=record, move=_ASKED)
        return "none"
    write_json(case_id, LINK, mailbox.model_dump())
    try:
        return _send_link(case_id, mailbox)
    except MailHeld:
        # It waits for a person; the case goes where it would without a mailbox, or it would tell that there is one.
        record = Record(name, "", {"via": _HELD, "to": "held address"})
        services().register.complete(case_id, name, receipt={"via": _HELD}, record=record, move=_ASKED)
        return _HELD


def _released(case_id: str) -> str:
    """Send the link that was held back, once a person has it sent; returns how."""
    if not may_go(case_id, LINK_NOTICE):
        return _HELD
    sent = services().register.step(case_id, f"{LINK_NOTICE}.1")
    if sent is not None and sent.state == "done":
        return str(sent.receipt["via"])
    return _send_link(case_id, ProvenSubject.model_validate(read_json(case_id, LINK)), number=1)


def _send_link(case_id: str, mailbox: ProvenSubject, *, number: int = 0) -> str:
    address, until = make_link(case_id, LinkPurpose.IDENTITY, timedelta(hours=services().policy.link_hours))
    content = Content(link=address, link_until=day_of(until).isoformat())
    move = None if number else _ASKED
    return send_notice(case_id, NoticeKind.IDENTITY_LINK, content, move=move, number=number, to=mailbox.address)


def _find_mailbox(case_id: str) -> ProvenSubject | None:
    typed = typed_request(case_id).identity
    return mailbox_to_prove(typed, held_for(case_id, typed))


def confirm_identity(token: str) -> str:
    """Take in that the reader of the mailbox confirms; the case, whose flow is to be woken.

    Raises:
        RequestInvalid: when the link opens nothing, or the case does not wait for it any more.
    """
    case_id = use_link(token, LinkPurpose.IDENTITY).case_id
    require_waiting(case_id)
    note_proof(case_id, MAIL_LINK, ProvenSubject.model_validate(read_json(case_id, LINK)), by=_READER)
    return case_id


def deny_identity(token: str) -> str:
    """Take in that the reader of the mailbox did not make this request; the case, whose gate is to tell it.

    Raises:
        RequestInvalid: see :func:`confirm_identity`.
    """
    case_id = use_link(token, LinkPurpose.IDENTITY).case_id
    require_waiting(case_id)
    note_denial(case_id, by=_READER)
    return case_id
