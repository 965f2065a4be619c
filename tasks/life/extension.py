"""Extension: a person says why an answer takes longer, the data subject is told, then the last day moves (Art. 12(3)).

The order, which survives a process killed anywhere without a second mail:

1. a person answers the gate, in time, with a reason of the law and its text;
2. the notice with the new day and the reasons leaves, once; a letter leaves when it was posted. If it did not leave in
   time there is no extension;
3. the last day moves.
"""

from datetime import date

from data_contracts.case.case import Case, CaseChange
from data_contracts.errors import AnswerRefused
from data_contracts.evidence.records import Facts, Record
from data_contracts.gates.gates import GateEntry
from data_contracts.told.notices import Content
from data_contracts.vocabulary import Decision, Gate, NoticeKind
from tasks.case.clock import clock_of, day_of, is_paused, today
from tasks.case.parts import reason_name
from tasks.case.sealed import sealed_text
from tasks.gates.gates import Question, answer_by_rule, deciding_people
from tasks.notices.notify_subject import send_notice
from tasks.rules.clock.extension import check_extension
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import always, step

EXTEND = "extend"
_NOTICE = f"notice.{NoticeKind.EXTENSION.value}"


def require_extendable(case: Case) -> None:
    """That the data subject can be told today that it takes longer.

    Raises:
        AnswerRefused: with the reason why not.
    """
    check_extension(case, notice_by=clock_of(case).notice_by, today=today(), paused=is_paused(case))


def extension_question(case: Case) -> Question:
    """What the gate asks; said no once, it can be asked again."""
    now, longer = clock_of(case), clock_of(case, extended=True)
    refused = sum(g.outcome is Decision.REFUSE for g in _gates(case.case_id))
    return Question(
        gate=Gate.EXTENSION,
        description=(
            f"**Case {case.case_id} ({case.right.value}, {case.state.value}) is due on {now.response_due}.** Does the "
            f"answer take longer? It can then be given until {longer.response_due}.\n\nThe data subject must be told, "
            f"with the reasons, by **{now.notice_by}** (Art. 12(3)), and only once. Answer *approve* with the reason's "
            "code and its text, which the data subject reads; or *refuse* with a note: it will be in time."
        ),
        facts={"notice_by": now.notice_by.isoformat(), "refused": refused},
        options=(Decision.APPROVE, Decision.REFUSE),
    )


def decided(case_id: str) -> GateEntry | None:
    """The gate at which somebody said that it takes longer; None while nobody did."""
    return next((g for g in reversed(_gates(case_id)) if g.outcome is Decision.APPROVE), None)


def refusal_of_extension(case_id: str) -> GateEntry | None:
    """The newest gate where somebody said that it will be in time; None where the newest answer is another."""
    gates = _gates(case_id)
    return gates[-1] if gates and gates[-1].outcome is Decision.REFUSE else None


def is_extended(case_id: str) -> bool:
    """Whether the extension was told and the last day moved."""
    return is_done(case_id, EXTEND)


def concerns_extension(entry: GateEntry) -> bool:
    """Whether a gate is about an extension: the question itself, or its notice."""
    return entry.gate is Gate.EXTENSION or entry.subject == _NOTICE


def is_unfinished(case: Case) -> bool:
    """Whether a person decided that it takes longer, and the rest has still to be done and can be."""
    if decided(case.case_id) is None or is_extended(case.case_id):
        return False
    try:
        _require_tellable(case)
    except AnswerRefused:
        return False
    return True


def _require_tellable(case: Case) -> None:
    """That the notice has left, or can leave in time."""
    notice = services().register.step(case.case_id, _NOTICE)
    if notice is None or notice.state == "claimed":
        require_extendable(case)


@step("tell extension", watched=always)
def tell_extension(case_id: str) -> str:
    """Tell the data subject that it takes longer, why and until when, as a person decided; returns how.

    Raises:
        AnswerRefused: when it is too late by now to tell of it, and nothing had left.
        DeliveryUncertain: when the notice may or may not have left; a person must find out.
    """
    gate = _require_decided(case_id)
    case = services().register.case(case_id)
    _require_tellable(case)
    text = sealed_text(case_id, reason_name(Gate.EXTENSION, gate.subject, len(gate.answers) - 1))
    due = clock_of(case, extended=True).response_due.isoformat()
    content = Content(ground=gate.answers[-1].reference, reason_text=text, response_due=due)
    return send_notice(case_id, NoticeKind.EXTENSION, content)


@step("extend", watched=always)
def move_due(case_id: str) -> str:
    """Move the last day, once the notice has left; returns that day.

    Raises:
        AnswerRefused: when a letter was not posted by the last day to tell of it.
    """
    register, gate = services().register, _require_decided(case_id)
    case = register.case(case_id)
    now, due = clock_of(case), clock_of(case, extended=True).response_due
    _require_posted(case_id, now.notice_by)
    people, reason = deciding_people(gate), gate.answers[-1].reference
    facts: Facts = {
        "reason": reason,
        "decided_by": list(people),
        "response_due_before": case.response_due.isoformat(),
        "response_due": due.isoformat(),
        "notice_by": now.notice_by.isoformat(),
    }
    register.complete(
        case_id,
        EXTEND,
        receipt={"reason": reason, "response_due": due.isoformat()},
        record=Record(EXTEND, "", facts, actor=", ".join(people)),
        change=CaseChange(response_due=due, is_extended=True),
    )
    return due.isoformat()


def _require_decided(case_id: str) -> GateEntry:
    gate = decided(case_id)
    if gate is None:
        raise AnswerRefused("nobody decided that it takes longer", where=case_id, remedy="answer the gate extension")
    return gate


def _require_posted(case_id: str, notice_by: date) -> None:
    """A letter has told the data subject when it was posted, which must be in time as well."""
    posting = services().register.gate(case_id, Gate.POSTING, _NOTICE)
    if posting is None:
        return
    if posting.outcome is None or day_of(posting.answers[-1].at) > notice_by:
        raise AnswerRefused(
            f"the letter that tells of the extension was not posted by {notice_by}, so there is none (Art. 12(3))",
            where=case_id,
            remedy="answer without delay, and tell the data subject that the day told first holds",
        )


def close_late(entry: GateEntry) -> bool:
    """Answer a gate that nobody answered in time with no; whether it was answered now."""
    case = services().register.case(entry.case_id)
    try:
        require_extendable(case)
    except AnswerRefused as late:
        answer_by_rule(entry, Decision.REFUSE, also={"why": late.what})
        return True
    return False


def _gates(case_id: str) -> list[GateEntry]:
    return services().register.gates(case_id, kind=Gate.EXTENSION)
