"""What one case asks of Prefect: few task runs, each once, and few calls (docs/adr/0026)."""

import re
from collections import Counter
from dataclasses import dataclass, field

import pytest

from data_contracts.vocabulary import CaseState, Right
from flows.operator.waking import woken
from flows.runs.case_runs import start_flow
from tasks.gates.gates import Answer, answer_gate
from tests.prefect.clerks import SAID, read_texts, texts_wait
from tests.prefect.office import Office

pytestmark = pytest.mark.timeout(900)

_CALLS_A_START = 18
"""Calls about the flow run itself, its worker's and its own, for one start of its process; measured: 17.6."""
_TASKS = {
    Right.ACCESS: {
        "acknowledge", "verify identity", "search", "locate", "stage", "plan", "act", "tell answer", "archive",
    },
    Right.RESTRICTION: {
        "acknowledge", "verify identity", "restrict at once", "search", "locate", "plan", "change", "prove",
        "tell recipient", "tell restriction", "archive",
    },
}  # fmt: skip
"""What people see on the time axis, and nothing else."""
_CALL = re.compile(r'"[A-Z]+ /api/flow_runs/([0-9a-f-]{36})[^ ]* HTTP')


@dataclass
class Weight:
    """What a case left at the server.

    Attributes:
        starts: how often the flow run was started.
        calls: calls of the server's API that name the flow run.
        tasks: how often each task ran, by the name on the time axis.
    """

    case_id: str
    starts: int
    calls: int
    tasks: Counter[str] = field(default_factory=Counter)


@pytest.fixture(scope="module", params=list(_TASKS), ids=str)
def weight(office: Office, request: pytest.FixtureRequest) -> tuple[Right, Weight]:
    """A case that was carried to its end, each gate answered where nobody looks at the server."""
    right: Right = request.param
    case_id = office.register(right, f"weight-{right.value}")
    run_id = str(start_flow(office.installation.register.case(case_id)))
    office.until(lambda: _read(office, case_id) or _answered(office, case_id))
    office.until(lambda: _answered(office, case_id))
    office.ended(run_id)
    log = (office.home / "logs" / "server.log").read_text()
    query = {"flow_runs": {"id": {"any_": [run_id]}}, "limit": 200}
    tasks = office.api.post("/task_runs/filter", json=query).raise_for_status().json()
    calls = sum(found[1] == run_id for found in _CALL.finditer(log))
    seen = Counter(task["name"] for task in tasks)
    return right, Weight(case_id, office.run(run_id)["run_count"], calls, seen)


def _read(office: Office, case_id: str) -> bool:
    """Whether texts waited, and somebody has read them: once, since each reading asks anew."""
    waits = texts_wait(office.gates(case_id))
    if waits:
        read_texts(office, case_id)
    return waits


def _answered(office: Office, case_id: str) -> bool:
    """Whether the case is archived, after somebody answered what it asks."""
    case = office.installation.register.case(case_id)
    for entry in office.gates(case_id):
        decision, reference = SAID.get(entry.gate, (entry.options[0], "call_back"))
        answer_gate(entry, Answer(decision=decision, reference=reference, **office.somebody()))
        woken(case)
    return case.state is CaseState.ARCHIVED


def test_time_axis_shows_what_people_want_to_see(office: Office, weight: tuple[Right, Weight]) -> None:
    """The steps of the case by name, and a system's name where each system has its own."""
    right, found = weight
    systems = set(office.installation.contracts.systems)
    places = systems | set(office.installation.contracts.vocabulary.parties)
    names = {name.rpartition(" ")[0] if name.rpartition(" ")[2] in places else name for name in found.tasks}

    # A recipient that was told of an earlier case of the same person is not told again.
    assert names | {"tell recipient"} == _TASKS[right] | {"tell recipient"}, found.tasks


def test_what_is_done_is_shown_once(weight: tuple[Right, Weight]) -> None:
    """A run that starts again after each gate does not show again what it did; a recipient is tried twice."""
    _, found = weight
    once = {name: times for name, times in found.tasks.items() if not name.startswith("tell recipient")}

    assert found.starts > 1, "the case waited for people"
    assert max(once.values()) == 1, found.tasks


def test_calls_of_the_server_are_few(weight: tuple[Right, Weight]) -> None:
    """Counted in the server's own log."""
    _, found = weight

    assert 0 < found.calls <= _CALLS_A_START * found.starts, found
