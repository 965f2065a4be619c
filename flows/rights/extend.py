"""Extend (Art. 12(3)): a person says why an answer takes two months longer, and the data subject is told in time."""

from dataclasses import replace

from prefect import flow
from prefect.context import FlowRunContext

from data_contracts.vocabulary import Decision, Gate
from flows import wiring
from flows.rights.stages import send
from flows.runs.case_runs import EXTENSION_RUN
from flows.runs.gates import ask, forget_own_forms, is_let_go_on, opened
from tasks.gates.gates import Answer, answer_as_proven, prove_for
from tasks.life.extension import (
    decided,
    extension_question,
    is_extended,
    move_due,
    refusal_of_extension,
    require_extendable,
    tell_extension,
)
from tasks.services import services
from tasks.steps.step import guarded


@flow(name="extend", flow_run_name=EXTENSION_RUN, persist_result=False)
def extend(case_id: str) -> str:
    """Ask whether an answer takes longer, tell the data subject with the reasons, then move the last day (Art. 12(3)).

    Args:
        case_id: The case, such as C-7K3M-9QXT.
    """
    with wiring.opened():
        ended = guarded(carry_out, "extend")(case_id.strip())
    forget_own_forms()
    return ended


def carry_out(case_id: str) -> str:
    """Ask, tell, move the last day, from wherever it stands; returns the last day to answer, or ``refused``.

    Raises:
        AnswerRefused: when no extension can be told (any more).
    """
    case = services().register.case(case_id)
    if is_extended(case_id):
        return case.response_due.isoformat()
    if decided(case_id) is None:
        refused = refusal_of_extension(case_id)
        if refused is not None and (FlowRunContext.get() is None or is_let_go_on(refused)):
            return "refused"  # the question that this run asked; another run, or a retry of this one, asks anew
        require_extendable(case)
        if ask(case_id, extension_question(case)).outcome is Decision.REFUSE:
            return "refused"
    send(case_id, lambda: tell_extension(case_id))
    return move_due(case_id)


def decide(case_id: str, answer: Answer) -> None:
    """Take in a proven person's answer that it takes longer; where one waits to be told, only ask who they are.

    Raises:
        AnswerRefused: when no extension can be told, or the answer is not accepted.
    """
    case = services().register.case(case_id)
    is_waiting = decided(case_id) is not None and not is_extended(case_id)
    if not is_waiting:
        require_extendable(case)
    who = prove_for(case_id, Gate.EXTENSION, answer.operator, answer.code, what="extend")
    if not is_waiting:
        entry = opened(case_id, extension_question(case))
        answer_as_proven(entry, replace(answer, operator=who), proof="totp")
