"""What `rightsflow up` starts dies with it, however it dies."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from flows.server.mortal import PARENT

_CODE = Path(__file__).parents[3]
_CHILD = """
import os, sys, time
open(sys.argv[1], "w").write(f"{os.getpid()} {sys.argv[2]} {__name__} {os.environ.get('RIGHTSFLOW_PARENT')}")
time.sleep(60)
"""
_PARENT = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-m", "flows.server.mortal", "child", sys.argv[1], "word"],
    env={**os.environ, "RIGHTSFLOW_PARENT": str(os.getpid())}, start_new_session=True)
time.sleep(60)
"""


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """It runs the module with its words until then, as if it had been started itself."""
    (tmp_path / "child.py").write_text(_CHILD)
    told = tmp_path / "told"
    environment = {**os.environ, "PYTHONPATH": f"{_CODE}{os.pathsep}{tmp_path}"}
    with subprocess.Popen([sys.executable, "-c", _PARENT, str(told)], env=environment, cwd=_CODE) as parent:
        deadline = time.monotonic() + 60
        while not (told.exists() and told.read_text().count(" ") == 3):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process, *rest = told.read_text().split()
        assert rest == ["word", "__main__", "None"]

        parent.send_signal(signal.SIGKILL)

    while _alive(int(process)):
        assert time.monotonic() < deadline, "it lives on"
        time.sleep(0.05)


@pytest.mark.skipif(sys.platform != "linux", reason="as above")
def test_child_whose_parent_died_before_it_began_runs_nothing(tmp_path: Path) -> None:
    """Nobody would ever end it."""
    (tmp_path / "child.py").write_text(_CHILD)
    environment = {**os.environ, "PYTHONPATH": f"{_CODE}{os.pathsep}{tmp_path}", PARENT: "1"}
    words = [sys.executable, "-m", "flows.server.mortal", "child", str(tmp_path / "told"), "word"]

    assert subprocess.run(words, env=environment, cwd=_CODE, check=False, timeout=60).returncode == 1
    assert not (tmp_path / "told").exists()
