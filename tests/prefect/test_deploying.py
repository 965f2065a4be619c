"""What a Prefect server is told of us: queues by urgency, automations, and what operators see beside a run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prefect import get_client

from data_contracts.case.case import Case
from data_contracts.errors import SettingsInvalid
from data_contracts.vocabulary import Channel, Right
from flows.runs.case_runs import start_flow
from flows.server.deploying import QUEUES, deploy
from flows.watch.queues import hurry
from tasks.intake.receive import TypedRequest, register_request
from tests.loopback import Answering, listening
from tests.prefect.clerks import Clerk, carried_to_their_ends
from tests.prefect.marks import customers, mark
from tests.prefect.office import Office, Run


def a_case(office: Office, key: str, days_ago: int) -> Case:
    """An access request that came so many days ago, and nobody has started."""
    received = datetime.now(UTC) - timedelta(days=days_ago)
    identity = {"email": [office.company.subject.email]}
    typed = TypedRequest(Right.ACCESS, Channel.LETTER, "en", received, key, identity, name=office.company.subject.name)
    return register_request(typed)


def automations(office: Office) -> dict[str, dict[str, Any]]:
    """Automations of the server by name."""
    found = office.api.post("/automations/filter", json={}).raise_for_status().json()
    return {one["name"]: one for one in found}


def test_queues_stand_in_their_order(office: Office) -> None:
    """A worker takes what is urgent first, and what is done unasked last."""
    queues = office.api.post("/work_pools/rightsflow/queues/filter", json={}).raise_for_status().json()

    assert [one["name"] for one in sorted(queues, key=lambda one: one["priority"])] == list(QUEUES)


def test_everything_can_be_told_again(office: Office) -> None:
    """Deploying twice changes nothing but what somebody had changed by hand."""
    before = automations(office)
    office.api.patch("/work_pools/rightsflow/queues/urgent", json={"description": "changed"}).raise_for_status()

    done = office.command("deploy")

    urgent = office.api.get("/work_pools/rightsflow/queues/urgent").raise_for_status().json()
    after = automations(office)
    assert (done["exit"], urgent["description"]) == (0, QUEUES["urgent"])
    assert {name: one["id"] for name, one in after.items()} == {name: one["id"] for name, one in before.items()}
    office.hold_the_watch()


@pytest.mark.parametrize(("days_ago", "queue"), [(0, "default"), (23, "due-soon"), (40, "urgent")])
def test_case_starts_in_the_queue_of_its_deadline(office: Office, days_ago: int, queue: str) -> None:
    """Art. 12(3): the fewer days are left, the sooner a worker takes it."""
    run = office.run(str(start_flow(a_case(office, f"queue-{queue}", days_ago))))

    assert run["work_queue_name"] == queue
    assert {"right", "case", "art-15"} <= set(run["tags"])


@pytest.fixture
def paused_queue(office: Office) -> Iterator[None]:
    """A worker that is busy with others: nothing of the queue ``default`` is started."""
    office.api.patch("/work_pools/rightsflow/queues/default", json={"is_paused": True}).raise_for_status()
    yield
    office.api.patch("/work_pools/rightsflow/queues/default", json={"is_paused": False}).raise_for_status()


@pytest.mark.usefixtures("paused_queue")
def test_run_that_waits_is_brought_forward(office: Office) -> None:
    """A case that became urgent while its run waited goes on in the urgent queue; the old run is no more."""
    case = a_case(office, "brought-forward", 40)
    waits = office.started("access", {"case_id": case.case_id}, name=case.case_id, work_queue_name="default")
    office.until(lambda: datetime.now(UTC) - datetime.fromisoformat(waits["created"]) > timedelta(seconds=2))

    with get_client(sync_client=True) as client:
        moved = hurry(client, [case], datetime.now(UTC))
        again = hurry(client, [case], datetime.now(UTC))

    assert (moved, again) == (1, 0)
    assert office.run(waits["id"])["state_name"] == "Cancelled"
    assert office.run_of(case.case_id)["work_queue_name"] == "urgent"


def test_failed_right_is_looked_after(office: Office) -> None:
    """An automation runs the watch once a flow run of a right has failed."""
    name = "rightsflow: look after a right that failed"
    url = f"/automations/{automations(office)[name]['id']}"
    before = _watches(office)
    office.api.patch(url, json={"enabled": True}).raise_for_status()
    try:
        failed = office.started(
            "access", {"request": {"name": mark(), "phone": mark(), "email": "", "channel": "phone"}}
        )
        office.ended(failed["id"], "Failed")
        office.until(lambda: _watches(office) - before)
    finally:
        office.hold_the_watch()


def _watches(office: Office) -> set[str]:
    """Runs of the watch that an automation made."""
    query = {"flows": {"name": {"any_": ["watch"]}}}
    runs: list[Run] = office.api.post("/flow_runs/filter", json=query).raise_for_status().json()
    return {run["id"] for run in runs if (run["created_by"] or {}).get("type") == "AUTOMATION"}


def test_people_are_told_of_a_right_that_failed(office: Office) -> None:
    """Through the notification block that is named: the run's name and state, and nothing that was typed."""
    typed = mark()
    with _listener() as (address, heard):
        _put_block(office, "told", address)
        told = deploy(office.installation.settings.model_copy(update={"notification_block": "custom-webhook/told"}))
        for name, one in automations(office).items():
            office.api.patch(f"/automations/{one['id']}", json={"enabled": "tell" in name}).raise_for_status()
        try:
            office.started("access", {"request": {"name": typed, "phone": typed, "email": "", "channel": "phone"}})
            office.until(lambda: heard)
        finally:
            office.hold_the_watch()

    assert len(told["automations"]) == 5
    assert "Failed" in heard[0]
    assert typed not in "".join(heard)


