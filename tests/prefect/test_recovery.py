"""Laws 2 and 3 on a real server: the worker dies, wrong codes are typed, runs get lost; every effect is there once."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from data_contracts.vocabulary import Right
from flows.runs.case_runs import start_flow
from flows.settings import settings
from flows.watch.outbox import dispatch
from flows.watch.watch import Swept, sweep
from tests.prefect.clerks import Clerk, carried_to_their_ends
from tests.prefect.office import Office


@dataclass
class Story:
    """An access request whose worker is killed while it is suspended, and two that nobody carries on meanwhile.

    Attributes:
        swept: what each sweep did while there was no worker. Runs of other flows (the watch has a schedule) may have
            been swept with ours.
        hopeless_states: in what state each sweep left the run that always crashes.
        lost_states: the same of the run that a worker had taken that died.
    """

    case_id: str
    run_id: str
    lost_case: str
    hopeless_run: str
    swept: list[Swept] = field(default_factory=list)
    hopeless_states: list[str] = field(default_factory=list)
    lost_states: list[str] = field(default_factory=list)
    note: str = ""
    next_form: str = ""


@pytest.fixture(scope="module")
def story(office: Office) -> Story:
    """The story, told to its end."""
    case_id = office.register(Right.ACCESS, "recovery")
    run_id = _started(office, case_id)
    office.form(run_id)
    office.kill_worker()
    hopeless = _started(office, office.register(Right.ACCESS, "hopeless"))
    told = Story(case_id, run_id, office.register(Right.ACCESS, "lost"), hopeless)
    _nobody_works(office, told)
    office.answer(run_id, operator=office.somebody()["operator"], code="000000", reference="call_back")
    office.system.start_worker()
    told.note = office.until(lambda: office.gates(case_id)[0].note)
    told.next_form = office.shown(run_id)
    office.identify(run_id)
    carried_to_their_ends(office, {"access": Clerk(run_id)})
    return told


def _started(office: Office, case_id: str) -> str:
    return str(start_flow(office.installation.register.case(case_id)))


def _nobody_works(office: Office, told: Story) -> None:
    """Sweeps while one run crashes each time it is tried, and one was taken by a worker that died."""
    for turn in range(4):
        office.set_state(told.hopeless_run, "RUNNING")
        office.set_state(told.hopeless_run, "CRASHED")
        time.sleep(settings().crash_grace.total_seconds() + 0.1)
        told.swept.append(sweep())
        told.hopeless_states.append(office.run(told.hopeless_run)["state_name"])
        told.lost_states.append(office.run_of(told.lost_case)["state_name"])
        if turn == 0:
            office.set_state(office.run_of(told.lost_case)["id"], "PENDING")


def test_wrong_code_is_told_in_the_next_form(story: Story) -> None:
    """Who opens the form after a wrong code is told why the answer was not accepted."""
    assert "code" in story.note
    assert story.note in story.next_form


def test_every_mail_once(office: Office, story: Story) -> None:
    """Over a killed worker and each start of the flow each mail leaves once."""
    assert office.mails(story.case_id) == ["acknowledgement", "answer"]


def test_every_step_is_recorded_once(office: Office, story: Story) -> None:
    """The evidence chain is whole and holds each step once."""
    steps = office.steps(story.case_id)

    assert sorted(steps) == sorted(set(steps))
    assert steps[-1] == "archive"


def test_a_case_without_a_run_is_started(story: Story) -> None:
    """A request that was registered while the server was away gets its flow run, once."""
    assert [swept.started for swept in story.swept] == [1, 0, 0, 0]


def test_a_run_whose_worker_died_is_scheduled_again(office: Office, story: Story) -> None:
    """A run that stays Pending goes on, with the next worker, to its first gate."""
    run = office.run_of(story.lost_case)

    assert story.lost_states[1] == "Scheduled"
    assert story.swept[1].rescheduled >= 1
    assert "data subject" in office.form(run["id"])


def test_a_run_that_always_crashes_is_left_to_a_person(office: Office, story: Story) -> None:
    """After three further tries a crashed run stays Crashed."""
    assert story.hopeless_states == ["AwaitingRetry", "AwaitingRetry", "AwaitingRetry", "Crashed"]
    assert office.run(story.hopeless_run)["state_name"] == "Crashed"


def test_each_move_is_an_event(office: Office, story: Story) -> None:
    """Automations hear of every state that the case was in, once, with nothing personal."""
    states = {move.to.value for move in office.installation.register.timeline(story.case_id)}
    dispatch()

    told = office.until(lambda: seen if len(seen := _events(office, story.case_id)) >= len(states) else None)

    assert {event["event"] for event in told} == {f"rightsflow.case.{state}" for state in states}
    assert {event["resource"]["rightsflow.right"] for event in told} == {"access"}


def _events(office: Office, case_id: str) -> list[dict[str, Any]]:
    since = datetime.now(UTC) - timedelta(hours=1)
    occurred = {"since": since.isoformat(), "until": datetime.now(UTC).isoformat()}
    wanted = {"occurred": occurred, "resource": {"id": [f"rightsflow.case.{case_id}"]}}
    found = office.api.post("/events/filter", json={"filter": wanted, "limit": 50}).raise_for_status().json()
    return list(found["events"])


def test_server_answers_nobody_without_its_secret(office: Office) -> None:
    """A page in a browser on this machine cannot start a flow, nor a program that does not know the secret."""
    asked = httpx.post(f"{office.system.ui_url}/api/flow_runs/filter", json={})

    assert asked.status_code == 401
