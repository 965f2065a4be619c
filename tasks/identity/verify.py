"""Identity first: nothing is located, disclosed or changed before it is verified (law 4, Art. 12(6), charter 8b).

A person answers the identity gate: how it was checked, or that more proof is needed, or that it failed. Proofs lie in
the vault as ``proof.*``; once checked they are destroyed, and only that they were checked, how and by whom stays.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from data_contracts.case.case import Case, CaseChange
from data_contracts.case.documents import DocumentKind
from data_contracts.evidence.records import Facts, Record
from data_contracts.gates.gates import GateEntry
from data_contracts.grounds import RefusalGround
from data_contracts.told.notices import Content
from data_contracts.vocabulary import CaseState, Decision, Gate, NoticeKind, Requester, Right
from tasks.case.clock import GROUND, IDENTITY, PROOF_CAME, clock_of, day_of, last_day_to_ask, pauses_of, today
from tasks.case.sealed import read_json, subject_request
from tasks.case.subject_keys import subject_keys_of
from tasks.gates.gates import Question, deciding_people
from tasks.gates.identity_ways import ways_of
from tasks.notices.notify_subject import send_notice
from tasks.rules.people.eligibility import method_of, proof_came_on
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step

CAPACITY_PROOF = "proof.requester."
"""Names in the vault of what shows that the requester may act for the data subject."""
PREFIXES: Mapping[DocumentKind, str] = {
    DocumentKind.IDENTITY: "proof.identity.",
    DocumentKind.CAPACITY: CAPACITY_PROOF,
    DocumentKind.RECTIFICATION: "proof.rectification.",
}
"""How names in the vault of documents begin, by what they show."""
_LOOKED_AT_LATER = (PREFIXES[DocumentKind.CAPACITY], PREFIXES[DocumentKind.RECTIFICATION])
DOCUMENT_CAME = "came_on"
"""Key of a document step's receipt: the day the first document came."""
DENIED = "proof.denied"
"""Step of the ledger: the reader of a link said that it was not them."""
LINK = "link"
"""The vault's name of the mailbox that a link was sent to, and of the keys that it proves."""
_OPTIONS = (Decision.APPROVE, Decision.ASK_MORE, Decision.REFUSE)
_DENIED_OPTIONS = (Decision.ASK_MORE, Decision.REFUSE)


def identity_question(case_id: str, right: Right, attempt: int) -> Question:
    """What the identity gate asks; each time more proof was asked for, and once it was denied, it is a new question."""
    if is_done(case_id, DENIED):
        return _denied_question(case_id, right, attempt)
    requester = subject_request(case_id).statement.requester
    ways = ", ".join(ways_of(case_id))
    asks = f"is the person who asks for {right.value} the data subject?"
    if requester is not Requester.SUBJECT:
        asks = f"is the {requester.value.replace('_', ' ')} who asks for {right.value} who they say they are?"
    return Question(
        gate=Gate.IDENTITY,
        subject=f"attempt:{attempt}",
        description=(
            f"**Case {case_id}: {asks}**\n\n"
            f"Answer *approve* with the way you checked it as the reference (enough for this right: {ways}), "
            f"*ask_more* to ask for further proof ({_stops(case_id)}), or *refuse* with the reason."
        ),
        facts={"case": case_id, "right": right.value, "attempt": attempt},
        options=_OPTIONS,
    )


def _stops(case_id: str) -> str:
    """Until when asking for a proof stops the clock, whenever somebody reads it."""
    last = last_day_to_ask(services().register.case(case_id))
    return f"until {last.isoformat()} that stops the clock, later it does not"


def _denied_question(case_id: str, right: Right, attempt: int) -> Question:
    """What a person is told about a request that its data subject denied; nobody can approve it."""
    return Question(
        gate=Gate.IDENTITY,
        subject=f"attempt:{attempt}",
        description=(
            f"**Case {case_id}: the reader of the mailbox that a link went to did not ask for {right.value}.**\n\n"
            "Nothing needs to be answered: the case ends by itself when the time for a proof is over. An answer before "
            "would tell whoever asked that what they typed is known to us."
        ),
        facts={"case": case_id, "right": right.value, "attempt": attempt, "denied": True},
        options=_DENIED_OPTIONS,
    )


@step("verify identity", watched=always)
def settle_identity(case_id: str, attempt: int) -> str:
    """Carry out what was decided at the identity gate; returns the decision.

    Proofs are destroyed first: were the process killed in between, they are gone and the decision stands.
    """
    provided = services()
    gate = provided.register.gate(case_id, Gate.IDENTITY, f"attempt:{attempt}")
    if gate is None or gate.outcome is None:
        return ""
    if gate.outcome is not Decision.ASK_MORE:
        destroy_proofs(case_id)
        provided.register.retire_gate(case_id, Gate.UNCERTAIN_MAIL)  # a link or reminder is needed no more
    match gate.outcome:
        case Decision.APPROVE:
            _record(case_id, gate, CaseState.IDENTITY_VERIFIED, outcome=None)
        case Decision.ASK_MORE:
            move = (CaseState.IDENTITY_ASKED, "further proof of identity asked for")
            send_notice(case_id, NoticeKind.IDENTITY_REQUEST, Content(), move=move, number=attempt)
        case _:
            _record(case_id, gate, CaseState.IDENTITY_FAILED, outcome="identity_failed")
    return gate.outcome.value


