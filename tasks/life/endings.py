"""Tell that a request is not carried out: refused, withdrawn, or handled in another case (Art. 12(4); charter P3).

What is told once stays told: these steps may be called again after what was sealed was destroyed.
"""

from dataclasses import dataclass

from data_contracts.grounds import RefusalGround
from data_contracts.told.notices import Content
from data_contracts.vocabulary import Decision, NoticeKind
from tasks.case.clock import GROUND, IDENTITY
from tasks.case.parts import reason_name
from tasks.identity.requesters import why_requester
from tasks.life.contact_changes import STOPPED
from tasks.notices.notify_subject import send_notice, tell_refusal
from tasks.rules.people.refusals import REFUSING_GATES, ground_of
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request was refused.

    Attributes:
        reasons: codes of the words file.
        reason_name: the vault's name of what the person wrote for the data subject; empty where no person did.
    """

    reasons: tuple[str, ...]
    reason_name: str


def refusal_of(case_id: str) -> Refusal:
    """Why the case was refused: as who reads an old address said, or the identity step noted, else as a person said."""
    register = services().register
    if is_done(case_id, STOPPED):
        return Refusal((RefusalGround.STOPPED_AT_OLD_CONTACT.value,), "")
    identity = register.step(case_id, IDENTITY)
    noted = str(identity.receipt.get(GROUND) or "") if identity is not None else ""
    if noted:
        return Refusal((noted,), "")
    for entry in reversed(register.gates(case_id)):
        if entry.gate in REFUSING_GATES and entry.outcome is Decision.REFUSE:
            name = reason_name(entry.gate, entry.subject, len(entry.answers) - 1)
            return Refusal((ground_of(entry.gate, entry.answers[-1].reference).value,), name)
    return Refusal(tuple(why_requester(case_id)) or (RefusalGround.REFUSED_BY_PERSON.value,), "")


def tell_refused(case_id: str) -> str:
    """Tell the reasons, the complaint and the judicial remedy (Art. 12(4))."""
    refusal = refusal_of(case_id)
    return tell_refusal(case_id, refusal.reasons, refusal.reason_name)


@step("tell withdrawal", watched=always)
def tell_withdrawal(case_id: str) -> str:
    """Confirm to the data subject that the request was withdrawn."""
    return send_notice(case_id, NoticeKind.WITHDRAWAL, Content())


@step("tell duplicate", watched=always)
def tell_duplicate(case_id: str) -> str:
    """Tell the data subject in which case the same request is handled already."""
    linked_to = services().register.case(case_id).linked_to
    return send_notice(case_id, NoticeKind.DUPLICATE, Content(linked_to=linked_to))
