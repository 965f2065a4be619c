"""A pytest plugin that runs mutants: collected once, each mutant in a process forked from the collected session.

1. One forked process runs every test and writes which lines of the package each of them ran, and how long it took.
   The session itself never runs a test, so no mutant inherits what a test left behind.
2. For each mutant a process is forked, the mutant put in, and the tests that ran its line run in it, the fastest first,
   until one fails.
3. A change outside of functions (a constant, a default) is seen by nobody who imported it before: there the forked
   process forgets our modules, and collects and runs anew with the changed module in the import's way.
"""

import contextlib
import gc
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import hypothesis
import pytest
from coverage import Coverage

from tests.mutants.changes import Mutant
from tests.mutants.importing import run_anew
from tests.mutants.packages import ROOT
from tests.mutants.swapping import Functions

KILLED, SURVIVED, TIMED_OUT, LATE, UNTESTED = "killed", "survived", "timeout", "late", "no test"
_KILLS: Final = 1
_PASSES: Final = 0
_MEMORY: Final = 4 * 2**30

Told = Callable[[Mutant, str], None]


@dataclass(frozen=True, slots=True)
class Ran:
    """What the tests ran without any change.

    Attributes:
        lines: the tests that ran a line, by module and line.
        seconds: how long each test took.
        failed: tests that failed without any change; they are asked nothing.
    """

    lines: dict[str, dict[int, frozenset[str]]]
    seconds: dict[str, float]
    failed: tuple[str, ...]

    def of(self, mutant: Mutant) -> list[str]:
        """The tests that run the mutant's line, the fastest first."""
        by_line = self.lines.get(mutant.module, {})
        if not mutant.function:
            found = frozenset[str]().union(*by_line.values())
        else:
            found = frozenset[str]().union(*(by_line.get(n, ()) for n in range(mutant.first, mutant.last + 1)))
            # A part of a statement over several lines may have no line of its own; a default is run before any test.
            near = (
                *range(mutant.first - 1, max(mutant.first - 8, mutant.line), -1),
                *range(mutant.last + 1, mutant.end + 1),
            )
            found = found or frozenset(next((tests for line in near if (tests := by_line.get(line))), ()))
        return sorted(found, key=lambda name: (self.seconds[name], name))


class Plugin:
    """Takes the place of pytest's loop over tests."""

    def __init__(self, mutants: Sequence[Mutant], modules: frozenset[str], told: Told, *, processes: int) -> None:
        self._mutants = mutants
        self._modules = modules
        self._told = told
        self._processes = processes
        self._items: dict[str, pytest.Item] = {}
        self._failed = False

    def pytest_sessionstart(self) -> None:
        """The same examples for each mutant, and none kept on disk."""
        hypothesis.settings.register_profile(
            "mutants",
            deadline=None,
            derandomize=True,
            database=None,
            # That an example fails is enough, the smallest one is nobody's matter.
            phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
            report_multiple_bugs=False,
        )
        hypothesis.settings.load_profile("mutants")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that a test failed."""
        self._failed = self._failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the mutants instead of the tests."""
        self._items = {item.nodeid: item for item in session.items}
        if session.testsfailed:
            raise session.Failed("the tests cannot be collected")
        ran = self._look()
        self._terminal(f"{len(ran.seconds)} tests, {sum(ran.seconds.values()):.0f} s; {len(self._mutants)} mutants")
        for name in ran.failed:
            self._terminal(f"fails without any change, is not asked: {name}")
        functions = Functions(self._modules)
        # Each process would copy the memory of what the collector looks at.
        gc.collect()
        gc.freeze()
        _Queue(self._processes, self._told).run(self._mutants, lambda mutant: self._started(mutant, ran, functions))
        return True

    def _terminal(self, line: str) -> None:
        print(line, file=sys.__stderr__, flush=True)

    # --- 1. who runs what ---------------------------------------------------------------------------------------

    def _look(self) -> Ran:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "ran.json")
            child = _fork(lambda: self._measure(file))
            _, status = os.waitpid(child, 0)
            if not file.exists():
                raise RuntimeError(f"the tests without any change ended with {status}")
            told = json.loads(file.read_text(encoding="utf-8"))
        names = told["names"]
        lines = {
            module: {int(line): frozenset(names[n] for n in tests) for line, tests in by_line.items()}
            for module, by_line in told["lines"].items()
        }
        return Ran(lines, told["seconds"], tuple(told["failed"]))

    def _measure(self, file: Path) -> int:
        names, seconds, failed = list(self._items), {}, set()
        cover = Coverage(data_file=None, config_file=False, include=[str(ROOT / module) for module in self._modules])
        cover.start()
        for name, following in _with_next(list(self._items.values())):
            cover.switch_context(name.nodeid)
            self._failed, began = False, time.perf_counter()
            name.ihook.pytest_runtest_protocol(item=name, nextitem=following)
            seconds[name.nodeid] = time.perf_counter() - began
            if self._failed:
                failed.add(name.nodeid)
        cover.stop()
        data, number = cover.get_data(), {name: n for n, name in enumerate(names)}
        lines = {
            str(Path(measured).relative_to(ROOT)): {
                line: [number[test] for test in tests if test in number and test not in failed]
                for line, tests in data.contexts_by_lineno(measured).items()
            }
            for measured in data.measured_files()
        }
        told = {"names": names, "lines": lines, "seconds": seconds, "failed": sorted(failed)}
        file.write_text(json.dumps(told), encoding="utf-8")
        return _PASSES

    # --- 2. a mutant --------------------------------------------------------------------------------------------

    def _started(self, mutant: Mutant, ran: Ran, functions: Functions) -> "_Child | None":
        tests = ran.of(mutant)
        if not tests:
            return None
        needs = sum(ran.seconds[name] for name in tests)
        folder = Path(tempfile.mkdtemp(prefix="mutant-"))
        child = _fork(lambda: self._judge(mutant, tests, functions, needs, folder))
        anew = 0 if mutant.function else 60
        return _Child(child, mutant, time.monotonic() + 30 + anew + 20 * needs, folder)

    def _judge(self, mutant: Mutant, tests: list[str], functions: Functions, needs: float, folder: Path) -> int:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.tempdir = str(folder)
        _limit(3 + 6 * needs + (0 if mutant.function else 40))
        try:
            is_in = functions.swap(mutant)
        except SyntaxError:
            return _KILLS
        if not is_in:
            return run_anew(mutant, tests)
        for item, following in _with_next([self._items[name] for name in tests]):
            item.config._tmp_path_factory._basetemp = None  # type: ignore[attr-defined]
            item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
            if self._failed:
                return _KILLS
        return _PASSES


