"""The stage in which whoever acts for the data subject shows that they may (LIL Art. 85)."""

from collections.abc import Callable

from data_contracts.vocabulary import CaseState, Requester
from flows.runs.gates import ask
from tasks.identity.requesters import REQUESTER, refuse_by_rule, requester_of, requester_question, settle_requester
from tasks.services import services
from tasks.steps.ledger import is_done

Send = Callable[[str, Callable[[], object]], None]
"""How a notice is sent; see :func:`flows.rights.stages.send`."""


def admit_requester(case_id: str, send: Send) -> None:
    """Have a person decide whether the requester may act; the case is refused when they may not.

    It is decided before anything is located: a case that has gone on needs no look at what is sealed.
    """
    register = services().register
    case = register.case(case_id)
    if case.state is not CaseState.IDENTITY_VERIFIED or is_done(case_id, REQUESTER):
        return
    requester = requester_of(case_id)
    if requester is Requester.SUBJECT or refuse_by_rule(case_id, requester):
        return
    attempt = 0
    while not is_done(case_id, REQUESTER):
        ask(case_id, requester_question(case_id, requester, case.right, attempt))
        send(case_id, lambda: settle_requester(case_id, requester, attempt))  # noqa: B023  # called before the next turn
        attempt += 1
