"""What ``rightsflow up`` does when its server or its database is killed: both run again, and cases go on."""

import os
import signal
from collections.abc import Callable

import pytest

from flows.server.caretaker import Caretaker
from tests.prefect.office import Office
from tests.prefect.test_door import waiting_run

pytestmark = pytest.mark.timeout(900)


def _kill_server(office: Office) -> None:
    assert office.system.server is not None
    os.killpg(office.system.server.pid, signal.SIGKILL)
    office.system.server.wait()


def _kill_database(office: Office) -> None:
    pid = int((office.installation.settings.embedded.data / "postmaster.pid").read_text().split("\n")[0])
    os.kill(pid, signal.SIGKILL)
    assert office.until(lambda: not office.installation.settings.embedded.is_answering)


@pytest.mark.parametrize("kill", [_kill_server, _kill_database])
def test_killed_part_runs_again(office: Office, kill: Callable[[Office], None]) -> None:
    """A case that waits for a person goes on after the answer, and another one starts."""
    run_id, who = waiting_run(office), office.somebody()
    case_id = office.run(run_id)["name"]
    told: list[str] = []
    caretaker = Caretaker(office.system, told.append)

    kill(office)
    caretaker.look()

    assert len(told) == 1, told
    assert office.until(lambda: office.system.answers(5))
    said = office.answer(run_id, reference="call_back", **who)
    assert said["status"] == "ACCEPT", said
    assert office.until(lambda: "identity_verified" in office.states(case_id))
    assert waiting_run(office) != run_id
