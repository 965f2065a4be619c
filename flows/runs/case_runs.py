"""Starting and waking the flow runs of a case; the only module that asks Prefect about runs.

A case has at most one live flow run, named after the case. Who asks twice gets the same run. Without a server nothing
is lost: the case is in the register, and the sweep starts it when the server comes back.
"""

import os
from datetime import UTC, datetime
from uuid import UUID

import httpx
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Scheduled

from data_contracts.case.case import Case
from data_contracts.errors import SystemUnavailable
from flows.settings import settings
from tasks.case.clock import standing
from tasks.rules.clock.urgency import Urgency, urgency
from tasks.services import services

LIVE = frozenset({StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED, StateType.CANCELLING})
EXTENSION_RUN, LIFTING_RUN = "extend {case_id}", "lift {case_id}"
"""What flow runs are called that do something beside the case's own, so that they are found whoever started them."""
_TAG = "case"
_WAITING_A_RUN = 4


def has_server() -> bool:
    """Whether a Prefect server is configured for this process."""
    return bool(os.environ.get("PREFECT_API_URL"))


def start_flow(case: Case, *, only_first: bool = False) -> UUID | None:
    """The case's live flow run, started now if there was none; None without a server.

    With ``only_first`` any run of the case will do, also one that has ended.

    Raises:
        SystemUnavailable: when the server cannot be reached, or the flow is not deployed there.
    """
    if not has_server():
        return None
    with only_our_errors(case.case_id), get_client(sync_client=True) as client:
        runs = runs_of(client, case.case_id)
        for run in runs:
            if only_first or run.state_type in LIVE:
                return run.id
        deployment = client.read_deployment_by_name(f"{case.right.value}/{case.right.value}")
        made = client.create_flow_run_from_deployment(
            deployment.id,
            name=case.case_id,
            parameters={"case_id": case.case_id},
            tags=[_TAG, case.right.value],
            idempotency_key=f"{case.case_id}:{len(runs)}",
            work_queue_name=queue_of(case).value,
        )
        return made.id


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
        SystemUnavailable: see :func:`start_flow`.
    """
    if not has_server():
        return None
    with only_our_errors(case.case_id), get_client(sync_client=True) as client:
        run = wake_suspended(client, *suspended_names(case))
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
        SystemUnavailable: see :func:`start_flow`.
    """
    if not has_server():
        return None
    name = _extension_name(case)
    with only_our_errors(case.case_id), get_client(sync_client=True) as client:
        runs = runs_of(client, name)
        for run in runs:
            if run.state_type in LIVE or _ended_lately(run):
                return run.id
        deployment = client.read_deployment_by_name("extend/extend")
        made = client.create_flow_run_from_deployment(
            deployment.id,
            name=name,
            parameters={"case_id": case.case_id},
            tags=["extension", case.right.value],
            idempotency_key=f"{name}:{len(runs)}",
            work_queue_name=queue_of(case).value,
        )
        return made.id


def wake_extension(case: Case) -> UUID | None:
    """Let the suspended run that asks whether the case takes longer look at the register again; None without one.

    Raises:
        SystemUnavailable: when the server cannot be reached.
    """
    if not has_server():
        return None
    with only_our_errors(case.case_id), get_client(sync_client=True) as client:
        return wake_suspended(client, _extension_name(case))


def start_incident(run_id: str) -> UUID | None:
    """The live flow run of an incident, started or woken now; None without a server.

    Raises:
        SystemUnavailable: see :func:`start_flow`.
    """
    if not has_server():
        return None
    with only_our_errors(run_id), get_client(sync_client=True) as client:
        if woken := wake_suspended(client, run_id):
            return woken
        runs = runs_of(client, run_id)
        for run in runs:
            if run.state_type in LIVE:
                return run.id
        deployment = client.read_deployment_by_name("incident/incident")
        made = client.create_flow_run_from_deployment(
            deployment.id,
            name=run_id,
            parameters={"run_id": run_id},
            tags=["incident"],
            idempotency_key=f"{run_id}:{len(runs)}",
        )
        return made.id


def wake_run(run_id: str) -> UUID | None:
    """Let the suspended flow run that carries out a duty look at the register again; None without one.

    Raises:
        SystemUnavailable: when the server cannot be reached.
    """
    if not has_server():
        return None
    with only_our_errors(run_id), get_client(sync_client=True) as client:
        return wake_suspended(client, run_id)


def wake_suspended(client: SyncPrefectClient, *names: str) -> UUID | None:
    """Let the newest suspended flow run of the first of these names that has one go on; None without one."""
    for run in (run for name in names for run in runs_of(client, name)):
        if run.state_type is StateType.PAUSED:
            # Resuming would ask for the form's fields; the answer is in the register already.
            client.set_flow_run_state(run.id, Scheduled(name="Resuming"), force=True)
            return run.id
    return None


def _ended_lately(run: FlowRun) -> bool:
    return run.state is not None and datetime.now(UTC) - run.state.timestamp < settings().restart_after


def _extension_name(case: Case) -> str:
    return EXTENSION_RUN.format(case_id=case.case_id)


def suspended_names(case: Case) -> tuple[str, ...]:
    """What a flow run of the case is called that may wait for a person; of an ended one, also the one that lifts."""
    lifting = LIFTING_RUN.format(case_id=case.case_id)
    return (case.case_id, lifting) if case.is_ended else (case.case_id,)


def runs_of(client: SyncPrefectClient, case_id: str) -> list[FlowRun]:
    """Flow runs of that name, the case's own for a case id, newest first."""
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(name=FlowRunFilterName(any_=[case_id])), sort=FlowRunSort.START_TIME_DESC
    )


class only_our_errors:  # noqa: N801  # reads as a statement
    """Lets only our errors out of talking to the server."""

    def __init__(self, case_id: str) -> None:
        """Name the case, for the message."""
        self._case_id = case_id

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Turn what the server said into our words."""
        if isinstance(error, ObjectNotFound):
            raise SystemUnavailable(
                "the flow is not deployed on the Prefect server",
                where=self._case_id,
                remedy="deploy with 'rightsflow deploy', or start everything with 'rightsflow up'",
            ) from None
        if isinstance(error, httpx.HTTPError | PrefectHTTPStatusError | OSError):
            raise SystemUnavailable(
                "the Prefect server cannot be reached; the case is registered and loses nothing",
                where=self._case_id,
                remedy="start the server, or carry the case on with 'rightsflow run'",
            ) from None