def _with_next(items: list[pytest.Item]) -> Iterator[tuple[pytest.Item, pytest.Item | None]]:
    return zip(items, [*items[1:], None], strict=True)


def _limit(seconds: float) -> None:
    """End an endless loop by the time it had of a processor, however busy the machine is, or by its memory."""
    whole = int(seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (whole, whole + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))


def _fork(work: Callable[[], int]) -> int:
    """Run work in a process group of its own that says nothing; its number."""
    child = os.fork()
    if child:
        return child
    status = _KILLS
    try:
        # A group of its own, so that it can be ended whole; no session, where `nice` would count for nothing.
        os.setpgid(0, 0)
        gc.disable()
        silent = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silent, stream)
        status = work()
    except BaseException:  # noqa: BLE001  # whatever a mutant raises, it was noticed
        status = _KILLS
    finally:
        os._exit(status)


# --- several at a time ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Child:
    number: int
    mutant: Mutant
    until: float
    folder: Path


class _Queue:
    """Runs mutants, so many processes at a time."""

    def __init__(self, processes: int, told: Told) -> None:
        self._processes = processes
        self._told = told
        self._running: dict[int, _Child] = {}

    def run(self, mutants: Sequence[Mutant], start: Callable[[Mutant], _Child | None]) -> None:
        """Start each mutant and tell its verdict; end those that run when interrupted."""
        try:
            for mutant in mutants:
                while len(self._running) >= self._processes:
                    self._wait()
                child = start(mutant)
                if child is None:
                    self._told(mutant, UNTESTED)
                else:
                    self._running[child.number] = child
            while self._running:
                self._wait()
        finally:
            for child in self._running.values():
                _end(child)

    def _wait(self) -> None:
        number, status = os.waitpid(-1, os.WNOHANG)
        child = self._running.pop(number, None)
        if child is not None:
            _end(child)
            self._told(child.mutant, _verdict(status))
            return
        for late in [child for child in self._running.values() if time.monotonic() > child.until]:
            del self._running[late.number]
            _end(late)
            os.waitpid(late.number, 0)
            self._told(late.mutant, LATE)  # perhaps the machine was busy: no kill
        time.sleep(0.002)


def _verdict(status: int) -> str:
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU:
        return TIMED_OUT
    return SURVIVED if os.waitstatus_to_exitcode(status) == _PASSES else KILLED


def _end(child: _Child) -> None:
    """End whatever the mutant's tests started, and take its files away."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.number, signal.SIGKILL)
    shutil.rmtree(child.folder, ignore_errors=True)
