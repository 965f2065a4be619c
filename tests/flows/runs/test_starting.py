"""Flow runs that wait are found by their names and woken, whoever started them; the server is a fake."""

import hashlib
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, FlowRunPolicy, State
from prefect.states import Completed, Paused, Running

from data_contracts.errors import SystemUnavailable
from data_contracts.vocabulary import CaseState, Right
from flows.rights.extend import extend
from flows.rights.lift import lift
from flows.runs.case_runs import EXTENSION_RUN, LIFTING_RUN, suspended_names
from flows.runs.gates import opened, was_just_asked
from flows.runs.starting import wake_suspended
from flows.server.deploying import deployed
from tasks.life.extension import extension_question
from tests.flows.company import House


@dataclass
class Server:
    """Knows flow runs by name, and notes which were let go on."""

    runs: dict[str, FlowRun]
    woken: list[UUID] = field(default_factory=list)
    meanwhile: tuple[FlowRun, ...] = ()

    def read_flow_runs(self, *, flow_run_filter: Any, **_: Any) -> list[FlowRun]:
        """Those of the names asked for."""
        return [self.runs[name] for name in flow_run_filter.name.any_ if name in self.runs]

    def read_flow_run(self, run: UUID) -> FlowRun:
        """The run as it is now: of one that was read as suspended, somebody may have let it go on."""
        return next(one for one in (*self.meanwhile, *self.runs.values()) if one.id == run)

    def set_flow_run_state(self, run: UUID, _state: State, *, force: bool) -> None:
        """Note it."""
        assert force
        self.woken.append(run)


def a_run(state: State, **facts: Any) -> FlowRun:
    """A flow run in that state."""
    return FlowRun(flow_id=uuid4(), state=state, state_type=state.type, **facts)


def woken(server: Server, *names: str) -> UUID | None:
    """What was woken on that server."""
    return wake_suspended(cast("SyncPrefectClient", server), *names)


def test_run_that_lifts_is_woken(house: House) -> None:
    """The case's own run has ended; the one that waits for the answer goes on."""
    case = house.installation.register.case(house.open(Right.ACCESS))
    own, lifting = a_run(Completed()), a_run(Paused())
    server = Server({case.case_id: own, LIFTING_RUN.format(case_id=case.case_id): lifting})

    assert woken(server, *suspended_names(case)) is None
    assert woken(server, *suspended_names(replace(case, state=CaseState.ARCHIVED))) == lifting.id
    assert server.woken == [lifting.id]


def test_run_that_goes_on_already_is_not_scheduled_again(house: House) -> None:
    """Two answers at once wake it once: scheduled again while it works, it would be carried out twice."""
    case = house.installation.register.case(house.open(Right.ACCESS))
    read = a_run(Paused())
    server = Server({case.case_id: read}, meanwhile=(a_run(Running(), id=read.id),))

    assert woken(server, *suspended_names(case)) is None
    assert server.woken == []


@pytest.mark.parametrize(("flow", "name"), [(lift, LIFTING_RUN), (extend, EXTENSION_RUN)])
def test_runs_are_called_as_they_are_looked_for(flow: Any, name: str) -> None:
    """Also those that a person started in the Prefect UI."""
    assert flow.flow_run_name == name


@pytest.mark.parametrize(("run_count", "is_answer"), [(1, False), (2, True), (3, False)])
def test_retry_of_a_run_whose_question_was_refused_asks_anew(house: House, run_count: int, *, is_answer: bool) -> None:
    """The start after the question takes its answer; the first start, and a retry after the end, are no answer."""
    case_id = house.open(Right.ACCESS)
    entry = opened(case_id, extension_question(house.installation.register.case(case_id)))
    digest = hashlib.sha256(f"{entry.subject}|{entry.digest}".encode()).hexdigest()[:12]
    asked = FlowRunPolicy(pause_keys={f"extension-{digest}-1-0"})

    run = a_run(Paused(), run_count=run_count, empirical_policy=asked)

    assert was_just_asked(entry, run) is is_answer


def test_deploying_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told with the log that says how far it came; no process is left over."""
    monkeypatch.setattr("flows.server.deploying._DEPLOY_SECONDS", 0.1)
    with subprocess.Popen(["/bin/sleep", "60"]) as sleeping:
        with pytest.raises(SystemUnavailable, match=r"deploy\.log"):
            deployed(sleeping, tmp_path / "deploy.log")

        assert sleeping.poll() is not None
