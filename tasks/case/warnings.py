"""Warnings before dates, each once, in evidence; and letters to the DPO without personal data (charter 7b)."""

from data_contracts.case.case import Case
from data_contracts.errors import StepFailed, SystemUnavailable
from data_contracts.evidence.records import Record
from data_contracts.told.notices import Rendered
from tasks.case.clock import Standing, standing
from tasks.rules.clock.warnings import OVERDUE, escalates, is_answered, warning_level
from tasks.services import services
from tasks.steps.step import always, step

_WARNING, _ESCALATION = "warning", "escalation"


def warning_of(case: Case) -> str:
    """The warning that the case's clock calls for today; empty for none."""
    now = standing(case)
    if now.days_left is None or is_answered(case.state):
        return ""
    return warning_level(now.days_left, services().policy.warn_days)


def warn(case: Case) -> bool:
    """Note the warning that is called for, once for each day the answer was due; whether it was noted now."""
    level, register = warning_of(case), services().register
    place = _place(case, level)
    if not level or register.step(case.case_id, _WARNING, place) is not None:
        return False
    days_left = standing(case).days_left
    facts = {"response_due": case.response_due.isoformat(), "days_left": days_left, "state": case.state.value}
    register.complete(
        case.case_id, _WARNING, place, receipt={"days_left": days_left}, record=Record(_WARNING, "", facts)
    )
    return True


def must_escalate(case: Case) -> bool:
    """Whether the DPO has still to be written to about the warning of today."""
    level, provided = warning_of(case), services()
    if not level or not escalates(level, case.state, provided.policy.warn_days):
        return False
    entry = provided.register.step(case.case_id, _ESCALATION, _place(case, level))
    return entry is None or entry.state != "done"


@step("escalate", watched=always)
def escalate(case_id: str) -> str:
    """Write to the DPO that nothing happened close to the date, or that it is over; returns how it left.

    A letter that may have left is not sent again: the register says so, and the next date brings the next one.
    """
    provided = services()
    case = provided.register.case(case_id)
    level = warning_of(case)
    place = _place(case, level)
    entry = provided.register.claim(case_id, _ESCALATION, place)
    if entry.state == "done":
        return str(entry.receipt["via"])
    via = "uncertain" if entry.state == "handed_over" else _deliver(case, place, _letter(case, level, standing(case)))
    record = Record(_ESCALATION, "", {"to": "dpo", "via": via, "response_due": case.response_due.isoformat()})
    provided.register.complete(case_id, _ESCALATION, place, receipt={"via": via}, record=record)
    return via


def _deliver(case: Case, place: str, letter: Rendered) -> str:
    provided = services()
    address = provided.organisation.dpo.email
    if not address:
        return "nowhere"  # the profile gives none; the warning stands in the register all the same
    try:
        return provided.channel.deliver(
            letter,
            to=address,
            message_key=f"{case.case_id}:{_ESCALATION}.{place}",
            about_to_hand_over=lambda: provided.register.hand_over(case.case_id, _ESCALATION, place),
        )
    except (SystemUnavailable, StepFailed):
        provided.register.release(case.case_id, _ESCALATION, place)  # nothing has left
        raise


def tell_officer(case: Case, place: str, letter: Rendered) -> bool:
    """Write to the DPO about a case, once for each ``place``; whether it left now.

    A letter that may have left is not sent again.
    """
    provided = services()
    entry = provided.register.claim(case.case_id, _ESCALATION, place)
    if entry.state == "done":
        return False
    via = "uncertain" if entry.state == "handed_over" else _deliver(case, place, letter)
    record = Record(_ESCALATION, "", {"to": "dpo", "via": via, "about": place})
    provided.register.complete(case.case_id, _ESCALATION, place, receipt={"via": via}, record=record)
    return True


def _letter(case: Case, level: str, now: Standing) -> Rendered:
    """Case, right and dates: nothing about anybody."""
    days = abs(now.days_left or 0)
    what = f"is overdue by {days} days" if level == OVERDUE else f"is due in {days} days, and nothing was done yet"
    lines = [
        f"Case {case.case_id} ({case.right.value}) {what}.",
        f"Received: {case.received_at:%Y-%m-%d}. Answer due: {case.response_due}. It stands at: {case.state.value}.",
        f"Look at it with: rightsflow case {case.case_id}",
    ]
    if now.notice_by is not None and level != OVERDUE:
        lines.insert(2, f"If it takes longer, the data subject must be told why by {now.notice_by} (Art. 12(3)).")
    return Rendered.of_paragraphs(f"Case {case.case_id} {what.partition(',')[0]}", lines)


def _place(case: Case, level: str) -> str:
    return f"{case.response_due}:{level}"
