"""The whole system on one machine: Prefect server with its UI, deployments, a process worker, and the sweep.

:func:`running` starts everything and ends everything; each child writes its log below the home. Prefect's home lies in
ours unless ``PREFECT_HOME`` says otherwise. Telemetry is off. The server listens on this machine alone and answers
nobody without its secret (Prefect's auth string), made anew at each start and kept beside the keys for our own
processes: people come through our door (docs/adr/0021), and who has the server's secret does everything.
"""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from data_contracts.errors import SettingsInvalid, SystemUnavailable
from flows.embedded.forgetting import forget_wiped, was_wiped
from flows.server.certificate import made_authority
from flows.server.deploying import POOL, api_of, deployed, make_automations, make_pool, make_queues, start_deploying
from flows.server.fork_client import ADDRESS
from flows.server.mortal import PARENT
from flows.server.places import AUTH, CODE, address_file, environment_for, prefect_home, secret_file
from flows.server.preparing import database_ready
from flows.settings import Settings

_START_SECONDS = 300
_END_SECONDS = 10
_LONGEST_ADDRESS = 100
"""Of a Unix socket; the system takes 107 bytes."""


@dataclass
class RunningSystem:
    """What runs, and where.

    Attributes:
        ui_url: address of the Prefect server, for our processes alone.
        environment: for processes that shall use this server.
        port: of the server.
        database: what only the server's environment says: where its database is. Empty where somebody else names it.
    """

    ui_url: str
    environment: Mapping[str, str]
    settings: Settings
    port: int
    database: Mapping[str, str] = field(default_factory=dict)
    server: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None
    forking: subprocess.Popen[bytes] | None = None

    @property
    def auth(self) -> tuple[str, str]:
        """Name and password that the server asks for."""
        name, _, password = self.environment[AUTH].partition(":")
        return name, password

    def start_server(self) -> None:
        """Start the Prefect server; it answers some seconds later."""
        where = ("--host", "127.0.0.1", "--port", str(self.port))
        self.server = _spawn(
            self._log("server"), {**self.environment, **self.database}, "prefect", "server", "start", *where
        )

    def restart_server(self) -> None:
        """Start the server again, whatever has become of it."""
        _kill(self.server)
        self.start_server()

    def answers(self, seconds: float) -> bool:
        """Whether the server answers within that time."""
        try:
            return httpx.get(f"{self.ui_url}/api/health", timeout=seconds).is_success
        except httpx.HTTPError:
            return False

    def keep_database(self) -> bool:
        """Have the embedded database run; whether it had ended.

        Raises:
            SystemUnavailable: when it does not start.
        """
        embedded = self.settings.embedded
        if not embedded.is_made or embedded.is_answering or not (self.database or embedded.keeps_register):
            return False
        embedded.ensure()
        return True

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start the worker, or another one after the first has died."""
        self.worker = self._child("worker", "worker", "start", "--pool", POOL, "--type", "process", "--name", POOL)
        return self.worker

    def start_forking(self) -> None:
        """Start the process that flow runs are forked from; without it each run starts Python anew."""
        if ADDRESS in self.environment:
            self.forking = _spawn(self._log("forking"), self.environment, "flows.server.fork_server")

    def deploy(self) -> None:
        """Create the work pool, its queues, every deployment of prefect.yaml, and automations; start the worker.

        Raises:
            SettingsInvalid: when the deployment fails; its log says why.
        """
        log = self._log("deploy")
        with api_of(f"{self.ui_url}/api", self.environment) as api:
            make_pool(api, forked=True, at_once=self.settings.runs_at_once)
            make_queues(api)
            deploying = start_deploying(self.environment, log)
            self.start_worker()
            deployed(deploying, log)
            make_automations(api, self.settings)

    def end(self) -> None:
        """End the worker, then the server; kill what does not end by itself. What was wiped is in no file then."""
        for child, wish in ((self.worker, signal.SIGINT), (self.forking, signal.SIGTERM)):
            if child is not None and child.poll() is None:
                child.send_signal(wish)
        for child in (self.worker, self.forking):
            _wait_or_kill(child)
        if self.server is not None and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
        _wait_or_kill(self.server)
        self.forget_wiped()

    def forget_wiped(self) -> bool:
        """Take the bytes of what was wiped from the files of the embedded database (law 1).

        Returns:
            Whether it is done: False while a table is in use for long, and where Prefect has another database.
        """
        return bool(self.database) and forget_wiped(self.settings.embedded, self.environment["PREFECT_HOME"])

    def forget_lately_wiped(self) -> None:
        """The same, where a form was wiped since the last time."""
        if was_wiped(self.environment["PREFECT_HOME"]):
            self.forget_wiped()

    def failed(self) -> str:
        """The name of the first child that has died, empty while all live."""
        if self.server is not None and self.server.poll() is not None:
            return "server"
        if self.worker is not None and self.worker.poll() is not None:
            return "worker"
        if self.forking is not None and self.forking.poll() is not None:
            return "forking"
        return ""

    def _log(self, name: str) -> Path:
        return self.settings.state / "logs" / f"{name}.log"

    def _child(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        return _spawn(self._log(name), self.environment, "prefect", *arguments)


@contextmanager
def running(
    settings: Settings,
    *,
    port: int = 0,
    tell: Callable[[str], None] = lambda _: None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[RunningSystem]:
    """Everything, running and deployed, until the block ends.

    Args:
        settings: of the installation.
        port: of the server, which only the door and our processes use; 0 takes a free one.
        tell: told what is being started.
        meanwhile: done while the server starts, when the databases run.

    Raises:
        SettingsInvalid: when the port is taken, or deploying fails.
        SystemUnavailable: when the server does not come up in time.
    """
    chosen = port or free_port()
    require_free(chosen)
    renew_secret(settings)
    made_authority(prefect_home(settings))
    environment = environment_for(settings, chosen) | _forking_address(settings)
    for folder in (settings.state / "logs", Path(environment["PREFECT_HOME"])):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with database_ready(settings, environment, tell) as database:
        tell("starting the Prefect server")
        system = RunningSystem(f"http://127.0.0.1:{chosen}", environment, settings, chosen, database)
        system.start_server()
        system.start_forking()
        try:
            meanwhile()
            _wait_for(system)
            tell("deploying the flows and starting the worker")
            system.deploy()
            address_file(settings).write_text(f"{system.ui_url}/api\n")
            yield system
        finally:
            address_file(settings).unlink(missing_ok=True)
            system.end()


def renew_secret(settings: Settings) -> None:
    """Make what the server asks for from now on, ``name:secret``, for our account's eyes alone.

    An older one is worth nothing afterwards; neither is the password that earlier versions gave to people.
    """
    file = secret_file(settings)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as made:  # noqa: PTH123  # opened for its owner alone
        made.write(f"rightsflow:{secrets.token_urlsafe(32)}")
    draft.replace(file)
    file.with_name("prefect-password").unlink(missing_ok=True)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def require_free(port: int) -> None:
    """That nobody listens on a port.

    Raises:
        SettingsInvalid: when somebody does.
    """
    if not _is_free(port):
        raise SettingsInvalid(
            f"port {port} is taken", where="rightsflow up", remedy="end what uses it, or choose another with --port"
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _forking_address(settings: Settings) -> dict[str, str]:
    """Where stand-ins ask for a fork; nothing where the path is too long for a socket, or nobody can fork."""
    address = str(settings.state / "forking.sock")
    return {ADDRESS: address} if len(address) < _LONGEST_ADDRESS and sys.platform == "linux" else {}


def _spawn(log: Path, environment: Mapping[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    """A Python module in a session of its own, so that Ctrl-C reaches only us; it does not outlive us."""
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with log.open("ab") as sink:
        return subprocess.Popen(  # noqa: S603  # our own command with our own words
            [sys.executable, "-m", "flows.server.mortal", *arguments],
            cwd=CODE,
            env={**environment, PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_or_kill(child: subprocess.Popen[bytes] | None) -> None:
    try:
        if child is not None:
            child.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        _kill(child)


def _kill(child: subprocess.Popen[bytes] | None) -> None:
    """End a child and what it started, at once."""
    if child is not None and child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _wait_for(system: RunningSystem) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and not system.failed():
        if system.answers(2):
            return
        time.sleep(0.2)
    raise SystemUnavailable(
        "the Prefect server did not come up",
        where=system.ui_url,
        remedy=f"read {system.settings.state / 'logs' / 'server.log'}",
    )
