"""Restriction (Art. 18): once identity is verified the data are stored and nothing else, until it is lifted."""

from prefect import flow

from flows.changing import change_until_proven
from flows.forms import RestrictionForm
from flows.opening import case_flow
from flows.recipients import tell_recipients
from flows.stages import admit, case_of, refuse, send
from tasks.act.restriction import RESTRICTING, restrict_at_once, restriction_outcome, tell_restriction
from tasks.archive_evidence import archive_evidence
from tasks.changed_plan import as_approved
from tasks.plans import confirmed


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
