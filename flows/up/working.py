"""What ``rightsflow up`` does once the server runs: it serves, empties the outbox, sweeps, and reads the mailbox."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from uuid import UUID

from data_contracts.errors import RightsflowError
from flows import wiring
from flows.doors.engine import prefect_door
from flows.doors.metrics import metrics_api
from flows.doors.operators import operators_desk
from flows.doors.permissions import permission_api
from flows.doors.public import public_site
from flows.doors.serving import MakeApp, serving
from flows.operator.arrivals import read_once
from flows.server.caretaker import Caretaker
from flows.server.machine import RunningSystem
from flows.settings import settings
from flows.terminal import console
from flows.up.ports import Ports
from flows.watch.outbox import dispatching
from flows.watch.watch import sweep
from tasks.services import services

__all__ = ["work"]

_LOOK_SECONDS = 0.5
_READ_SECONDS = 120


def work(system: RunningSystem, ports: Ports, tell: Callable[[str], None]) -> None:
    """Serve and look after everything until somebody ends it.

    Args:
        system: the server and what belongs to it.
        ports: where everything listens.
        tell: told what was done.

    Raises:
        ContractInvalid: when the contracts hold a fault.
        SystemUnavailable: when the server ends again and again.
    """
    with _doors(ports):
        _say_where(ports)
        _watch_over(system, tell)


@contextmanager
def _doors(ports: Ports) -> Iterator[None]:
    """Web applications of ours, and the outbox, while everything runs."""
    doors: list[tuple[str, MakeApp, int, str]] = [
        ("Prefect UI", prefect_door, ports.prefect, "  (sign in as at the desk)"),
        ("Intake site", public_site, ports.site, ""),
        ("Desk", operators_desk, ports.desk, "  (password: rightsflow operator password NAME)"),
        ("Metrics", metrics_api, ports.metrics, "/metrics  (rules: rightsflow metrics --alerts)"),
        ("Permissions", permission_api, ports.permissions, "/docs  (keys: rightsflow api-key add)"),
    ]
    with ExitStack() as stack:
        installation = wiring.Installation(settings())
        stack.callback(installation.close)
        _ = installation.contracts  # a set with a fault is not begun with
        stack.enter_context(dispatching(installation))
        for name, make, port, hint in doors:
            if port:
                stack.enter_context(serving(make, port))
                console.print(f"[bold]{name:<12}[/] http://localhost:{port}{hint}")
        yield


def _watch_over(system: RunningSystem, tell: Callable[[str], None]) -> None:
    """Sweep, and start again what has died."""
    next_sweep = next_reading = 0.0
    forms_seen: set[UUID] = set()
    sweeps, readings = _Told(tell), _Told(tell)
    caretaker = Caretaker(system, tell)
    while True:
        caretaker.look()
        if time.monotonic() >= next_sweep:
            next_sweep = time.monotonic() + settings().sweep_every.total_seconds()
            sweeps.tell(lambda: _swept(forms_seen))
            system.forget_lately_wiped()
        if settings().imap_host and time.monotonic() >= next_reading:
            next_reading = time.monotonic() + _READ_SECONDS
            readings.tell(_read_mailbox)
        time.sleep(_LOOK_SECONDS)


class _Told:
    """Says what a work that is done again and again did.

    A fault ends nothing: somebody may be writing in the contracts just now, or a mailbox may be away. It is said once,
    again when it is another, and when it is over.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        """Keep who says it."""
        self._say = say
        self._fault = ""

    def tell(self, work: Callable[[], str]) -> None:
        """Do the work, and say what it did; nothing where it did nothing."""
        try:
            done = work()
        except RightsflowError as error:
            if str(error) != self._fault:
                self._fault = str(error)
                self._say(self._fault)
            return
        if self._fault:
            self._fault = ""
            self._say("what was told last is over")
        if done:
            self._say(done)


def _swept(forms_seen: set[UUID]) -> str:
    """One pass over runs and cases; what it did. With a fault in the contracts nothing is started."""
    with wiring.opened() as installation:
        _ = installation.contracts
        done = sweep(forms_seen)
        return str(done) if done else ""


def _read_mailbox() -> str:
    """Take in what waits in the mailbox; what it did. One that is away is read later."""
    done = read_once()
    return "mailbox: " + ", ".join(f"{count} {name}" for name, count in done.items()) if done else ""


def _say_where(ports: Ports) -> None:
    state = settings().state
    console.print(f"\n[bold]Home[/]         {state}  (mails in outbox/, logs in logs/)")
    if not services_have_operators():
        console.print("[bold]Next[/]         enrol yourself: rightsflow operator add NAME --role dpo,")
        console.print("             then choose a password: rightsflow operator password NAME,")
        console.print(f"             then sign in at http://localhost:{ports.prefect}")
    console.print("Ctrl-C ends everything.\n")


def services_have_operators() -> bool:
    """Whether anybody may answer gates."""
    with wiring.opened():
        return any(operator.is_active for operator in services().register.operators())
