"""Flow runs that start at once: one process imports everything, and forks for each run.

A start of Python with all imports costs more than most runs, and each gate that is answered starts one (docs/adr/0008).
The worker's command is :mod:`flows.server.fork_client`; this process answers it. It has one thread, reads no case
and keeps nothing: a fork is as good as a new process, with its own environment, folder and output.

1. a fork whose stand-in has died is killed, as a process is that a worker kills;
2. when this process dies, its forks die, and the watch starts their cases again;
3. changed code counts once it is started anew (``rightsflow up``), changed contracts at the next run.
"""

import array
import contextlib
import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from prefect.context import refresh_global_settings_context
from pydantic import BaseModel

from data_contracts.errors import RightsflowError
from data_contracts.vocabulary import Right
from flows.server.fork_client import ADDRESS
from flows.server.mortal import die_with_parent
from flows.settings import settings
from flows.wiring import Installation

_FOLDERS = {
    "rights": (*Right, "receive", "lift", "extend"),
    "duties": ("retention", "mailbox"),
    "watch": ("watch",),
}
_FLOWS = {name: f"flows.{folder}.{name}" for folder, names in _FOLDERS.items() for name in names}
"""The module of each flow that most runs carry out; the function has the flow's name."""
_LATER = (
    "prefect.flow_engine", "prefect.task_engine", "prefect._internal.metrics", "prefect.deployments.steps.pull",
    "prefect.events.clients", "prefect.runner", "prefect.flow_runs", "prefect.concurrency.asyncio",
    "prefect.concurrency.sync", "anyio._backends._asyncio", "graphviz", "rich._emoji_codes", "holidays.countries",
    "psycopg", "aiosqlite", "alembic.command", "tasks.steps.task_runs",
    "flows.wiring.evidence", "flows.wiring.pages", "flows.wiring.passkeys", "flows.wiring.sending",
    "flows.wiring.systems", "flows.wiring.vault",
)  # fmt: skip
"""What a run would import by itself, beside the flows."""
_FDS = 4


def main() -> None:
    """Import, listen, fork; ends when the process is told to.

    In the fork this returns to the engine, so that Python ends it as it ends any process.
    """
    for module in (*_FLOWS.values(), *_LATER):
        importlib.import_module(module)
    _import_judge()
    _complete_models()
    _read_contracts()
    if threading.active_count() > 1:
        raise SystemExit("something that was imported has started a thread: a fork would not be whole")
    listening = _listen(os.environ[ADDRESS])
    gc.collect()
    gc.freeze()  # else each collection of a fork copies every page
    _Server(listening).serve()
    _run()


def _import_judge() -> None:
    """Great Expectations takes seconds, and only installations that judge with it need it."""
    if os.environ.get("RIGHTSFLOW_JUDGE", "great-expectations") == "great-expectations":
        importlib.import_module("great_expectations")


def _complete_models() -> None:
    """Pydantic builds a model's validator when it is first used: here once, instead of in every run."""
    waiting = BaseModel.__subclasses__()
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if not model.__pydantic_complete__:
            model.model_rebuild(raise_errors=False)


def _read_contracts() -> None:
    """A fork reads them again only where they were changed; one that finds a fault in them tells of it."""
    with contextlib.suppress(RightsflowError):
        _ = Installation(settings()).contracts


def _listen(address: str) -> socket.socket:
    Path(address).unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    was = os.umask(0o177)  # for our own account alone
    try:
        listening.bind(address)
    finally:
        os.umask(was)
    listening.listen(64)
    return listening


