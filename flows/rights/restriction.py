"""Restriction (Art. 18): once identity is verified the data are stored and nothing else, until it is lifted."""

from prefect import flow

from flows.rights.changing import change_until_proven
from flows.rights.recipients import tell_recipients
from flows.rights.stages import admit, case_of, refuse, send
from flows.runs.forms import RestrictionForm
from flows.runs.opening import case_flow
from tasks.act.restriction import RESTRICTING, restrict_at_once, restriction_outcome, tell_restriction
from tasks.case.changed_plan import as_approved
from tasks.case.plans import confirmed
from tasks.life.archive import archive_evidence


@flow(name="restriction", validate_parameters=False, persist_result=False)
def restriction(case_id: str = "", request: RestrictionForm = RestrictionForm()) -> str:  # noqa: B008  # the form's defaults
    """Carry out a request for restriction of processing (Art. 18).

    Start it with a case id to carry a registered case on, or fill in the request of a letter or telephone call: what
    is typed is sealed and wiped from Prefect before anything else happens.

    Args:
        case_id: Leave it empty to register a request below. With a case id, that case is carried on.
        request: What came by letter, e-mail or telephone. It is sealed, then wiped from Prefect.
    """
    return case_flow("restriction", case_id, request, carry_out)


def carry_out(case_id: str) -> str:
    """The life of a case of restriction, from wherever it stands; returns how it ended."""
    if case_of(case_id).is_ended:
        return case_of(case_id).outcome
    if not admit(case_id):
        return refuse(case_id)
    restrict_at_once(case_id)
    if not change_until_proven(case_id, RESTRICTING):
        return refuse(case_id)
    with as_approved(case_id):
        tell_recipients(case_id)
        send(case_id, lambda: tell_restriction(case_id, confirmed(case_id)))
        return archive_evidence(case_id, restriction_outcome(case_id))
