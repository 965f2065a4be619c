"""The flow runs of a case: the one that carries it on, the one that asks for more time, the one that lifts.

Each is found by its name, whoever started it; :mod:`flows.runs.starting` makes and wakes them.
"""

from datetime import UTC, datetime
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, StateType

from data_contracts.case.case import Case
from data_contracts.errors import SystemUnavailable
from flows.runs.starting import Wanted, is_live, only_our_errors, start_run, wake_run
from flows.settings import settings
from tasks.case.clock import standing
from tasks.rules.clock.urgency import Urgency, urgency
from tasks.services import services

EXTENSION_RUN, LIFTING_RUN = "extend {case_id}", "lift {case_id}"
"""What flow runs are called that do something beside the case's own, so that they are found whoever started them."""
_WAITING_A_RUN = 4


def start_flow(case: Case, *, only_first: bool = False) -> UUID | None:
    """The case's live flow run, started now if there was none; None without a server.

    With ``only_first`` any run of the case will do, also one that has ended.

    Raises:
        SystemUnavailable: see :func:`flows.runs.starting.start_run`.
    """
    wanted = Wanted(
        name=case.case_id,
        flow=case.right.value,
        parameters={"case_id": case.case_id},
        tags=("case", case.right.value),
        queue=queue_of(case).value,
    )
    return start_run(wanted, is_enough=(lambda _: True) if only_first else is_live)


def room(client: SyncPrefectClient) -> int:
    """How many more flow runs may be started now: a few wait for each that works, and the rest stays in the register.

    Runs that people's answers let go on so never stand behind all that came in meanwhile.

    Raises:
        SystemUnavailable: when the server cannot be reached.
    """
    asked = {
        "flow_runs": {
            "state": {"type": {"any_": [StateType.SCHEDULED.value, StateType.PENDING.value]}},
            "expected_start_time": {"before_": datetime.now(UTC).isoformat()},
        }
    }
    with only_our_errors("flow runs that wait"):
        waiting = int(client.request("POST", "/flow_runs/count", json=asked).json())
    return max(_WAITING_A_RUN * settings().runs_at_once - waiting, 0)


def queue_of(case: Case) -> Urgency:
    """The work queue for a case as its clock stands today. Services must be open."""
    return urgency(standing(case).days_left, services().policy.warn_days)


def wake_flow(case: Case) -> UUID | None:
    """Let a suspended flow run look at the register again: a gate was answered elsewhere. Start one if none lives.

    Of a case that has ended it is the run that lifts its restriction; none is started for it.

    Raises:
        SystemUnavailable: see :func:`flows.runs.starting.start_run`.
    """
    run = wake_run(*suspended_names(case))
    return run if run is not None or case.is_ended else start_flow(case)


def wake_soon(case: Case) -> UUID | None:
    """Wake the case's run now; while the server is away nothing, for the outbox and the watch do it later."""
    try:
        return wake_flow(case)
    except SystemUnavailable:
        return None


def start_extension(case: Case) -> UUID | None:
    """The live run that asks whether the case takes longer, started now if there was none; None without a server.

    Raises:
        SystemUnavailable: see :func:`flows.runs.starting.start_run`.
    """
    wanted = Wanted(
        name=_extension_name(case),
        flow="extend",
        parameters={"case_id": case.case_id},
        tags=("extension", case.right.value),
        queue=queue_of(case).value,
    )
    return start_run(wanted, is_enough=lambda run: is_live(run) or _ended_lately(run))


def wake_extension(case: Case) -> UUID | None:
    """Let the suspended run that asks whether the case takes longer look at the register again; None without one.

    Raises:
        SystemUnavailable: when the server cannot be reached.
    """
    return wake_run(_extension_name(case))


def _ended_lately(run: FlowRun) -> bool:
    return run.state is not None and datetime.now(UTC) - run.state.timestamp < settings().restart_after


def _extension_name(case: Case) -> str:
    return EXTENSION_RUN.format(case_id=case.case_id)


def suspended_names(case: Case) -> tuple[str, ...]:
    """What a flow run of the case is called that may wait for a person; of an ended one, also the one that lifts."""
    lifting = LIFTING_RUN.format(case_id=case.case_id)
    return (case.case_id, lifting) if case.is_ended else (case.case_id,)
