"""Taking a request back, through whichever door."""

from data_contracts.errors import MoveRefused
from flows.starting import wake_soon
from tasks.public_status import status_of
from tasks.services import services
from tasks.withdraw import withdraw


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
