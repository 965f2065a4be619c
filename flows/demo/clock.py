"""The demo of the law's clock: one case on simulated days, paused for a proof of identity and extended with reasons."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from data_contracts.errors import StepFailed
from data_contracts.vocabulary import Channel, Decision, Gate, Right
from flows import wiring
from flows.demo.cast import late_comer
from flows.demo.desk import Desk, Tell
from flows.operator.answering import Answered, answer
from flows.operator.cases import case_facts
from flows.operator.endings import extend_case
from flows.rights.which import carry_on
from tasks.intake.receive import TypedRequest, register_request
from tasks.services import services

_UNTIL_PROVEN = timedelta(days=12)
_UNTIL_EXTENDED = timedelta(days=21)
_MOST_GATES = 20


@dataclass
class _Days:
    """A clock that the demo sets on."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, days: timedelta) -> None:
        """Let days go by."""
        self.moment += days


def show_clock(company: Any, tell: Tell) -> str:  # noqa: ANN401  # the demo company
    """Carry one access case through a pause and an extension, and tell its dates; the case id."""
    days = _Days(wiring.utc_now() + timedelta(days=1))  # codes of today were used by the other cases
    with wiring.opened(now=days):
        desk = Desk(tell, days)
        desk.open()
        case = _register(late_comer(company), days)
        _tell_clock(case, days, tell, "received")
        _ask_for_proof(case, desk, days)
        _tell_clock(case, days, tell, "a proof of identity is asked for: the clock stands still")
        days.pass_by(_UNTIL_PROVEN)
        desk.verify(case, Right.ACCESS)
        carry_on(services().register.case(case))
        _tell_clock(case, days, tell, "the proof came: the clock runs on")
        days.pass_by(_UNTIL_EXTENDED)
        _extend(case, desk, days)
        _tell_clock(case, days, tell, "extended, with the reason told to the data subject in time")
        _carry_to_end(case, desk)
        _tell_clock(case, days, tell, "answered")
        desk.close()
    return case


def _register(subject: Any, days: _Days) -> str:  # noqa: ANN401  # the demo subject
    typed = TypedRequest(
        right=Right.ACCESS,
        channel=Channel.EMAIL,
        language=subject.language,
        received_at=days(),
        request_key=f"demo-clock:{days().isoformat()}",
        identity={"email": [subject.email]},
        name=subject.name,
    )
    return register_request(typed).case_id


def _ask_for_proof(case: str, desk: Desk, days: _Days) -> None:
    carry_on(services().register.case(case))
    operator = desk.operators[0]
    given = Answered(operator.name, Decision.ASK_MORE, operator.code(days().timestamp()), "", "")
    answer(case, Gate.IDENTITY, "", given)
    carry_on(services().register.case(case))


def _extend(case: str, desk: Desk, days: _Days) -> None:
    operator = desk.operators[1]
    extend_case(
        case,
        operator=operator.name,
        code=operator.code(days().timestamp()),
        reason="complexity",
        text="We hold your data in six systems, and parts of them must be read by a person.",
    )


def _carry_to_end(case: str, desk: Desk) -> None:
    for _ in range(_MOST_GATES):
        if carry_on(services().register.case(case)) is None:
            return
        desk.answer(case, case_facts(case))
    raise StepFailed("the case of the clock did not end", where=case, remedy="look at it with 'rightsflow case'")


def _tell_clock(case_id: str, days: _Days, tell: Tell, what: str) -> None:
    facts = case_facts(case_id)
    due = "no due date" if facts["paused"] else f"answer due {facts['response_due']}"
    tell(f"{case_id} on {days().date()} (simulated): {what}; {due}")