def _record(case_id: str, gate: GateEntry, state: CaseState, *, outcome: str | None) -> None:
    """Note who checked what; a clock that stood still runs again, from the day the proof came."""
    provided = services()
    case, answer = provided.register.case(case_id), gate.answers[-1]
    is_verified = gate.outcome is Decision.APPROVE
    method = method_of(answer.reference) if is_verified else ""
    said = proof_came_on(answer.reference) if is_verified else None
    came_on = said or document_came_on(case) or day_of(answer.at)
    due = clock_of(case, proved_on=came_on).response_due
    if is_verified:
        # Art. 12(6): from here on we know who asks, and the data subject's cases find each other.
        provided.register.put_subject_keys(case_id, subject_keys_of(subject_request(case_id).identity))
    facts: Facts = {
        "verified": is_verified,
        "method": method,
        "checked_by": list(deciding_people(gate)),
        "proofs_destroyed": True,
        **clock_facts(case, due, came_on),
    }
    provided.register.complete(
        case_id,
        IDENTITY,
        receipt={"method": method, PROOF_CAME: came_on.isoformat() if case.awaits_proof else ""},
        record=Record(IDENTITY, "", facts, actor=answer.operator),
        move=(state, method or "not verified"),
        actor=answer.operator,
        outcome=outcome,
        change=CaseChange(response_due=due),
    )


def is_reminded(case: Case) -> bool:
    """Whether the data subject was reminded of the proof that is awaited now, or said that it was not them."""
    return is_done(case.case_id, _reminder(len(pauses_of(case)))) or _would_remind_who_denied(case.case_id)


def _would_remind_who_denied(case_id: str) -> bool:
    """Whether a reminder would go to the very mailbox that denied the request, and so to nobody who would miss it."""
    if not is_done(case_id, DENIED):
        return False
    return str(read_json(case_id, LINK)["address"]) == subject_request(case_id).reply_to


def _reminder(asked: int) -> str:
    """The reminder's name in the ledger, for the proof that was asked for the so-many-th time."""
    return f"notice.{NoticeKind.IDENTITY_REMINDER.value}" + (f".{asked - 1}" if asked > 1 else "")


@step("remind of proof", watched=always)
def remind_of_proof(case_id: str) -> str:
    """Remind the data subject, once each time, of the proof that was asked for, and tell until when we wait."""
    provided = services()
    pauses = pauses_of(provided.register.case(case_id))
    until = pauses[-1].asked_on + timedelta(days=provided.policy.proof_days)
    content = Content(response_due=until.isoformat())
    return send_notice(case_id, NoticeKind.IDENTITY_REMINDER, content, number=len(pauses) - 1)


@step("close unproven", watched=always)
def close_unproven(case_id: str) -> bool:
    """End the wait for a proof that did not come; the data subject is told of it as of any refusal (Art. 12(4)).

    Returns:
        Whether it was ended; what somebody decided at the gate meanwhile stands.
    """
    provided = services()
    case, day = provided.register.case(case_id), today()
    gates = provided.register.gates(case_id, kind=Gate.IDENTITY)
    if any(gate.outcome not in {None, Decision.ASK_MORE} for gate in gates):
        return False
    destroy_proofs(case_id)
    provided.register.retire_gate(case_id, Gate.UNCERTAIN_MAIL)  # a link or reminder is needed no more
    due = clock_of(case, proved_on=day).response_due
    ground = RefusalGround.IDENTITY_NOT_PROVEN.value
    facts: Facts = {"verified": False, "ground": ground, "proofs_destroyed": True, **clock_facts(case, due, day)}
    provided.register.complete(
        case_id,
        IDENTITY,
        receipt={"method": "", PROOF_CAME: day.isoformat(), GROUND: ground},
        record=Record(IDENTITY, "", facts),
        move=(CaseState.IDENTITY_FAILED, f"no proof of identity within {provided.policy.proof_days} days"),
        outcome="identity_failed",
        change=CaseChange(response_due=due),
    )
    return True


def clock_facts(case: Case, due: date, came_on: date) -> dict[str, str]:
    """What evidence says about a clock that stood still: the day the proof came, the old and the new last day."""
    if not case.awaits_proof:
        return {}
    return {
        "proof_came_on": came_on.isoformat(),
        "response_due_before": case.response_due.isoformat(),
        "response_due": due.isoformat(),
    }


def destroy_proofs(case_id: str) -> None:
    """Destroy what was shown as proof of identity; what shows something else is looked at, and destroyed, later."""
    vault = services().vault
    for name in vault.names(case_id):
        if name.startswith("proof.") and not name.startswith(_LOOKED_AT_LATER):
            vault.remove(case_id, name)


def document_step(kind: DocumentKind, asked: int) -> str:
    """The step of the ledger that notes the first document after a proof was asked for the so-many-th time."""
    return f"document.{kind.value}.{asked}"


def document_came_on(case: Case) -> date | None:
    """The day a document of identity came that answers what was asked for last; None while there is none."""
    step = document_step(DocumentKind.IDENTITY, len(pauses_of(case)))
    entry = services().register.step(case.case_id, step)
    return None if entry is None else date.fromisoformat(str(entry.receipt[DOCUMENT_CAME]))
