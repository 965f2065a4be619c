"""Starting and waking flow runs; the only module that makes one, or lets a suspended one go on.

A subject (a case, an extension, an incident) has at most one live flow run, named after it. Who asks twice gets the
same run. Without a server nothing is lost: the register says what stands where, and the sweep starts what is missing
when the server comes back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

import httpx
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Scheduled

from data_contracts.errors import SystemUnavailable
from flows.settings import has_server

LIVE = frozenset({StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED, StateType.CANCELLING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A flow run that there shall be.

    Attributes:
        name: what it is called, by which it is found again.
        flow: the flow that is deployed under its own name.
        parameters: what the flow is given; nothing personal (law 1).
        tags: by which operators filter runs.
        queue: the work queue; empty for that of the deployment.
    """

    name: str
    flow: str
    parameters: dict[str, str]
    tags: tuple[str, ...]
    queue: str = ""


def is_live(run: FlowRun) -> bool:
    """Whether a run works, waits or is suspended."""
    return run.state_type in LIVE


def start_run(wanted: Wanted, *, is_enough: Callable[[FlowRun], bool] = is_live) -> UUID | None:
    """The run that is wanted, made now if there was none; None without a server.

    Args:
        wanted: which run.
        is_enough: whether a run of that name makes another one needless.

    Raises:
        SystemUnavailable: when the server cannot be reached, or the flow is not deployed there.
    """
    if not has_server():
        return None
    with only_our_errors(wanted.name), get_client(sync_client=True) as client:
        runs = runs_of(client, wanted.name)
        for run in runs:
            if is_enough(run):
                return run.id
        deployment = client.read_deployment_by_name(f"{wanted.flow}/{wanted.flow}")
        made = client.create_flow_run_from_deployment(
            deployment.id,
            name=wanted.name,
            parameters=wanted.parameters,
            tags=list(wanted.tags),
            idempotency_key=f"{wanted.name}:{len(runs)}",
            work_queue_name=wanted.queue or None,
        )
        return made.id


def wake_run(*names: str) -> UUID | None:
    """Let the suspended run of one of these names look at the register again; None without one, or without a server.

    Raises:
        SystemUnavailable: when the server cannot be reached.
    """
    if not has_server():
        return None
    with only_our_errors(names[0]), get_client(sync_client=True) as client:
        return wake_suspended(client, *names)


def wake_suspended(client: SyncPrefectClient, *names: str) -> UUID | None:
    """Let the newest suspended flow run of the first of these names that has one go on; None without one."""
    for run in (run for name in names for run in runs_of(client, name)):
        if run.state_type is StateType.PAUSED and let_go_on(client, run.id):
            return run.id
    return None


def let_go_on(client: SyncPrefectClient, run_id: UUID) -> bool:
    """Have a suspended run scheduled; False when somebody else woke it meanwhile, for it would be carried out twice."""
    if client.read_flow_run(run_id).state_type is not StateType.PAUSED:
        return False
    # Resuming would ask for the form's fields; the answer is in the register already.
    client.set_flow_run_state(run_id, Scheduled(name="Resuming"), force=True)
    return True


def runs_of(client: SyncPrefectClient, name: str) -> list[FlowRun]:
    """Flow runs of that name, newest first."""
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(name=FlowRunFilterName(any_=[name])), sort=FlowRunSort.START_TIME_DESC
    )


class only_our_errors:  # noqa: N801  # reads as a statement
    """Lets only our errors out of talking to the server."""

    def __init__(self, name: str) -> None:
        """Name the run, for the message."""
        self._name = name

    def __enter__(self) -> None:
        """Nothing to prepare."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Turn what the server said into our words."""
        if isinstance(error, ObjectNotFound):
            raise SystemUnavailable(
                "the flow is not deployed on the Prefect server",
                where=self._name,
                remedy="deploy with 'rightsflow deploy', or start everything with 'rightsflow up'",
            ) from None
        if isinstance(error, httpx.HTTPError | PrefectHTTPStatusError | OSError):
            raise SystemUnavailable(
                "the Prefect server cannot be reached; the case is registered and loses nothing",
                where=self._name,
                remedy="start the server, or carry the case on with 'rightsflow run'",
            ) from None
