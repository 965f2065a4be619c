"""Watch: nothing sleeps. Recover flow runs that lost their process, start what waits, warn, purge what has ended.

A run whose process was killed stays Running for ever by itself. The sweep, in this order:

1. a deployed run in Running without any event for :attr:`Settings.silence` is set Crashed;
2. a crashed run is, after a time of grace, set AwaitingRetry, at most three times; then a person must look. It starts
   again from its first line, and the register's ledger says what is done (law 2, law 3);
3. a run that stays Pending is scheduled again (its worker died between taking and starting it);
4. a suspended run whose form was never saved (its process died, or the server was away, just then) goes on, and
   suspends anew with its form;
5. an open case without any run is started (it was registered while the server was away), as there is room;
6. what was typed into the form of a run that has ended without registering it is registered now, and wiped (law 1): its
   process was killed each time. A run that was cancelled before it began is wiped alone: a person did not want it;
7. every open case is looked at: dates, proofs that are awaited, turns (:mod:`flows.watch.lookout`);
8. an open case that nobody is asked about and that no run carries on is woken, or started again a while after its last
   run ended: a case never sleeps;
9. a run that waits for the worker in a queue of less urgent cases is brought forward (:mod:`flows.watch.queues`);
10. a recovery copy whose last day is over is destroyed, key and rows (:mod:`tasks.case.recovery`);
11. an archived case whose sealed package's time is over is purged;
The flow then carries out the outbox once more, for where nobody else does (:mod:`flows.watch.outbox`), and makes a
checkpoint of the log of all cases where the last one is an hour old (:mod:`flows.watch.checkpoints`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
from prefect import flow, get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterName,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import PrefectHTTPStatusError
from prefect.states import AwaitingRetry, Crashed, Scheduled

from data_contracts.case.case import Case
from data_contracts.errors import RightsflowError, SystemUnavailable
from data_contracts.vocabulary import Gate, Right
from flows import wiring
from flows.runs.case_runs import room, start_flow, wake_soon
from flows.runs.gates import is_moot
from flows.runs.opening import settle_form, wipe_form
from flows.runs.starting import LIVE, let_go_on, only_our_errors, runs_of
from flows.settings import settings
from flows.watch.checkpoints import checkpoint_in_time
from flows.watch.lookout import PrefectRuns, look_at_all
from flows.watch.outbox import dispatch, forget_old
from flows.watch.queues import hurry
from tasks.case.recovery import end_old_copies
from tasks.life.archive import purge_old
from tasks.services import services
from tasks.steps.step import guarded

_RETRIES = 3
_PAGE = 200
_BROKE = frozenset({StateType.FAILED, StateType.CRASHED})
_FIRST_REST = timedelta(minutes=1)
_REST_GROWS = 4
_GROWS_TIMES = 8
_WORDS = {
    "crashed": "runs without process",
    "retried": "runs tried again",
    "rescheduled": "runs scheduled again",
    "formed": "forms put back",
    "started": "cases started",
    "sealed": "error messages sealed",
    "purged": "cases purged",
    "copies_ended": "recovery copies destroyed",
    "woken": "cases woken",
    "hurried": "cases made urgent",
    "failed": "cases that could not be looked at",
    "released": "cases let go on",
    "contact_change": "contact changes let go on",
    "cooled_off": "erasures let go on",
    "closed": "cases closed without proof",
    "reminded": "reminders of a proof",
    "warned": "warnings of a date",
    "escalated": "late cases told to the DPO",
    "extension_closed": "questions of an extension closed",
    "asked_extension": "extensions asked about",
    "told_of_leavers": "decisions of people who left told",
    "unread": "warnings of unread mail",
    "registers": "reminders of register entries",
    "findings": "late findings told",
    "incidents": "warnings of an incident",
}
"""What :class:`Swept` counts, in words."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did; numbers of runs and cases."""

    crashed: int = 0
    retried: int = 0
    rescheduled: int = 0
    formed: int = 0
    started: int = 0
    sealed: int = 0
    purged: int = 0
    copies_ended: int = 0
    woken: int = 0
    hurried: int = 0
    looked: Mapping[str, int] = field(default_factory=dict)
    """What the look at open cases did, by name; see :func:`flows.watch.lookout.look_at_all`."""

    def __bool__(self) -> bool:
        """Whether anything was done."""
        return any(getattr(self, one.name) for one in fields(self))

    def __str__(self) -> str:
        """What was done, as the log of the whole system says it."""
        counted = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "looked"}
        told = {**counted, **self.looked}
        return ", ".join(f"{_WORDS.get(name, name)}: {count}" for name, count in told.items() if count)


