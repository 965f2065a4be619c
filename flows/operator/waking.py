"""What carries a case on after a person has acted: its flow run, or the person again.

Prefect is imported where a server is configured, and nowhere else.
"""

from uuid import UUID

from data_contracts.case.case import Case
from data_contracts.case.runs import is_run
from data_contracts.errors import SystemUnavailable
from flows.settings import has_server
from tasks.services import services


def started(case: Case) -> tuple[str, str]:
    """The flow run of a new case, and what to tell where there is none."""
    if not has_server():
        return "", f"No Prefect server is configured: carry it on with 'rightsflow run {case.case_id}'."
    try:
        return str(_run_of(case, is_new=True)), ""
    except SystemUnavailable as error:
        return "", str(error)


def woken(case: Case) -> tuple[str, str]:
    """The flow run that looks at the register again, and what to tell where there is none."""
    try:
        run = _run_of(case)
    except SystemUnavailable as error:
        return "", str(error)
    if run is None and case.is_ended:
        return "", f"No flow run lifts it: carry on with 'rightsflow lift {case.case_id}'."
    return str(run or ""), ""


def woken_by_answer(case_id: str) -> str:
    """Let whatever waits for the answer look at the register again; what to tell where nothing does."""
    if not is_run(case_id):
        return woken(services().register.case(case_id))[1]
    try:
        run = _run_of(case_id)
    except SystemUnavailable as error:
        return str(error)
    return "" if run else "No flow run waits for it."


def _run_of(whose: Case | str, *, is_new: bool = False) -> UUID | None:
    """The flow run of a case, or of a run of the register, started or woken; None where nothing carries it on."""
    if not has_server():
        return None
    from flows.runs import case_runs, starting  # noqa: PLC0415  # imports Prefect

    if isinstance(whose, str):
        return starting.wake_run(whose)
    return case_runs.start_flow(whose) if is_new else case_runs.wake_flow(whose)