def test_block_that_is_not_there_is_an_error(office: Office) -> None:
    """Nobody believes to be told who is not."""
    wrong = office.installation.settings.model_copy(update={"notification_block": "slack-webhook/nobody"})

    with pytest.raises(SettingsInvalid, match="notification block"):
        deploy(wrong)
    office.hold_the_watch()


def _put_block(office: Office, name: str, address: str) -> None:
    """A notification block that calls an address."""
    kind = office.api.get("/block_types/slug/custom-webhook").raise_for_status().json()
    query = {"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}}
    schema = office.api.post("/block_schemas/filter", json=query).raise_for_status().json()[0]
    block = {
        "name": name,
        "block_type_id": kind["id"],
        "block_schema_id": schema["id"],
        "data": {"name": name, "url": address, "json_data": {"said": "{{subject}} {{body}}"}},
    }
    office.api.post("/block_documents/", json=block).raise_for_status()


@contextmanager
def _listener() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and what was posted to it."""
    heard: list[str] = []

    class Handler(Answering):
        def answer(self) -> None:
            heard.append(self.body().decode())
            self.say(204)

    with listening(Handler) as address:
        yield f"{address}/", heard


def test_case_shows_plan_result_and_evidence(office: Office) -> None:
    """Beside the run of a case: the plan with its grounds, the proof, the records."""
    number = customers(office.home / "systems", but={office.company.subject.customer_no})[0]
    typed = TypedRequest(Right.ERASURE, Channel.LETTER, "en", datetime.now(UTC), "shown", {"customer_no": [number]})
    case = register_request(typed)
    clerk = Clerk(str(start_flow(case)), "as asked")

    run = carried_to_their_ends(office, {"erasure": clerk})["erasure"]

    found = office.artifacts(run["id"])
    name = case.case_id.lower()
    assert run["state_name"] == "Completed"
    assert {f"plan-{name}", f"result-{name}", f"audit-{name}"} <= set(found)
    assert "remain" in found[f"result-{name}"]["data"]
    assert "the chain is whole" in found[f"audit-{name}"]["description"]
    assert not [one["key"] for one in found.values() if number in f"{one['data']}{one['description']}"]