@flow(name="watch", persist_result=False)
def watch() -> str:
    """Recover, start, warn and purge; see the module."""
    with wiring.opened() as installation:
        return str(guarded(lambda _: _watch(installation), "watch")(""))


def _watch(installation: wiring.Installation) -> Swept:
    _ = installation.contracts  # with a fault in them nothing is started
    swept = sweep()
    dispatch()
    forget_old()
    with suppress(RightsflowError):  # the audit tells it
        checkpoint_in_time(installation)
    services().register.tally_steps()
    return swept


def sweep(forms_seen: set[UUID] | None = None) -> Swept:
    """One pass over runs and cases. Services must be open.

    Args:
        forms_seen: states of suspended runs whose forms were seen by passes before, and are not asked about again;
            those of this pass are added.

    Raises:
        SystemUnavailable: when the Prefect server cannot be reached.
    """
    now, seen = datetime.now(UTC), set() if forms_seen is None else forms_seen
    with only_our_errors("watch"), get_client(sync_client=True) as client:
        crashed = sum(_crash(client, run) for run in _runs(client, StateType.RUNNING) if _is_silent(client, run, now))
        retried = sum(_retry(client, run, now) for run in _runs(client, StateType.CRASHED))
        rescheduled = sum(_reschedule(client, run, now) for run in _runs(client, StateType.PENDING))
        formed = sum(mend_form(client, run, now, seen) for run in _runs(client, StateType.PAUSED))
        sealed = sum(_seal(client, run) for run in _ended_badly(client))
        cases = services().register.cases(open_only=True)
        waiting = list(_without_run(client, cases))
        started = sum(_start(client, case) for case in waiting[: room(client)]) if waiting else 0
        looked = look_at_all(cases, PrefectRuns())
        hurried = hurry(client, cases, now)
        woken = sum(_wake(client, case, now) for case in _unasked(cases))
    copies = end_old_copies()
    purged = purge_old()
    return Swept(crashed, retried, rescheduled, formed, started, sealed, purged, copies, woken, hurried, dict(looked))


def _runs(client: SyncPrefectClient, state: StateType) -> Iterator[FlowRun]:
    """Deployed runs in a state."""
    wanted = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[state])),
        deployment_id=FlowRunFilterDeploymentId(is_null_=False),
    )
    yield from client.read_flow_runs(flow_run_filter=wanted, limit=_PAGE)


def _is_silent(client: SyncPrefectClient, run: FlowRun, now: datetime) -> bool:
    since = now - settings().silence
    if run.state is None or run.state.timestamp > since:
        return False
    answer = client.request(
        "POST",
        "/events/filter",
        json={
            "filter": {
                "occurred": {"since": since.isoformat(), "until": (now + timedelta(minutes=1)).isoformat()},
                "any_resource": {"id": [f"prefect.flow-run.{run.id}"]},
            },
            "limit": 1,
        },
    )
    return not answer.json()["events"]


def _crash(client: SyncPrefectClient, run: FlowRun) -> int:
    client.set_flow_run_state(run.id, Crashed(message="its process is gone: no sign of life"), force=True)
    return 1


def _retry(client: SyncPrefectClient, run: FlowRun, now: datetime) -> int:
    if run.state is None or now - run.state.timestamp < settings().crash_grace or run.run_count > _RETRIES:
        return 0
    if any(other.id != run.id for other in runs_of(client, run.name)[:1]):
        return 0  # a newer run carries the case on
    client.set_flow_run_state(run.id, AwaitingRetry(scheduled_time=now), force=True)
    return 1


def _reschedule(client: SyncPrefectClient, run: FlowRun, now: datetime) -> int:
    if run.state is None or now - run.state.timestamp < settings().pending_limit:
        return 0
    client.set_flow_run_state(run.id, Scheduled(scheduled_time=now), force=True)
    return 1


