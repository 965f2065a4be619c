"""Withdrawal: a data subject takes the request back before anything was done (a side exit of every case)."""

from data_contracts.case.case import may_move
from data_contracts.errors import MoveRefused
from data_contracts.evidence.records import Record
from data_contracts.vocabulary import CaseState
from tasks.services import services

_STEP = "withdraw"


def withdraw(case_id: str, *, operator: str) -> None:
    """Note that the data subject withdrew the request; what was staged is destroyed when the case is archived.

    Args:
        case_id: the case.
        operator: the person to whom the data subject said it, proven.

    Raises:
        MoveRefused: when it was acted on, refused or ended by now.
    """
    register = services().register
    state = register.case(case_id).state
    if state is CaseState.WITHDRAWN:
        return
    if not may_move(state, CaseState.WITHDRAWN):
        raise MoveRefused(
            f"a request that is {state.value} cannot be withdrawn any more",
            where=case_id,
            remedy="let the case end; what was done stands, and the data subject may make another request",
        )
    register.complete(
        case_id,
        _STEP,
        receipt={"by": operator},
        record=Record(_STEP, "", {"withdrawn": True, "told_to": operator}, actor=operator),
        move=(CaseState.WITHDRAWN, "withdrawn by the data subject"),
        actor=operator,
        outcome="withdrawn",
    )