class _Server:
    """Answers stand-ins, each on its own line, in one thread."""

    def __init__(self, listening: socket.socket) -> None:
        """Listen to stand-ins, to signals, and to the ends of forks."""
        awake, wake = socket.socketpair()
        self._sockets = {listening, awake, wake}
        self._forks: dict[int, socket.socket] = {}
        self._looking = selectors.DefaultSelector()
        for one in self._sockets:
            one.setblocking(False)  # noqa: FBT003  # the standard library's signature
        self._look(listening, lambda: self._accept(listening))
        self._look(awake, lambda: self._tell_ended(awake))
        signal.set_wakeup_fd(wake.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, _end)

    def serve(self) -> None:
        """Answer until we are told to end; returns in a fork, which is to become the flow run."""
        while not any(key.data() for key, _ in self._looking.select()):
            pass
        self._looking.close()
        for one in self._sockets:
            one.close()

    def _look(self, one: socket.socket, do: Callable[[], bool]) -> None:
        """Have something done whenever there is something to read; it says whether this is a fork by then."""
        self._sockets.add(one)
        self._looking.register(one, selectors.EVENT_READ, do)

    def _accept(self, listening: socket.socket) -> bool:
        with contextlib.suppress(OSError):
            line, _ = listening.accept()
            self._look(line, lambda: self._fork(line))
        return False

    def _fork(self, line: socket.socket) -> bool:
        """Fork for what a stand-in asks; True in the fork."""
        received = _descriptors(line)
        if len(received) != _FDS:
            self._hang_up(line)  # it has died already
            return False
        process = os.fork()
        if not process:
            _become(received)
            return True
        for descriptor in received:
            os.close(descriptor)
        self._forks[process] = line
        self._looking.modify(line, selectors.EVENT_READ, lambda: self._pass_on(line, process))
        return False

    def _pass_on(self, line: socket.socket, process: int) -> bool:
        """Pass a signal on to a fork, or kill it with its stand-in."""
        try:
            told = line.recv(16)
        except OSError:
            told = b""
        if process in self._forks:
            os.kill(process, int(told) if told else signal.SIGKILL)
        if not told:
            self._hang_up(line)
        return False

    def _tell_ended(self, awake: socket.socket) -> bool:
        """Tell the stand-ins of forks that have ended."""
        with contextlib.suppress(BlockingIOError):
            awake.recv(4096)
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                process, status = ended
                line = self._forks.pop(process)
                with contextlib.suppress(OSError):
                    line.send(str(status).encode())
                self._hang_up(line)
        return False

    def _hang_up(self, line: socket.socket) -> None:
        if line in self._sockets:
            self._sockets.remove(line)
            self._looking.unregister(line)
            line.close()


def _end(*_: object) -> NoReturn:
    os._exit(0)


def _descriptors(line: socket.socket) -> list[int]:
    """What a stand-in sent: its input, its two outputs, and the file with its words."""
    try:
        _, ancillary, _, _ = line.recvmsg(16, socket.CMSG_LEN(_FDS * array.array("i").itemsize))
    except OSError:
        return []
    received = array.array("i")
    for _, _, data in ancillary:
        received.frombytes(data[: len(data) - len(data) % received.itemsize])
    return list(received)


def _become(received: list[int]) -> None:
    """Take over input, outputs, environment and folder of the stand-in, in the fork."""
    die_with_parent()
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    *streams, words = received
    for ours, theirs in enumerate(streams):
        os.dup2(theirs, ours)
        os.close(theirs)
    os.lseek(words, 0, os.SEEK_SET)
    with os.fdopen(words, "rb") as file:
        wanted = json.load(file)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["folder"])


def _run() -> NoReturn:
    """Become the flow run, as ``python -m prefect.engine`` would."""
    refresh_global_settings_context()
    settings.cache_clear()
    _name_flow()
    sys.argv = ["prefect.engine"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*found in sys.modules after import of package.*")
        runpy.run_module("prefect.engine", run_name="__main__")
    raise SystemExit(0)


def _name_flow() -> None:
    """Tell the engine where a flow of ours is, which is imported already: it need not ask for the deployment's steps.

    A deployment of another name may say otherwise, and is asked for.
    """
    name = os.environ.get("PREFECT__FLOW_NAME", "")
    if name in _FLOWS and os.environ.get("PREFECT__DEPLOYMENT_NAME") == name and "RIGHTSFLOW_CODE" in os.environ:
        os.chdir(os.environ["RIGHTSFLOW_CODE"])
        os.environ["PREFECT__FLOW_ENTRYPOINT"] = f"{_FLOWS[name]}.{name}"


if __name__ == "__main__":
    main()
