"""``rightsflow up``: the whole system on this machine until Ctrl-C."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from uuid import UUID

from data_contracts.errors import RightsflowError
from flows import wiring
from flows.demo import DEMO_MARK
from flows.demo.registers import enter_demo_registers
from flows.doors.metrics import metrics_api
from flows.doors.permissions import permission_api
from flows.doors.serving import MakeApp, operators_desk, prefect_door, public_site, serving
from flows.server.caretaker import Caretaker
from flows.server.machine import RunningSystem, require_free, running
from flows.settings import settings
from flows.terminal import console
from tasks.services import services

_LOOK_SECONDS = 0.5
_READ_SECONDS = 120
_DEMO_CUSTOMERS = 10_000


class _Ended(Exception):  # a wish, not an error
    """Somebody asked us to end."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Where everything listens on this machine; 0: it is not served.

    Attributes:
        prefect: our door, behind which people open the Prefect UI.
        site: the pages that people come to.
        permissions: the API that other programs ask before they use data.
        desk: the operators' desk.
        metrics: figures for Prometheus.
    """

    prefect: int
    site: int = 0
    permissions: int = 0
    desk: int = 0
    metrics: int = 0

    @property
    def served(self) -> list[int]:
        """Those that are served."""
        every = (self.prefect, self.site, self.permissions, self.desk, self.metrics)
        return [port for port in every if port]


def up(ports: Ports, *, seed: bool) -> None:
    """Run everything until somebody ends it.

    Args:
        ports: where everything listens.
        seed: whether to make the demo company's systems where none is configured.

    Raises:
        SystemUnavailable: when the server ends again and again.
    """
    signal.signal(signal.SIGTERM, _end)
    try:
        for port in ports.served:
            require_free(port)
        _name_addresses(ports)
        if seed:
            seed_missing_systems()
        # From now on the home is in use: the next demo must not replace it.
        (settings().state / DEMO_MARK).unlink(missing_ok=True)
        with running(settings(), tell=_tell) as system, _doors(system, ports):
            _say_where(ports)
            _watch_over(system)
    except (KeyboardInterrupt, _Ended):
        console.print("Ended.")


def _name_addresses(ports: Ports) -> None:
    """Links that people receive begin with the address of the site, on this machine unless a setting says otherwise."""
    if ports.site and not settings().site_url:
        os.environ["RIGHTSFLOW_SITE_URL"] = f"http://localhost:{ports.site}"
    if ports.desk and not settings().desk_url:
        os.environ["RIGHTSFLOW_DESK_URL"] = f"http://localhost:{ports.desk}"
    if ports.prefect and not settings().prefect_url:
        os.environ["RIGHTSFLOW_PREFECT_URL"] = f"http://localhost:{ports.prefect}"
    settings.cache_clear()


@contextmanager
def _doors(system: RunningSystem, ports: Ports) -> Iterator[None]:
    """Web applications of ours, and the outbox, while everything runs."""
    os.environ.update(system.environment)
    from flows.watch.outbox import dispatching  # noqa: PLC0415  # reads the server's address when imported

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
        stack.enter_context(dispatching(installation))
        for name, make, port, hint in doors:
            if port:
                stack.enter_context(serving(make, port))
                console.print(f"[bold]{name:<12}[/] http://localhost:{port}{hint}")
        yield


def seed_missing_systems(customers: int = _DEMO_CUSTOMERS) -> None:
    """Make the demo company's systems where one has no connection, and enter what its officer would have."""
    installation = wiring.Installation(settings())
    is_demo = installation.is_demo_contracts
    try:
        missing = set(installation.contracts.systems) - set(installation.system_urls())
        if missing and is_demo:
            _tell("making the demo company")
            installation.seed_demo(customers=customers, today=wiring.utc_now().date(), progress=_tell)
    finally:
        installation.close()
    if is_demo:
        with wiring.opened():
            enter_demo_registers()


def _watch_over(system: RunningSystem) -> None:
    """Sweep, and start again what has died."""
    from flows.watch.watch import sweep  # noqa: PLC0415  # reads the server's address when imported

    next_sweep = next_reading = 0.0
    forms_seen: set[UUID] = set()
    sweeps, readings = _Told(_tell), _Told(_tell)
    caretaker = Caretaker(system, _tell)
    while True:
        caretaker.look()
        if time.monotonic() >= next_sweep:
            next_sweep = time.monotonic() + settings().sweep_every.total_seconds()
            sweeps.tell(lambda: _swept(lambda: sweep(forms_seen)))
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


def _swept(sweep: Callable[[], object]) -> str:
    """One pass over runs and cases; what it did."""
    with wiring.opened():
        done = sweep()
        return str(done) if done else ""


def _read_mailbox() -> str:
    """Take in what waits in the mailbox; what it did. One that is away is read later."""
    from flows.office.arrivals import read_once  # noqa: PLC0415  # reads the server's address when imported

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


def _tell(text: str) -> None:
    console.print(f"[dim]{time.strftime('%H:%M:%S')}  {text}[/]")


def _end(_number: int, _frame: object) -> None:
    raise _Ended
