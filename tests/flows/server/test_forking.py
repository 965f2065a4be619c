"""Flow runs that are forked: as good as a process of their own, for whoever starts, stops or kills them."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from flows.server import fork_server as forking_module
from flows.server.deploying import FORK_CLIENT
from flows.server.fork_client import ADDRESS

CODE = Path(__file__).parents[3]
_PATIENCE_SECONDS = 90

_ENGINE = """
import os, sys, time
print("in", os.getcwd(), "for", os.environ["WHO"], "instead of", os.environ.get("GONE"))
print("loud", file=sys.stderr)
open(os.environ["ALIVE"], "w").write(str(os.getpid()))
if os.environ.get("SLEEP"):
    time.sleep(float(os.environ["SLEEP"]))
sys.exit(int(os.environ.get("CODE", "0")))
"""
"""Stands for Prefect's engine: tells what it was given."""

_FORKING = """
import os
from flows.server import fork_server as forking
forking._FLOWS, forking._LATER = {}, ()
forking._import_judge = forking._read_contracts = lambda: None
forking.runpy.run_module = lambda *_, **__: exec(open(os.environ["ENGINE"]).read(), {})
forking.main()
"""


@pytest.fixture(scope="module")
def forking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment of a process that forks, with a small engine in the place of Prefect's."""
    home = tmp_path_factory.mktemp("f")
    (home / "engine.py").write_text(_ENGINE)
    environment = {**os.environ, ADDRESS: str(home / "f.sock"), "PYTHONPATH": str(CODE), "GONE": "yes"}
    with subprocess.Popen([sys.executable, "-c", _FORKING], env=environment, cwd=CODE) as process:
        _until((home / "f.sock").exists)
        del environment["GONE"]
        yield {**environment, "ENGINE": str(home / "engine.py"), "WHO": "somebody", "ALIVE": str(home / "alive")}
        process.terminate()


def started(environment: Mapping[str, str], **more: str) -> "subprocess.Popen[str]":
    """A stand-in, as a worker starts it."""
    Path(environment["ALIVE"]).unlink(missing_ok=True)
    return subprocess.Popen(
        [sys.executable, "-S", "-I", str(FORK_CLIENT)],
        env={**environment, **more},
        cwd="/",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def living(environment: Mapping[str, str]) -> int:
    """The process of a run that has begun."""
    file = Path(environment["ALIVE"])
    _until(lambda: file.exists() and file.read_text())
    return int(file.read_text())


def test_run_has_environment_folder_and_output_of_its_stand_in(forking: Mapping[str, str]) -> None:
    """And nothing of the process that it was forked from."""
    out, err = started(forking).communicate(timeout=_PATIENCE_SECONDS)

    assert out == "in / for somebody instead of None\n"
    assert err == "loud\n"


@pytest.mark.parametrize("code", [0, 3])
def test_stand_in_ends_as_the_run_ends(forking: Mapping[str, str], code: int) -> None:
    """With its exit code."""
    run = started(forking, CODE=str(code))
    run.communicate(timeout=_PATIENCE_SECONDS)

    assert run.returncode == code


def test_signal_is_passed_on(forking: Mapping[str, str]) -> None:
    """A run that is cancelled ends by the same signal, and so does its stand-in."""
    run = started(forking, SLEEP="60")
    process = living(forking)

    run.terminate()
    run.communicate(timeout=_PATIENCE_SECONDS)

    assert run.returncode == -signal.SIGTERM
    _until(lambda: not _is_alive(process))


def test_run_of_a_killed_stand_in_is_killed(forking: Mapping[str, str]) -> None:
    """A worker that dies takes its runs along."""
    run = started(forking, SLEEP="60")
    process = living(forking)

    run.kill()
    run.communicate(timeout=_PATIENCE_SECONDS)

    _until(lambda: not _is_alive(process))


def test_stand_in_of_a_killed_run_tells_so(forking: Mapping[str, str]) -> None:
    """The worker sees a crash, as of any process."""
    run = started(forking, SLEEP="60")

    os.kill(living(forking), signal.SIGKILL)
    run.communicate(timeout=_PATIENCE_SECONDS)

    assert run.returncode == -signal.SIGKILL


def test_many_at_once(forking: Mapping[str, str]) -> None:
    """Each is told of its own end."""
    runs = [started(forking, CODE=str(number), SLEEP="0.2") for number in range(12)]
    for run in runs:
        run.communicate(timeout=_PATIENCE_SECONDS)

    assert [run.returncode for run in runs] == list(range(12))


def test_without_anybody_who_forks_it_becomes_the_engine() -> None:
    """A worker elsewhere, or before everything is imported."""
    environment = {**os.environ, ADDRESS: "/nowhere/f.sock", "PREFECT__FLOW_RUN_ID": "none"}
    run = subprocess.run(
        [sys.executable, "-S", "-I", str(FORK_CLIENT)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_SECONDS,
    )

    assert "Invalid flow run id" in run.stderr


def _is_alive(process: int) -> bool:
    try:
        return (Path("/proc") / str(process) / "stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def _until(seen: Callable[[], object]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not seen():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("flow", "deployment", "entrypoint"),
    [
        ("access", "access", "flows.rights.access.access"),
        ("access", "mine", None),
        ("mine", "mine", None),
        ("", "", None),
    ],
)
def test_engine_is_told_where_a_flow_of_ours_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flow: str, deployment: str, entrypoint: str | None
) -> None:
    """And nothing of a flow or a deployment of others, whose steps it has to ask for."""
    monkeypatch.chdir(CODE)
    monkeypatch.delenv("PREFECT__FLOW_ENTRYPOINT", raising=False)
    told = {"PREFECT__FLOW_NAME": flow, "PREFECT__DEPLOYMENT_NAME": deployment, "RIGHTSFLOW_CODE": str(tmp_path)}
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    forking_module._name_flow()

    assert os.environ.get("PREFECT__FLOW_ENTRYPOINT") == entrypoint
    assert Path.cwd() == (tmp_path if entrypoint else CODE)
    monkeypatch.delenv("PREFECT__FLOW_ENTRYPOINT", raising=False)
