"""The outbox carried out: flows are started, marketing is ended, automations and subscribers are told.

Rows are written in the transaction of what causes them, so nothing is lost while Prefect, or whoever shall be told, is
away. Each is done at least once, and every way of doing it knows a repetition: a case is started once, an event has
the same id each time, a call carries the row's key.

1. a pass takes the rows that are due, kind by kind; flows are started as there is room for them, the rights in turn;
2. what fails and may succeed later is tried again, later each time; what never will is noted and given up;
3. several dispatchers at once do no harm, for the same reason.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import copy_context
from datetime import timedelta
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from prefect import get_client
from prefect.events import emit_event

from data_contracts.case.outgoing import Outgoing, OutgoingKind
from data_contracts.errors import RightsflowError, SystemUnavailable, TransientError
from flows.runs.case_runs import room, start_flow
from flows.settings import has_server, settings
from flows.wiring import Installation
from flows.wiring.calling import SafeCaller, opendsr_signer
from tasks.act.former_keys import forget_old_keys
from tasks.act.objection import suppress_at_once
from tasks.case.clock import today
from tasks.intake.callbacks import call_back, put_callback, unsigned
from tasks.intake.webhooks import deliver, fan_out
from tasks.search.erased_keys import forget_old_erasures
from tasks.services import services, use

_PAGE: Final = 200
_EVERY_SECONDS: Final = 1.0
_LONGEST_WAIT: Final = timedelta(hours=6)
_KEPT: Final = timedelta(days=30)
"""How long rows that are done stay, for who looks at what became of them."""

Deliver = Callable[[Outgoing], None]
"""Carries one row out; raises our errors."""


def start(row: Outgoing) -> None:
    """Start the case's flow, unless it had a run before, or has ended: others look after that run.

    Raises:
        SystemUnavailable: while the server is away, or the flow is not deployed there.
    """
    case = services().register.case(row.case_id)
    if not case.is_ended and start_flow(case, only_first=True) is None:
        raise SystemUnavailable("no Prefect server is configured", where=row.case_id, remedy="start one")


def suppress_marketing(row: Outgoing) -> None:
    """End direct marketing on receipt of an objection, also while no flow can run (Art. 21(3))."""
    suppress_at_once(row.case_id)


def tell_automations(row: Outgoing) -> None:
    """Emit a Prefect event of a case's move, so that automations can react; nothing without a server.

    The event names the case, its right, channel and state, and nothing personal (law 1).
    """
    if not has_server():
        return
    case = services().register.case(row.case_id)
    emit_event(
        event=f"rightsflow.case.{row.target}",
        resource={
            "prefect.resource.id": f"rightsflow.case.{case.case_id}",
            "prefect.resource.name": case.case_id,
            "rightsflow.right": case.right.value,
            "rightsflow.channel": case.channel.value,
            "rightsflow.state": row.target,
        },
        occurred=row.created_at,
        payload={"number": row.number},
        id=uuid5(NAMESPACE_URL, row.key),
    )


def tell_of_move(row: Outgoing) -> None:
    """Tell automations of a move, and put a call for each subscriber, and for the agent who asked."""
    fan_out(row)
    put_callback(row)
    tell_automations(row)


def call_subscriber(row: Outgoing) -> None:
    """Call one subscriber about one move."""
    deliver(row, SafeCaller().post)


def call_agent(row: Outgoing) -> None:
    """Tell the agent or controller that made a request where it stands."""
    call_back(row, SafeCaller().post, _signed)


def _signed(body: bytes) -> Mapping[str, str]:
    """Headers of a body that is signed, where there is a key; it is read only for what is signed."""
    signer = opendsr_signer(settings())
    return signer.headers(body) if signer else unsigned(body)


DELIVERERS: Final[Mapping[OutgoingKind, Deliver]] = {
    OutgoingKind.SUPPRESS: suppress_marketing,
    OutgoingKind.START: start,
    OutgoingKind.MOVED: tell_of_move,
    OutgoingKind.WEBHOOK: call_subscriber,
    OutgoingKind.CALLBACK: call_agent,
}


def dispatch(deliverers: Mapping[OutgoingKind, Deliver] = DELIVERERS) -> int:
    """One pass over what is due; how many rows were done. Services must be open."""
    register, done = services().register, 0
    for kind, carry_out in deliverers.items():
        rows = _starts() if kind is OutgoingKind.START else register.outgoing_due([kind], services().now(), limit=_PAGE)
        good = [row.seq for row in rows if _is_done(row, carry_out)]
        if good:
            register.outgoing_done(good)
        done += len(good)
    return done


def _starts() -> list[Outgoing]:
    """Cases whose flow may be started now; none while nothing could be started, or enough wait already."""
    if not has_server():
        return []
    soon = today() + timedelta(days=max(services().policy.warn_days))
    due = services().register.starts_due(services().now(), soon=soon, limit=_PAGE)
    if not due:
        return []
    try:
        with get_client(sync_client=True) as client:
            return due[: room(client)]
    except SystemUnavailable:
        return []


def forget_old() -> int:
    """Forget rows that were done long ago, and counts of tries, former and erased keys whose time is over; how many."""
    register, now = services().register, services().now()
    forgotten = register.forget_outgoing(now - _KEPT) + register.forget_calls(now - timedelta(days=1))
    return forgotten + forget_old_keys() + forget_old_erasures()


def _is_done(row: Outgoing, carry_out: Deliver) -> bool:
    """Whether a row needs nothing more: it was carried out, or never can be."""
    try:
        carry_out(row)
    except TransientError as error:
        wait = min(timedelta(seconds=2 ** min(row.attempts, 20)), _LONGEST_WAIT)
        services().register.outgoing_again(row.seq, services().now() + wait, error.what)
        return False
    except RightsflowError:
        return True  # no repetition helps; the case itself says where it stands
    except Exception as error:  # noqa: BLE001  # one row that breaks stops no other; its text may quote values
        services().register.outgoing_again(row.seq, services().now() + _LONGEST_WAIT, type(error).__name__)
        return False
    return True


@contextmanager
def dispatching(installation: Installation) -> Iterator[None]:
    """Passes over the outbox in a thread of this process, until the block ends."""
    ended = threading.Event()
    # The thread sees the settings of Prefect that this one sees: which server it is.
    context = copy_context()
    thread = threading.Thread(target=context.run, args=(_carry_out, installation, ended), name="outbox", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(10)


def _carry_out(installation: Installation, ended: threading.Event) -> None:
    with use(installation.services):
        while not ended.is_set():
            done = 0
            with suppress(RightsflowError):  # the register is away; the next pass tries again
                done = dispatch()
            if not done:
                ended.wait(_EVERY_SECONDS)
