"""Many requests at once through `rightsflow up`, and kills meanwhile: every case goes on, every effect once."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sampling import is_all

pytestmark = pytest.mark.timeout(2_400)

_REQUESTS = 50 if is_all() else 6
_WAYS: dict[str, tuple[str, ...]] = {"killed": ("--kill",), "undisturbed": ()} if is_all() else {"killed": ("--kill",)}


@pytest.fixture(scope="module", params=list(_WAYS.values()), ids=list(_WAYS))
def burst(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of requests for all rights that came at once, gates answered as they opened."""
    home = tmp_path_factory.mktemp("burst")
    known = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT", "RIGHTSFLOW"))}
    quick = {"RIGHTSFLOW_SILENCE": "PT10S", "RIGHTSFLOW_CRASH_GRACE": "PT2S", "RIGHTSFLOW_PENDING_LIMIT": "PT10S"}
    words = [sys.executable, "-m", "tests.benchmarks.burst", str(_REQUESTS), *request.param]
    done = subprocess.run(
        words,
        cwd=Path(__file__).parents[2],
        env={**known, **quick, "RIGHTSFLOW_BURST_HOME": str(home)},
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 0, f"{done.stderr[-3_000:]}\n{(home / 'up.log').read_text()[-3_000:]}"
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_every_case_ends(burst: dict[str, Any]) -> None:
    """None is lost, and each is archived with an outcome."""
    assert len(burst["ends"]) == _REQUESTS
    assert burst["states"][-1][1] == {"archived": _REQUESTS}
    assert all(burst["ends"].values()), burst["ends"]


def test_every_effect_once(burst: dict[str, Any]) -> None:
    """The evidence of each case is whole, and no notice left twice."""
    assert burst["faults"] == []
