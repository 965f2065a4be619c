"""The time between the approval of an erasure and the act, in which the data subject may take the request back.

The order, where the policy says ``cooling_off_days``:

1. *told*: the data subject, of the last day and of how to take the request back. The days count from the day after
   this notice was written; where they do not fit before the answer is due, they are left out, and evidence says so;
2. *taken back* by a link in the notice, where software proved who reads the address it went to, or by an operator
   (``rightsflow withdraw``): the case ends as withdrawn, and nothing is erased;
3. else software answers the gate when the last day is over, or a person does before, because the data subject asked
   not to wait. What software answered before that day counts for nothing.
"""

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from data_contracts.case.links import LinkPurpose
from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.evidence.records import Facts, Record
from data_contracts.gates.decided import SOFTWARE
from data_contracts.told.notices import Content
from data_contracts.vocabulary import CaseState, Decision, Gate, NoticeKind, Right
from tasks.case.clock import today
from tasks.case.erased_again import follows
from tasks.case.parts import has_part
from tasks.case.sealed import PROVEN
from tasks.gates.gates import Question, answer_by_rule
from tasks.life.withdraw import withdraw
from tasks.notices.links import make_link, use_link
from tasks.notices.notify_subject import send_notice
from tasks.rules.clock.cooling_off import last_day
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import step

COOLING_OFF: Final = "cooling off"
"""Step of the ledger: the data subject was told, or it was left out."""
_READER: Final = "reader of the address that was proven"
_LEFT_OUT: Final = "the answer is due before"


def has_cooling_off(case_id: str) -> bool:
    """Whether the case waits at all; one that erases again what came back does not."""
    provided = services()
    is_erasure = provided.register.case(case_id).right is Right.ERASURE
    return is_erasure and bool(provided.policy.cooling_off_days) and not follows(case_id)


def cooling_words(case_id: str) -> str:
    """What people who approve are told of the wait; empty where there is none."""
    if not has_cooling_off(case_id) or is_done(case_id, COOLING_OFF):
        return ""
    until = _last_day(case_id)
    if until is None:
        return "\n\n**No time to take the request back:** the answer is due before that would be over."
    day = until.isoformat()
    return f"\n\nApproved today, it is acted on after {day}; until then the data subject can take the request back."


@step("tell cooling off")
def tell_cooling_off(case_id: str) -> str:
    """Tell the data subject until when the request can be taken back, once; the last day, empty where left out."""
    provided = services()
    noted = provided.register.step(case_id, COOLING_OFF)
    if noted is not None and noted.state == "done":
        return str(noted.receipt["until"])
    until = _last_day(case_id)
    if until is not None:
        link = _link(case_id, until)
        send_notice(case_id, NoticeKind.COOLING_OFF, Content(link=link, link_until=until.isoformat()))
    facts: Facts = {
        "until": until.isoformat() if until else "",
        "days": provided.policy.cooling_off_days if until else 0,
        "left_out": "" if until else _LEFT_OUT,
    }
    provided.register.complete(case_id, COOLING_OFF, receipt=facts, record=Record(COOLING_OFF, "", facts))
    return str(facts["until"])


def cooling_question(case_id: str) -> Question | None:
    """What is waited for before the erasure; None when nothing is any more."""
    until = _until(case_id)
    if until is None or today() > until or _is_waived(case_id):
        return None
    goes_on = until + timedelta(days=1)
    before = services().register.gates(case_id, kind=Gate.COOLING_OFF)
    return Question(
        gate=Gate.COOLING_OFF,
        description=(
            f"**Case {case_id} is erased on {goes_on.isoformat()}.** Up to {until.isoformat()} the data subject can "
            "take the request back, and was told so.\n\nNothing is to be done here: it goes on by itself. Where the "
            f"data subject takes it back by telephone or letter: `rightsflow withdraw {case_id}`. Answer *go_on* with "
            "the reason where they ask not to wait."
        ),
        facts={"until": until.isoformat(), "let_go": sum(1 for gate in before if gate.outcome is Decision.GO_ON)},
        options=(Decision.GO_ON,),
    )


def release_erasure(case_id: str) -> bool:
    """Answer the case's open gate once the last day is over; whether it was answered."""
    until = _until(case_id)
    if until is None or today() <= until:
        return False
    answered = False
    for entry in services().register.gates(case_id, kind=Gate.COOLING_OFF, open_only=True):
        with suppress(AnswerRefused):  # another process, or a person, was first
            answer_by_rule(entry, Decision.GO_ON)
            answered = True
    return answered


def may_take_back(case_id: str) -> bool:
    """Whether nothing was acted on yet and the time is not over."""
    until = _until(case_id)
    return until is not None and today() <= until and services().register.case(case_id).state is CaseState.APPROVED


def take_back(token: str) -> str:
    """Take in that the reader of the proven address takes the request back; the case, whose flow is to be woken.

    Raises:
        RequestInvalid: when the link opens nothing, or it is too late.
    """
    case_id = use_link(token, LinkPurpose.TAKE_BACK).case_id
    if not may_take_back(case_id):
        what = "this request cannot be taken back any more"
        raise RequestInvalid(what, where="link", remedy="write to us and quote the reference")
    withdraw(case_id, operator=_READER)
    return case_id


def _last_day(case_id: str) -> date | None:
    provided = services()
    return last_day(today(), provided.policy.cooling_off_days, provided.register.case(case_id).response_due)


def _until(case_id: str) -> date | None:
    """The last day, as the ledger has it; None where nobody was told, or nothing is waited for."""
    noted = services().register.step(case_id, COOLING_OFF)
    if noted is None or noted.state != "done" or not noted.receipt["until"]:
        return None
    return date.fromisoformat(str(noted.receipt["until"]))


def _is_waived(case_id: str) -> bool:
    """Whether a person let it go on; what software answered does not count before the day."""
    gates = services().register.gates(case_id, kind=Gate.COOLING_OFF)
    return any(one.operator != SOFTWARE for gate in gates if gate.outcome is Decision.GO_ON for one in gate.answers)


def _link(case_id: str, until: date) -> str:
    """A link that takes the request back, to the end of the last day; empty where nobody proved whose it is."""
    provided = services()
    if not provided.site_url or not has_part(case_id, PROVEN):
        return ""
    ends = datetime.combine(until + timedelta(days=1), time(), ZoneInfo(provided.organisation.time_zone))
    return make_link(case_id, LinkPurpose.TAKE_BACK, ends - provided.now())[0]
