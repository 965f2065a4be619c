"""Flow runs that carry out a duty: each is one run of the register, however often it starts again.

The flow run's id is the key of the register's run, so that a flow run that was suspended at a gate, or lost its
process, goes on with the same run; afterwards it bears the run's name, by which an answer finds and wakes it.
"""

from uuid import UUID, uuid4

from prefect import get_client
from prefect.context import FlowRunContext

from data_contracts.case.runs import is_run
from flows.runs.starting import Wanted, start_run, wake_run


def run_key() -> str:
    """What tells this run from others: the flow run's id; outside a flow run something new each time."""
    context = FlowRunContext.get()
    return str(context.flow_run.id) if context is not None and context.flow_run is not None else str(uuid4())


def borne_name() -> str:
    """The name of a run that the flow run bears already, because it was started again; else empty."""
    context = FlowRunContext.get()
    name = context.flow_run.name if context is not None and context.flow_run is not None else ""
    return name if is_run(name) else ""


def bear_name(run_id: str) -> None:
    """Give the flow run the name of the register's run; nothing happens outside one."""
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.name == run_id:
        return
    with get_client(sync_client=True) as client:
        client.update_flow_run(context.flow_run.id, name=run_id)


def start_incident(run_id: str) -> UUID | None:
    """The live flow run of an incident, woken or started now; None without a server.

    Raises:
        SystemUnavailable: see :func:`flows.runs.starting.start_run`.
    """
    wanted = Wanted(name=run_id, flow="incident", parameters={"run_id": run_id}, tags=("incident",))
    return wake_run(run_id) or start_run(wanted)
