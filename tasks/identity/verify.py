"""Identity first: nothing is located, disclosed or changed before it is verified (law 4, Art. 12(6), charter 8b).

A person answers the identity gate: how it was checked, or that more proof is needed, or that it failed. Proofs lie in
the vault as ``proof.*``; once checked they are destroyed, and only that they were checked, how and by whom stays.
"""

from datetime import timedelta

from data_contracts.case.case import Case
from data_contracts.gates.gates import GateEntry
from data_contracts.grounds import RefusalGround
from data_contracts.told.notices import Content
from data_contracts.vocabulary import CaseState, Decision, Gate, NoticeKind, Requester, Right
from tasks.case.clock import day_of, last_day_to_ask, pauses_of, today
from tasks.case.sealed import read_json, subject_request
from tasks.gates.gates import Question, deciding_people
from tasks.gates.identity_ways import ways_of
from tasks.identity.conclude import Conclusion, conclude_identity
from tasks.identity.proofs import document_came_on, proven_by
from tasks.notices.notify_subject import send_notice
from tasks.rules.people.eligibility import method_of, proof_came_on
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step

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

    Were the process killed in between, proofs are gone and the decision stands (:func:`conclude_identity`).
    """
    gate = services().register.gate(case_id, Gate.IDENTITY, f"attempt:{attempt}")
    if gate is None or gate.outcome is None:
        return ""
    if gate.outcome is Decision.ASK_MORE:
        move = (CaseState.IDENTITY_ASKED, "further proof of identity asked for")
        send_notice(case_id, NoticeKind.IDENTITY_REQUEST, Content(), move=move, number=attempt)
    else:
        conclude_identity(case_id, _conclusion(case_id, gate))
    return gate.outcome.value


def _conclusion(case_id: str, gate: GateEntry) -> Conclusion:
    """What an operator found out at the gate."""
    answer, people = gate.answers[-1], tuple(deciding_people(gate))
    if gate.outcome is not Decision.APPROVE:
        return Conclusion(cause="not verified", on=day_of(answer.at), checked_by=people)
    method = method_of(answer.reference)
    return Conclusion(
        cause=method or "not verified",
        on=day_of(answer.at),
        method=method,
        identity=subject_request(case_id).identity,
        checked_by=people,
        said_on=proof_came_on(answer.reference),
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
        Whether it was ended; what somebody decided at the gate meanwhile stands, and what came meanwhile is looked at.
    """
    provided = services()
    case = provided.register.case(case_id)
    gates = provided.register.gates(case_id, kind=Gate.IDENTITY)
    is_decided = any(gate.outcome not in {None, Decision.ASK_MORE} for gate in gates)
    if is_decided or proven_by(case_id) or document_came_on(case) is not None:
        return False
    return conclude_identity(
        case_id,
        Conclusion(
            cause=f"no proof of identity within {provided.policy.proof_days} days",
            on=today(),
            ground=RefusalGround.IDENTITY_NOT_PROVEN.value,
        ),
    )
