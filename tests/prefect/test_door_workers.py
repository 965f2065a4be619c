"""A worker elsewhere, which comes through the door with a key of its own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from data_contracts.doors.prefect_door import PREFECT_WORKER
from flows.runs.case_runs import start_flow
from flows.server.fork_client import ADDRESS
from tasks.intake.api_keys import end_api_key, make_api_key
from tests.prefect.clerks import Clerk, carried_to_their_ends
from tests.prefect.office import Office
from tests.prefect.test_door import asked

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def key(office: Office) -> str:
    """The key of a worker."""
    assert office.door
    return make_api_key("elsewhere", [PREFECT_WORKER])


@pytest.fixture(scope="module")
def worker(office: Office, key: str) -> Iterator[Path]:
    """A worker that knows the door and its key, and nothing of the server; its log. The office's own has ended."""
    office.kill_worker()
    known = {name: value for name, value in office.system.environment.items() if name != ADDRESS}
    known |= {"PREFECT_API_URL": f"{office.door}/api", "PREFECT_API_AUTH_STRING": f"elsewhere:{key}"}
    known |= {"PREFECT_SERVER_API_AUTH_STRING": "", "PREFECT_HOME": str(office.home / "elsewhere")}
    log = office.home / "logs" / "elsewhere.log"
    with log.open("wb") as sink:
        words = ["worker", "start", "--pool", "rightsflow", "--type", "process", "--name", "elsewhere"]
        running = subprocess.Popen(
            [sys.executable, "-m", "prefect", *words], env=known, stdout=sink, stderr=subprocess.STDOUT
        )
    yield log
    running.terminate()
    running.wait(30)
    office.system.start_worker()


def test_case_is_carried_out_by_a_worker_elsewhere(office: Office, worker: Path) -> None:
    """From its first line to its end, gates in between, and its events come through the websocket."""
    case_id = asked()
    run_id = str(start_flow(office.installation.register.case(case_id)))

    ended = carried_to_their_ends(office, {"access": Clerk(run_id)})["access"]

    assert ended["state_name"] == "Completed", worker.read_text()
    assert "does not open this" not in worker.read_text()
    assert _events(office, run_id) >= 2


def _events(office: Office, run_id: str) -> int:
    """How many events of a run the server has that only the run itself sends."""
    names = {"event": {"prefix": ["rightsflow.", "prefect.task-run"]}}
    asked_for = {"filter": {**names, "any_resource": {"id": [f"prefect.flow-run.{run_id}"]}}}
    found = office.until(lambda: office.api.post("/events/filter", json=asked_for).json().get("total"))
    return int(found)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/block_documents/filter"),
        ("POST", "/variables/filter"),
        ("PATCH", "/work_pools/rightsflow"),
        ("POST", "/deployments/"),
        ("PATCH", "/deployments/6f1c8f38-0000-4000-8000-000000000001"),
        ("DELETE", "/flow_runs/6f1c8f38-0000-4000-8000-000000000001"),
        ("POST", "/automations/"),
        ("GET", "/admin/settings"),
    ],
)
def test_key_of_a_worker_opens_a_workers_paths_alone(office: Office, key: str, method: str, path: str) -> None:
    """Nothing of how things are deployed, and no secret."""
    answer = httpx.request(method, f"{office.door}/api{path}", auth=("elsewhere", key), json={})

    assert answer.status_code == 403


def test_worker_does_not_say_how_a_flow_is_started(office: Office, key: str) -> None:
    """Not even a worker has another worker run a command."""
    deployment = office.api.get("/deployments/name/report/report").json()["id"]
    order = {"job_variables": {"command": "touch was-here"}}

    path = f"{office.door}/api/deployments/{deployment}/create_flow_run"

    assert httpx.post(path, auth=("elsewhere", key), json=order).status_code == 403


def test_key_opens_no_page_and_ends(office: Office, key: str) -> None:
    """A worker sees no UI; another program's key and one that has ended open nothing."""
    other = make_api_key("another program", ["may-process"])
    health = f"{office.door}/api/health"
    page = httpx.get(f"{office.door}/v2/dashboard", auth=("elsewhere", key))
    before = [httpx.get(health, headers={"Authorization": f"Bearer {one}"}).status_code for one in (key, other)]

    end_api_key("elsewhere")

    assert page.status_code == 403
    assert before == [200, 401]
    assert httpx.get(health, auth=("elsewhere", key)).status_code == 401
    assert os.environ["PREFECT_API_AUTH_STRING"] != f"elsewhere:{key}"
