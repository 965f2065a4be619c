"""Work queues: a case that is due soon is carried on before others where the worker has more than it can do.

A flow run stays in the queue that it was made for: Prefect moves none. So a run that waits for the worker, and whose
case has become more urgent meanwhile, is cancelled, and another is started in the right queue. That loses nothing: the
register says where the case stands (law 2). A run is left where it is

* while it runs or is suspended: it does not wait for the worker;
* when something was typed into its form past our door: the run says so at the gate.
"""

from collections.abc import Iterable
from datetime import datetime

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Cancelled

from data_contracts.case.case import Case
from flows.runs.case_runs import queue_of, start_flow
from flows.runs.starting import runs_of
from flows.settings import settings
from tasks.rules.clock.urgency import Urgency, is_behind

_TYPED = ("suspended-", "-response")
_PAGE = 200


def hurry(client: SyncPrefectClient, cases: Iterable[Case], now: datetime) -> int:
    """Bring waiting runs of cases that have become urgent forward; how many.

    Raises:
        SystemUnavailable: when the Prefect server cannot be reached.
    """
    urgent = ((case, queue_of(case)) for case in cases if not case.is_ended)
    return sum(_hurry(client, case, queue, now) for case, queue in urgent if queue is not Urgency.DEFAULT)


def _hurry(client: SyncPrefectClient, case: Case, queue: Urgency, now: datetime) -> int:
    run = next(iter(runs_of(client, case.case_id)), None)
    if run is None or not _waits_in_vain(run, now) or not is_behind(run.work_queue_name or "", queue):
        return 0
    if _has_answered_form(client, run):
        return 0
    client.set_flow_run_state(run.id, Cancelled(message=f"goes on in queue {queue.value}"), force=True)
    return 1 if start_flow(case) else 0


def _waits_in_vain(run: FlowRun, now: datetime) -> bool:
    """Whether a run should have been started a while ago."""
    if run.state is None or run.state.type is not StateType.SCHEDULED:
        return False
    due = run.state.state_details.scheduled_time or run.state.timestamp
    return now - due >= settings().pending_limit


def _has_answered_form(client: SyncPrefectClient, run: FlowRun) -> bool:
    begins, ends = _TYPED
    kept = client.filter_flow_run_input(flow_run_id=run.id, key_prefix=begins, limit=_PAGE, exclude_keys=set())
    return any(one.key.endswith(ends) for one in kept)
