"""Taking a request back, through whichever door."""

from data_contracts.case.links import LinkPurpose
from data_contracts.errors import CaseBusy, MoveRefused, RequestInvalid
from flows.runs.case_runs import wake_soon
from flows.runs.leases import carrying
from tasks.intake.public_status import status_of
from tasks.life.cooling_off import take_back
from tasks.life.withdraw import withdraw
from tasks.notices.links import look_at_link
from tasks.services import services


def withdraw_unproven(case_id: str, *, by: str) -> bool:
    """Take a request back that nobody was proven to have made yet; False where it is too late for that."""
    if not status_of(case_id).may_withdraw:
        return False
    try:
        withdraw(case_id, operator=by)
    except MoveRefused:
        return False
    wake_soon(services().register.case(case_id))
    return True


def take_back_by_link(token: str) -> str:
    """Take an approved erasure back, by a link; nobody carries the case on meanwhile. Returns the case.

    Raises:
        RequestInvalid: when the link opens nothing, it is too late, or the case is at work just now.
    """
    link = look_at_link(token, LinkPurpose.TAKE_BACK)
    if link is None:
        return take_back(token)  # says why
    try:
        with carrying(link.case_id):
            return take_back(token)
    except CaseBusy:
        what = "the request is being worked on just now"
        raise RequestInvalid(what, where="link", remedy="open the link again in a minute") from None
