"""What the command line does about a case's time: extend it, or end it because the data subject withdrew."""

from contextlib import suppress
from typing import Any

from data_contracts.case.case import Case
from data_contracts.errors import SystemUnavailable
from data_contracts.vocabulary import Decision, Gate
from flows import wiring
from flows.operator.clock import clock_row
from flows.rights import extend
from flows.rights.which import carry_on
from flows.runs.case_runs import start_extension, wake_extension, wake_flow
from flows.runs.gates import WaitingForPerson
from flows.runs.leases import carrying
from tasks.gates.gates import Answer
from tasks.gates.operators import prove_person
from tasks.life.withdraw import withdraw
from tasks.rules.people.gates import rule_for
from tasks.services import services
from tasks.steps.step import guarded


def extend_case(case_id: str, *, operator: str, code: str, reason: str, text: str) -> dict[str, Any]:
    """Tell the data subject that the answer takes two months longer, and why; the last day moves once that has left."""
    with wiring.opened():
        case = services().register.case(case_id)
        extend.decide(case_id, Answer(operator, Decision.APPROVE, code=code, reason=text, reference=reason))
        waits_at = ""
        try:
            guarded(extend.carry_out, "extend")(case_id)
        except WaitingForPerson as waiting:
            waits_at = f"{waiting.entry.gate.value}:{waiting.entry.subject}"
        with suppress(SystemUnavailable):
            wake_extension(case)
        row = clock_row(services().register.case(case_id))
    if waits_at:
        said = f"{case_id}: the day moves once the notice has left; answer the gate {waits_at}, then extend again"
    else:
        said = f"{case_id}: the data subject is told; the answer is due by {row['response_due']}"
    return {"case": case_id, **row, "waits_at": waits_at, "said": said}


def go_on_extending(case: Case) -> None:
    """Go on after an answer that concerns an extension: in the run that asked, else here."""
    with suppress(SystemUnavailable):
        if wake_extension(case) or start_extension(case):
            return
    with suppress(WaitingForPerson):
        guarded(extend.carry_out, "extend")(case.case_id)


def withdraw_case(case_id: str, *, operator: str, code: str) -> dict[str, Any]:
    """End a case because the data subject withdrew the request, before anything was done."""
    with wiring.opened():
        case = services().register.case(case_id)
        take_back(case_id, operator=operator, code=code)
        note, run = "", None
        try:
            run = wake_flow(case)
        except SystemUnavailable as error:
            note = str(error)
        if run is None:
            carry_on(case)
        case = services().register.case(case_id)
    ends = "what was staged is destroyed" if case.is_ended else "it ends once the data subject is told"
    said = f"{case_id} is withdrawn; {ends}"
    return {"case": case_id, "state": case.state.value, "outcome": "withdrawn", "note": note, "said": said}


def take_back(case_id: str, *, operator: str, code: str) -> None:
    """Note the withdrawal, by a person who may check identities; nobody carries the case on meanwhile.

    Raises:
        AnswerRefused: when the person may not, or the code is not theirs.
        MoveRefused: when the case was acted on, refused or ended.
        CaseBusy: when a process carries the case on and does not stop in time; trying again helps.
    """
    provided = services()
    right = provided.register.case(case_id).right
    roles = rule_for(provided.policy, right, Gate.IDENTITY).roles
    person = prove_person(operator, code, roles=roles, where=case_id)
    with carrying(case_id):
        withdraw(case_id, operator=person)