def mend_form(client: SyncPrefectClient, run: FlowRun, now: datetime, seen: set[UUID]) -> int:
    """Have a suspended run go on that nobody could answer, because its form is not there.

    Args:
        client: of the server.
        run: suspended.
        now: aware.
        seen: states whose forms were seen; this one is added where it has its form.
    """
    keys = run.state.state_details.run_input_keyset if run.state is not None else None
    if run.state is None or keys is None or run.state.id in seen:
        return 0
    if now - run.state.timestamp < settings().crash_grace:
        return 0
    try:
        client.read_flow_run_input(run.id, keys["description"])
    except PrefectHTTPStatusError as error:
        if error.response.status_code != httpx.codes.NOT_FOUND:
            return 0  # the server is busy; the next sweep asks again
        return 1 if let_go_on(client, run.id) else 0
    seen.add(run.state.id)
    return 0


def _ended_badly(client: SyncPrefectClient) -> Iterator[FlowRun]:
    """Runs that have ended and are not tried again."""
    for state in (StateType.FAILED, StateType.CANCELLED, StateType.CRASHED):
        for run in _runs(client, state):
            if state is not StateType.CRASHED or run.run_count > _RETRIES:
                yield run


def _seal(client: SyncPrefectClient, run: FlowRun) -> int:
    """Register what was typed for a run, so that nothing personal stays in Prefect and no request is lost."""
    typed = run.parameters.get("request")
    if not typed:
        return 0
    flow_name = client.read_flow(run.flow_id).name
    right = str(run.parameters.get("right", Right.ACCESS.value)) if flow_name == "receive" else flow_name
    is_case_flow = flow_name != "receive"
    if run.state_type is StateType.CANCELLED:
        wipe_form(run.id, "", is_case_flow=is_case_flow)
        return 1
    with suppress(RightsflowError):  # it cannot be registered; it was wiped
        settle_form(run.id, right, typed, is_case_flow=is_case_flow)
    return 1


def _without_run(client: SyncPrefectClient, cases: Iterable[Case]) -> Iterator[Case]:
    """Open cases for which the server may have no run: one question for many cases, since nearly all have one."""
    waiting = list(cases)
    for start in range(0, len(waiting), _PAGE):
        some = waiting[start : start + _PAGE]
        named = FlowRunFilter(name=FlowRunFilterName(any_=[case.case_id for case in some]))
        have = {run.name for run in client.read_flow_runs(flow_run_filter=named, limit=_PAGE)}
        yield from (case for case in some if case.case_id not in have)


def _start(client: SyncPrefectClient, case: Case) -> int:
    # Asked again for the case alone: among many, the runs of one may have filled the page.
    if runs_of(client, case.case_id):
        return 0
    try:
        return 1 if start_flow(case) else 0
    except SystemUnavailable:
        return 0  # not deployed yet; the next sweep tries again


def _unasked(cases: Iterable[Case]) -> Iterator[Case]:
    """Open cases about which nobody is asked anything; more time is asked for beside what the case does."""
    gates = services().register.gates(open_only=True)
    asked = {g.case_id for g in gates if g.gate is not Gate.EXTENSION and not is_moot(g)}
    for case in cases:
        if case.case_id not in asked:
            yield case


def _wake(client: SyncPrefectClient, case: Case, now: datetime) -> int:
    """Let the case's run go on, or start another one."""
    if not sleeps(runs_of(client, case.case_id), now):
        return 0
    return 1 if wake_soon(case) else 0


def sleeps(runs: Sequence[FlowRun], now: datetime) -> bool:
    """Whether a case about which nobody is asked anything is carried on by none of its runs.

    A suspended run sleeps once it is past the grace; one that has ended does so after a while, in which a person may
    have mended what ended it: an hour. One that failed may have met a database that was away for a moment: its case is
    started again after a minute, then four, sixteen, and each hour. A case without any run is started elsewhere.
    """
    states = [run.state for run in runs if run.state is not None]
    if not states or any(state.type in LIVE - {StateType.PAUSED} for state in states):
        return False
    is_suspended = any(state.type is StateType.PAUSED for state in states)
    wait = settings().crash_grace if is_suspended else _after_end(states)
    return all(now - state.timestamp >= wait for state in states)


def _after_end(states: Sequence[State]) -> timedelta:
    """How long a case rests whose runs have all ended."""
    newest = max(states, key=lambda state: state.timestamp)
    if newest.type not in _BROKE:
        return settings().restart_after
    broke = sum(state.type in _BROKE for state in states)
    rest: timedelta = _FIRST_REST * _REST_GROWS ** min(broke - 1, _GROWS_TIMES)
    return min(rest, settings().restart_after)
