"""Portability (Art. 20): the data that the subject provided, structured and machine-readable, to take along."""

from prefect import flow

from flows.forms import PortabilityForm
from flows.opening import case_flow
from flows.stages import admit, approve, is_done, locate, over_systems, refuse, send
from tasks.act.packing import staged_counts
from tasks.act.portability import build_portable_package, plan_portability, tell_portable
from tasks.archive_evidence import archive_evidence
from tasks.locate_data import by_hand, stage_rows
from tasks.services import services


@flow(name="portability", validate_parameters=False, persist_result=False)
def portability(case_id: str = "", request: PortabilityForm = PortabilityForm()) -> str:  # noqa: B008  # the form's defaults
    """Carry out a request for data portability (Art. 20).

    Start it with a case id to carry a registered case on, or fill in the request of a letter or telephone call: what
    is typed is sealed and wiped from Prefect before anything else happens.

    Args:
        case_id: Leave it empty to register a request below. With a case id, that case is carried on.
        request: What came by letter, e-mail or telephone. It is sealed, then wiped from Prefect.
    """
    return case_flow("portability", case_id, request, carry_out)


def carry_out(case_id: str) -> str:
    """The life of a portability case, from wherever it stands; returns how it ended."""
    if not admit(case_id):
        return refuse(case_id)
    if not is_done(case_id, "plan"):
        if not is_done(case_id, "locate") and not locate(case_id):
            return refuse(case_id)
        over_systems(case_id, stage_rows, services().contracts.systems)
        plan_portability(case_id)
    if not approve(case_id):
        return refuse(case_id)
    rows = build_portable_package(case_id)
    send(case_id, lambda: tell_portable(case_id, rows))
    return archive_evidence(case_id, _outcome(case_id, rows))


def _outcome(case_id: str, rows: int) -> str:
    """How the case ends: data that are there but not portable are a refusal, with its reasons (Art. 12(4))."""
    if rows or by_hand(case_id):
        return "granted"
    return "refused" if any(staged_counts(case_id).values()) else "nothing_found"
