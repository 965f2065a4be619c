"""One case of a data subject after the other: wait before acting, and let the next one go on afterwards."""

from data_contracts.vocabulary import Gate
from flows.runs.case_runs import wake_soon
from flows.runs.gates import answered, opened
from tasks.life.turns import release, siblings, turn_question, waits_for
from tasks.services import services


def take_turn(case_id: str) -> None:
    """Wait until every case that comes first has acted or ended, or a person lets this one go on."""
    release(case_id)
    gates = [opened(case_id, turn_question(case_id, first)) for first in waits_for(case_id)]
    for entry in gates:
        answered(entry)


def wake_next(case_id: str) -> None:
    """Wake the cases that waited for this one, which has acted or ended; without a server the sweep's turn comes."""
    register = services().register
    for other in siblings(case_id):
        waited = any(g.subject == case_id for g in register.gates(other, kind=Gate.TURN, proven=False))
        case = register.case(other)
        if waited and not case.is_ended:
            wake_soon(case)
