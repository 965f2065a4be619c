"""Access (Art. 15): confirmation, information and a copy of the data subject's personal data."""

from prefect import flow

from flows.rights.copies import agree_on_copy
from flows.rights.stages import admit, refuse, send
from flows.runs.forms import RequestForm
from flows.runs.opening import case_flow
from tasks.act.access import access_showing, build_package, plan_access
from tasks.case.changed_plan import as_approved
from tasks.case.plans import confirmed
from tasks.life.archive import archive_evidence
from tasks.notices.notify_subject import tell_answer
from tasks.search.locate import by_hand


@flow(name="access", validate_parameters=False, persist_result=False)
def access(case_id: str = "", request: RequestForm = RequestForm()) -> str:  # noqa: B008  # the form's defaults
    """Carry out a request for access (Art. 15).

    Start it with a case id to carry a registered case on, or fill in the request of a letter or telephone call: what
    is typed is sealed and wiped from Prefect before anything else happens.

    Args:
        case_id: Leave it empty to register a request below. With a case id, that case is carried on.
        request: What came by letter, e-mail or telephone. It is sealed, then wiped from Prefect.
    """
    return case_flow("access", case_id, request, carry_out)


def carry_out(case_id: str) -> str:
    """The life of an access case, from wherever it stands; returns how it ended."""
    if not admit(case_id) or not agree_on_copy(case_id, access_showing(case_id), plan_access):
        return refuse(case_id)
    with as_approved(case_id):
        approved = confirmed(case_id)
        rows = build_package(case_id, approved)
        send(case_id, lambda: tell_answer(case_id, rows, approved))
        # Law 6: what a person looked into outside the software is not "nothing found".
        return archive_evidence(case_id, "granted" if rows or by_hand(case_id) else "nothing_found")
