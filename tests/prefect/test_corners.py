"""What Prefect does at the corners that flows lean on, with nothing of ours in between; run at each bump of Prefect.

Each test says what was measured; docs/adr/0002 tells which code leans on it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from flows.server.machine import free_port
from tests.prefect.corners.asking import notes

_ROOT: Final = Path(__file__).parents[2]
_SUSPENDED: Final = {"PAUSED"}
_OVER: Final = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
_PATIENCE: Final = 90


@dataclass
class Corners:
    """A server on SQLite, and a process that serves the flow."""

    home: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        """Of both."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "RIGHTSFLOW"))}
        return kept | {
            "PREFECT_HOME": str(self.home / "prefect"),
            "PREFECT_API_URL": f"http://127.0.0.1:{self.port}/api",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
        }

    @contextmanager
    def running(self, *command: str) -> Iterator[None]:
        """A process, killed in the end."""
        with (self.home / f"{command[1]}.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, *command], cwd=_ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            yield
        finally:
            child.kill()
            child.wait()

    @contextmanager
    def server(self) -> Iterator[None]:
        """The server, once it answers."""
        with self.running("-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(self.port)):
            until(self._answers, what="the server answers")
            yield

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/api/health").is_success
        except httpx.HTTPError:
            return False

    def call(self, method: str, path: str, **body: Any) -> httpx.Response:
        """Call the server; one that is busy for a moment is asked again."""
        address = f"http://127.0.0.1:{self.port}/api{path}"
        told = httpx.request(method, address, json=body or None, timeout=60)
        for wait in (0.5, 1, 2, 4):
            if told.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            time.sleep(wait)  # its SQLite is busy
            told = httpx.request(method, address, json=body or None, timeout=60)
        return told

    def begin(self, **parameters: Any) -> str:
        """A run of the flow, asking."""
        deployment = self.call("GET", "/deployments/name/asking/corners").json()["id"]
        made = self.call("POST", f"/deployments/{deployment}/create_flow_run", parameters=parameters).json()["id"]
        self.wait(made, _SUSPENDED | _OVER)
        until(lambda: bool(self.forms(made)), what="the form is saved")
        return str(made)

    def state(self, run: str) -> str:
        """Type of its state."""
        return str(self.call("GET", f"/flow_runs/{run}").json()["state"]["type"])

    def wait(self, run: str, states: set[str]) -> str:
        """Its state, once it is one of these."""
        until(lambda: self.state(run) in states, what=f"{run} is {states}")
        return self.state(run)

    def resume(self, run: str, **typed: str) -> tuple[int, str]:
        """Answer; HTTP status, and what the server made of it."""
        told = self.call("POST", f"/flow_runs/{run}/resume", run_input=typed)
        return told.status_code, str(told.json().get("status", "")) if told.is_success else ""

    def forms(self, run: str) -> list[dict[str, Any]]:
        """What is kept of the run's forms."""
        found: list[dict[str, Any]] = self.call(
            "POST", f"/flow_runs/{run}/input/filter", prefix="suspended-", limit=100, exclude_keys=[]
        ).json()
        return found

    def noted(self, run: str, word: str) -> list[str]:
        """What the run noted that begins so."""
        return notes(self.home / "notes", run, word)


def until(is_so: Callable[[], bool], *, what: str) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


@pytest.fixture(scope="module")
def corners(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Corners]:
    """Server and serving process."""
    made = Corners(tmp_path_factory.mktemp("corners"), free_port())
    (made.home / "notes").mkdir()
    with made.server(), made.running("-m", "tests.prefect.corners.asking", str(made.home / "notes")):
        until(lambda: made.call("GET", "/deployments/name/asking/corners").is_success, what="the flow is served")
        yield made


def test_answered_run_starts_again_from_its_first_line_in_another_process(corners: Corners) -> None:
    """So that every step asks the register whether it is done (law 3), and nothing is kept in memory."""
    run = corners.begin(key="gate")

    assert corners.resume(run, word="yes")[1] == "ACCEPT"
    assert corners.wait(run, _OVER) == "COMPLETED"
    (_, first, one), (_, second, other) = (line.split() for line in corners.noted(run, "start"))
    assert (first, second, one == other) == ("1", "1", False)
    assert corners.noted(run, "answer") == ["answer yes"]


def test_run_that_is_set_going_counts_one_start_more(corners: Corners) -> None:
    """So our door lets a run go on (`Resuming`, forced): no answer is in Prefect, and keys of forms go by the count."""
    run = corners.begin()

    told = corners.call(
        "POST", f"/flow_runs/{run}/set_state", state={"type": "SCHEDULED", "name": "Resuming"}, force=True
    )
    assert told.is_success
    until(lambda: len(corners.noted(run, "start")) > 1, what="it starts again")
    assert [line.split()[1] for line in corners.noted(run, "start")] == ["1", "2"]
    assert corners.wait(run, _SUSPENDED) == "PAUSED"


def test_second_answer_moves_nothing(corners: Corners) -> None:
    """The door takes one answer; Prefect itself accepts no second one while the first is under way, or after it."""
    run = corners.begin(key="gate")

    assert corners.resume(run, word="yes")[1] == "ACCEPT"
    assert corners.resume(run, word="no")[1] != "ACCEPT"
    assert corners.wait(run, _OVER) == "COMPLETED"
    assert corners.resume(run, word="no")[1] != "ACCEPT"
    assert corners.noted(run, "answer") == ["answer yes"]


def test_word_that_does_not_fit_leaves_the_run_where_it_is(corners: Corners) -> None:
    """The server holds an answer against the form's schema alone."""
    run = corners.begin(key="gate")

    assert corners.resume(run, other="yes")[1] == "REJECT"
    assert corners.state(run) == "PAUSED"
    assert corners.resume(run, word="yes")[1] == "ACCEPT"
    assert corners.wait(run, _OVER) == "COMPLETED"


def test_run_that_failed_after_its_gate_asks_again_under_a_new_key(corners: Corners) -> None:
    """`flows.runs.gates` makes a key for each start; a retry keeps the run and raises its count."""
    run = corners.begin(breaks=1)
    corners.resume(run, word="one")
    assert corners.wait(run, _OVER) == "FAILED"

    _retry(corners, run)
    assert corners.wait(run, _SUSPENDED | {"COMPLETED"}) == "PAUSED"
    until(lambda: any("gate-2" in one["key"] for one in corners.forms(run)), what="the second form is saved")
    assert corners.resume(run, word="two")[1] == "ACCEPT"
    assert corners.wait(run, _OVER) == "COMPLETED"
    assert corners.noted(run, "answer") == ["answer one", "answer two"]


def test_fixed_key_gives_the_first_answer_again(corners: Corners) -> None:
    """Why a key is new for each start: with the old one nobody is asked again."""
    run = corners.begin(key="gate", breaks=1)
    corners.resume(run, word="one")
    assert corners.wait(run, _OVER) == "FAILED"

    _retry(corners, run)
    assert corners.wait(run, _OVER | _SUSPENDED) == "COMPLETED"
    assert corners.noted(run, "answer") == ["answer one", "answer one"]


def _retry(corners: Corners, run: str) -> None:
    """As the UI retries a run."""
    told = corners.call(
        "POST", f"/flow_runs/{run}/set_state", state={"type": "SCHEDULED", "name": "AwaitingRetry"}, force=True
    )
    assert told.is_success


def test_run_is_cancelled_while_it_waits(corners: Corners) -> None:
    """At once, and no answer wakes it."""
    run = corners.begin(key="gate")

    told = corners.call("POST", f"/flow_runs/{run}/set_state", state={"type": "CANCELLING", "name": "Cancelling"})
    assert told.is_success
    assert corners.wait(run, _OVER) == "CANCELLED"
    assert corners.resume(run, word="yes")[1] != "ACCEPT"
    assert corners.noted(run, "answer") == []


def test_run_whose_form_is_lost_cannot_be_answered_until_it_is_put_back(corners: Corners) -> None:
    """`flows.embedded` and the sweep put it back (`mend_form`): without a schema the server takes no answer."""
    run = corners.begin(key="gate")
    kept = corners.forms(run)
    for one in kept:
        assert corners.call("DELETE", f"/flow_runs/{run}/input/{one['key']}").is_success

    assert corners.resume(run, word="yes")[1] != "ACCEPT"
    assert corners.state(run) == "PAUSED"
    for one in kept:
        made = corners.call("POST", f"/flow_runs/{run}/input", key=one["key"], value=one["value"])
        assert made.is_success
    assert corners.resume(run, word="yes")[1] == "ACCEPT"
    assert corners.wait(run, _OVER) == "COMPLETED"


def test_run_that_waits_outlives_its_server(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Server killed while a run waits, and started anew on the same database: the run waits, and is answered."""
    made = Corners(tmp_path_factory.mktemp("killed"), free_port())
    (made.home / "notes").mkdir()
    serving = ("-m", "tests.prefect.corners.asking", str(made.home / "notes"))
    with made.server(), made.running(*serving):
        until(lambda: made.call("GET", "/deployments/name/asking/corners").is_success, what="the flow is served")
        run = made.begin(key="gate")

    with made.server():
        assert made.state(run) == "PAUSED"
        with made.running(*serving):
            assert made.resume(run, word="yes")[1] == "ACCEPT"
            assert made.wait(run, _OVER) == "COMPLETED"
    assert made.noted(run, "answer") == ["answer yes"]
