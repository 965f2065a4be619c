"""How much time the door in front of Prefect adds to a call, beside the same call to the server itself.

A real server with its deployments; one caller, one call after another, as the UI reads a deployment and a list of runs.
Medians, so that what else runs on the machine counts little. It is measured in a process of its own, because Prefect's
settings are read when it is imported.
"""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from subprocess import PIPE, run
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx

from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import OperatorRole
from flows.server.machine import free_port, running
from flows.settings import Settings
from flows.wiring import Installation
from integrations.intake.web.cookies import CookieSeal
from tests.benchmarks.figures import Figure

__all__ = ["measure"]

_CALLS = 300
_WARM = 20
_NAME = "claire"
_FOR_EVER = timedelta(days=36_500)


def measure(calls: int = _CALLS) -> list[Figure]:
    """Milliseconds of a call through the door; the floor is the same call without it."""
    done = run([sys.executable, "-m", __name__, str(calls)], check=True, stdout=PIPE, text=True)
    facts: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return [Figure(name, through, "ms", floor=direct) for name, (through, direct) in facts.items()]


def _compared(calls: int) -> dict[str, list[float]]:
    with TemporaryDirectory() as folder:
        os.environ["RIGHTSFLOW_HOME"] = folder
        chosen = Settings(home=Path(folder))
        with running(chosen) as system:
            os.environ.update(system.environment)
            from flows.doors.engine import prefect_door  # noqa: PLC0415  # Prefect reads its settings when imported
            from flows.doors.serving import serving  # noqa: PLC0415  # as above

            with (
                serving(prefect_door, port := free_port(), chosen),
                httpx.Client(base_url=f"{system.ui_url}/api", auth=system.auth, timeout=60) as server,
                httpx.Client(base_url=f"http://127.0.0.1:{port}/api", timeout=60) as door,
            ):
                door.cookies.set(*_cookie(chosen))
                found = server.get("/deployments/name/access/access").raise_for_status().json()
                asked = {
                    "read a deployment": ("GET", f"/deployments/{found['id']}", None),
                    "list 20 runs": ("POST", "/flow_runs/filter", {"limit": 20}),
                }
                return {
                    name: [_milliseconds(one, call, calls) for one in (door, server)] for name, call in asked.items()
                }


def _cookie(chosen: Settings) -> tuple[str, str]:
    """Name and value of the cookie of an operator who signed in."""
    installation = Installation(chosen)
    installation.register.put_operator(Operator(_NAME, (OperatorRole.DPO,), None, None))
    session = installation.register.calls(f"desk-session:{_NAME}", _FOR_EVER, datetime.now(UTC))
    seal = CookieSeal(installation.services.door_key(), name="rf_desk", is_https=False)
    visit = seal.read(None).with_facts(operator=_NAME, session=session, since=datetime.now(UTC).isoformat())
    installation.close()
    return seal.cookie, seal.sealed(visit)


def _milliseconds(client: httpx.Client, call: tuple[str, str, object], calls: int) -> float:
    method, path, sent = call
    took = []
    for number in range(_WARM + calls):
        begun = perf_counter()
        client.request(method, path, json=sent).raise_for_status()
        if number >= _WARM:
            took.append(1000 * (perf_counter() - begun))
    return round(median(took), 2)


if __name__ == "__main__":
    print(json.dumps(_compared(int(sys.argv[1]))))
