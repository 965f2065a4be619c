"""The door in front of Prefect: what an operator who is signed in may do there, and what nobody may (docs/adr/0021)."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from itertools import count

import httpx
import pytest
import sqlalchemy as sa

from data_contracts.vocabulary import Channel, Gate, OperatorRole, Right
from flows.doors.desk import OperatorsDoor
from flows.embedded.database import SERVER
from flows.runs.case_runs import start_flow
from tasks.intake.receive import TypedRequest, register_request
from tests.prefect.marks import Marked, found_in_files, found_in_tables, mark
from tests.prefect.office import Office

pytestmark = pytest.mark.timeout(600)


_NUMBERS = count(1)
_SLOW = 500


def asked() -> str:
    """A case of somebody of whom there is no other."""
    key, identity = f"door {next(_NUMBERS)}", {"email": [f"nobody-{next(_NUMBERS)}@example.com"]}
    return register_request(TypedRequest(Right.ACCESS, Channel.LETTER, "en", datetime.now(UTC), key, identity)).case_id


def waiting_run(office: Office) -> str:
    """A flow run that waits at the gate of identity."""
    run_id = str(start_flow(office.installation.register.case(asked())))
    office.form(run_id)
    return run_id


@pytest.fixture(scope="module")
def run_id(office: Office) -> str:
    """A flow run that waits at the gate of identity."""
    return waiting_run(office)


@pytest.fixture
def somebody(office: Office) -> dict[str, str]:
    """An operator with the role, and a code."""
    return office.somebody()


@pytest.fixture
def door(office: Office, somebody: dict[str, str]) -> Iterator[httpx.Client]:
    """The door, as the operator calls it who is signed in."""
    with office.at_door(somebody["operator"]) as client:
        yield client


def test_nobody_sees_anything_without_signing_in(office: Office, run_id: str) -> None:
    """Pages lead to the sign-in, calls are refused; the server's own secret opens nothing at the door."""
    page = httpx.get(f"{office.door}/v2/dashboard", headers={"Accept": "text/html"})
    call = httpx.get(f"{office.door}/api/flow_runs/{run_id}")
    with_secret = httpx.get(f"{office.door}/api/flow_runs/{run_id}", auth=office.system.auth)

    assert (page.status_code, page.headers["location"]) == (303, "/sign-in")
    assert (call.status_code, with_secret.status_code) == (401, 401)


def test_operator_looks_at_runs(door: httpx.Client, run_id: str) -> None:
    """A run, its deployment, lists of them."""
    run = door.get(f"/flow_runs/{run_id}").raise_for_status().json()
    query = {"flow_runs": {"name": {"any_": [run["name"]]}}, "limit": 5, "sort": "START_TIME_DESC"}
    listed = door.post("/flow_runs/filter", json=query).raise_for_status().json()

    assert run["state_name"] == "Suspended"
    assert run_id in {one["id"] for one in listed}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/block_documents/filter"),
        ("GET", "/block_types/slug/secret/block_documents/name/rightsflow-system-crm-url"),
        ("POST", "/variables/filter"),
        ("POST", "/automations/filter"),
        ("POST", "/admin/database/clear"),
        ("PATCH", "/work_pools/rightsflow"),
        ("POST", "/work_pools/"),
        ("POST", "/deployments/"),
        ("POST", "/flow_runs/"),
        ("DELETE", "/flow_runs/{run_id}"),
        ("PATCH", "/flow_runs/{run_id}"),
        ("POST", "/flow_runs/{run_id}/input"),
        ("POST", "/flow_runs/{run_id}/input/filter"),
        ("DELETE", "/flow_runs/{run_id}/input/{form}-response"),
        ("GET", "/flow_runs/{run_id}/input/{form}-response"),
        ("POST", "/work_pools/rightsflow/get_scheduled_flow_runs"),
        ("POST", "/logs/"),
        ("POST", "/events"),
        ("GET", "/flow_runs/%2e%2e/block_documents/filter"),
    ],
)
def test_what_is_in_no_line_is_refused(office: Office, door: httpx.Client, run_id: str, method: str, path: str) -> None:
    """Issue 13, rows 1, 2 and 5: blocks, variables, pools, deployments, and run inputs that are answers."""
    keys = office.run(run_id)["state"]["state_details"]["run_input_keyset"]
    path = path.format(run_id=run_id, form=keys["schema"].removesuffix("-schema"))

    answer = door.request(method, path, json={} if method in {"POST", "PATCH"} else None)

    assert answer.status_code == 403
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize(
    "path",
    [
        "/v2/../api/variables/name/a",
        "/%2e%2e/api/automations/6f1c8f38-0000-4000-8000-000000000001",
        "/v2/%2e%2e/api/flow_runs/{run_id}/input/{form}-schema",
        "//api/flow_runs/{run_id}/input/{form}-schema",
        "/v2/..%2fapi/work_pools/rightsflow",
        "/x/..\\api/work_pools/rightsflow",
        "/ui-settings/../api/work_pools/rightsflow",
        "/api/work_pools/../work_pools/rightsflow",
    ],
)
def test_no_way_leads_around_the_table(office: Office, somebody: dict[str, str], run_id: str, path: str) -> None:
    """A path that the server would read differently, sent exactly so: most clients tidy it up first."""
    keys = office.run(run_id)["state"]["state_details"]["run_input_keyset"]
    path = path.format(run_id=run_id, form=keys["schema"].removesuffix("-schema"))
    cookie = "=".join(office.cookie(somebody["operator"]))

    answer = _raw(office, f"GET {path} HTTP/1.1\r\nCookie: {cookie}")

    assert answer.split()[1] in {b"403", b"404"}, answer[:300]


def _raw(office: Office, head: str) -> bytes:
    """What the door says to a request as it stands."""
    host, _, port = office.door.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 30) as line:
        line.sendall(f"{head}\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: line.recv(65536), b""))


@pytest.mark.parametrize(
    "more",
    [
        {"job_variables": {"command": "touch was-here"}},
        {"job_variables": {"env": {"RIGHTSFLOW_HOME": "elsewhere"}}},
        {"infrastructure_document_id": "6f1c8f38-0000-4000-8000-000000000001"},
        {"work_queue_name": "urgent"},
        {"labels": {"a": "b"}},
        {"enforce_parameter_schema": False},
        {"empirical_policy": {"retries": 9}},
        {"context": {"a": "b"}},
        {"parent_task_run_id": "6f1c8f38-0000-4000-8000-000000000001"},
        {"state": {"type": "COMPLETED"}},
        {"state": {"type": "SCHEDULED", "state_details": {"run_input_keyset": {}}}},
    ],
    ids=lambda more: json.dumps(more)[:40],
)
def test_nobody_says_how_a_flow_is_started(door: httpx.Client, more: dict[str, object]) -> None:
    """Issue 13, row 1: a command in the job variables was code that ran as the worker."""
    deployment = door.get("/deployments/name/report/report").raise_for_status().json()

    answer = door.post(f"/deployments/{deployment['id']}/create_flow_run", json={"parameters": {}, **more})

    assert answer.status_code == 403, answer.text
    assert "job_variables" not in str(deployment["job_variables"])
    assert not deployment["pull_steps"]


@pytest.mark.parametrize(
    "parameters",
    [
        {"case_id": {"__prefect_kind": "workspace_variable", "variable_name": "a"}},
        {"case_id": "", "request": {"__prefect_kind": "workspace_variable", "variable_name": "a"}},
        {"case_id": "", "request": {"details": [{"__prefect_kind": "jinja", "template": "{{ a }}"}]}},
        {"case_id": 7},
        {"case_id": "", "request": {"received": "yesterday of Ana"}},
        {"case_id": "", "unknown": "x"},
    ],
)
def test_parameters_are_those_of_the_flow(door: httpx.Client, parameters: dict[str, object]) -> None:
    """What our types do not take, or the server would fill in, starts nothing."""
    deployment = door.get("/deployments/name/access/access").raise_for_status().json()

    answer = door.post(f"/deployments/{deployment['id']}/create_flow_run", json={"parameters": parameters})

    assert answer.status_code == 422
    assert "parameter" in answer.json()["detail"]
    assert "Ana" not in answer.text


def test_role_decides_which_flows_are_started(office: Office) -> None:
    """A duty of the controller's is not an agent's to start; a request is."""
    agent = office.somebody(OperatorRole.AGENT)
    with office.at_door(agent["operator"]) as door:
        report, access = (door.get(f"/deployments/name/{name}/{name}").json() for name in ("report", "access"))
        refused = door.post(f"/deployments/{report['id']}/create_flow_run", json={})
        case_id = asked()
        started = door.post(f"/deployments/{access['id']}/create_flow_run", json={"parameters": {"case_id": case_id}})

    assert refused.status_code == 422
    assert "does not have the role" in refused.json()["detail"]
    assert started.raise_for_status().json()["name"] == case_id
    assert f"by:{agent['operator']}" in started.json()["tags"]
    assert [use.what for use in office.installation.register.uses(operator=agent["operator"])] == ["start access"]


def test_refused_answer_moves_nothing(office: Office, run_id: str) -> None:
    """A wrong code, another's name, another question: the reason is told, and the run stays where it is."""
    before, who = office.run(run_id)["state_id"], office.somebody()
    other = office.somebody()
    tries = [
        {**who, "code": "000000", "reference": "call_back"},
        {**who, "reference": "call_back", "question": "0123456789ab"},
        {**who, "reference": "no such way"},
        {**who, "reference": "call_back", "surprise": "1"},
    ]

    said = [office.answer(run_id, **typed) for typed in tries]
    with office.at_door(who["operator"]) as door:
        mine = office.answered(door, run_id, {"decision": "approve", "reference": "call_back", **other})

    assert [one["code"] for one in (*said, mine)] == [422] * 5
    assert "code" in said[0]["detail"]
    assert "not the question" in said[1]["detail"]
    assert f"signed in as {who['operator']}" in mine["detail"]
    assert office.run(run_id)["state_id"] == before
    assert office.gates(office.run(run_id)["name"])[0].answers == ()


def test_answer_is_recorded_before_prefect_hears_of_it(office: Office) -> None:
    """Neither code nor decision is in Prefect's database; the run goes on by the signed answer."""
    run_id, who = waiting_run(office), office.somebody()
    case_id = office.run(run_id)["name"]

    said = office.answer(run_id, reference="call_back", reason="zanzibar-quokka", **who)

    assert said["status"] == "ACCEPT", said
    entries = [entry for entry in office.installation.register.gates(case_id) if entry.gate is Gate.IDENTITY]
    assert [answer.operator for entry in entries for answer in entry.answers] == [who["operator"]]
    office.until(lambda: "identity_verified" in office.states(case_id))
    database = office.installation.settings.embedded
    assert found_in_tables(database.url(SERVER), ["zanzibar-quokka"]) == []
    assert found_in_files([database.folder], ["zanzibar-quokka"]) == []
    assert _values_of_inputs(database.url(SERVER), who["code"]) == []


def _values_of_inputs(database: str, code: str) -> list[str]:
    """Run inputs that hold a code, or are an answer."""
    with closing(sa.create_engine(database, poolclass=sa.NullPool).connect()) as kept:
        rows = kept.execute(sa.text("SELECT key, value FROM flow_run_input")).fetchall()
    return [key for key, value in rows if str(key).endswith("-response") or code in str(value)]


def test_answer_past_the_door_decides_nothing(office: Office) -> None:
    """Issue 13, row 2: who has the server's own secret posts an answer into its run inputs, code and all."""
    run_id, who = waiting_run(office), office.somebody()
    run = office.run(run_id)
    case_id, entry = run["name"], office.gates(run["name"])[0]
    with office.at_door(who["operator"]) as door:
        typed = {**office.filled(door, run_id), "decision": "approve", "reference": "call_back", **who}

    said = office.api.post(f"/flow_runs/{run_id}/resume", json={"run_input": typed}).json()
    office.until(lambda: office.run(run_id)["state_id"] != run["state_id"] and office.form(run_id))

    assert said["status"] == "ACCEPT"
    again = office.gates(case_id)[0]
    assert (again.outcome, again.answers, again.digest) == (None, (), entry.digest)
    assert "past our door" in again.note
    assert "past our door" in office.form(run_id)


def test_replay_decides_nothing(office: Office) -> None:
    """Every byte, cookie and code of one operator again: on the same question, before and after, and on the next."""
    first, second, who = waiting_run(office), waiting_run(office), office.somebody()
    with office.at_door(who["operator"]) as door, office.at_door(office.somebody()["operator"]) as other:
        said = {**office.filled(door, first), "decision": "refuse", "reference": "", "reason": "It is not them."}
        recorded = {"run_input": {**said, "code": who["code"]}}
        by_another = other.post(f"/flow_runs/{first}/resume", json=recorded)
        taken = door.post(f"/flow_runs/{first}/resume", json=recorded)
        again = door.post(f"/flow_runs/{first}/resume", json=recorded)
        elsewhere = door.post(f"/flow_runs/{second}/resume", json=recorded)
        next_one = office.answered(door, second, {**said, **office.filled(door, second), "code": who["code"]})
        OperatorsDoor(office.installation).sign_out(who["operator"])
        signed_out = door.get(f"/flow_runs/{second}")

    assert (by_another.status_code, taken.status_code) == (422, 201)
    assert [again.status_code in {409, 422}, elsewhere.status_code, next_one["code"]] == [True, 422, 422]
    assert "used before" in next_one["detail"]
    assert signed_out.status_code == 401
    assert office.gates(office.run(second)["name"])[0].answers == ()
    entries = office.installation.register.gates(office.run(first)["name"])
    assert [answer.operator for entry in entries for answer in entry.answers] == [who["operator"]]


def test_slow_callers_are_in_nobodys_way(office: Office, door: httpx.Client) -> None:
    """500 connections that send a byte a second; somebody else is answered as ever."""
    address = office.door.removeprefix("http://").split(":")
    with ExitStack() as stack:
        slow = [stack.enter_context(socket.create_connection((address[0], int(address[1])), 10)) for _ in range(_SLOW)]
        for turn in range(3):
            for one in slow:
                with suppress(ConnectionError):  # one too many: the door has closed it
                    one.sendall(b"POST"[turn : turn + 1])
            begun = time.monotonic()
            door.get("/health").raise_for_status()
            assert time.monotonic() - begun < 5
            time.sleep(1)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "null"},
        {"Host": "rebound.example"},
        {"Content-Type": "text/plain"},
    ],
    ids=str,
)
def test_another_site_makes_no_call(door: httpx.Client, run_id: str, headers: dict[str, str]) -> None:
    """Cross-site requests, a page on another port, DNS rebinding, forms without a preflight."""
    change = json.dumps({"state": {"type": "CANCELLING"}})

    answer = door.post(
        f"/flow_runs/{run_id}/set_state", content=change, headers={"Content-Type": "application/json", **headers}
    )

    assert answer.status_code in {403, 415, 421}


def test_body_that_is_too_large_is_not_read(door: httpx.Client) -> None:
    """Nothing of half a megabyte is a question."""
    assert door.post("/flow_runs/filter", content=b" " * 600_000).status_code == 413


def test_ui_is_told_to_send_nothing(door: httpx.Client) -> None:
    """The UI tells its maker of who uses it unless the server says no; no setting of the server is shown."""
    told = door.get("/admin/settings").raise_for_status().json()

    assert told == {"server": {"analytics_enabled": False, "ui": {"show_promotional_content": False}}}


def test_run_is_cancelled_and_tried_again(office: Office, door: httpx.Client, somebody: dict[str, str]) -> None:
    """By the states that the UI asks for, and no other."""
    run_id = waiting_run(office)
    path = f"/flow_runs/{run_id}/set_state"

    other = door.post(path, json={"state": {"type": "COMPLETED"}, "force": True})
    early = door.post(path, json={"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True})
    door.post(path, json={"state": {"type": "CANCELLING", "name": "Cancelling"}, "force": True}).raise_for_status()
    office.ended(run_id, "Cancelled")
    door.post(path, json={"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True}).raise_for_status()

    assert (other.status_code, early.status_code) == (403, 409)
    office.ended(run_id, "Suspended")
    done = [use.what for use in office.installation.register.uses(operator=somebody["operator"])]
    assert done == ["retry run", "cancel run"]


@pytest.mark.parametrize(("flow", "right"), [("access", "access"), ("receive", "portability")])
def test_form_is_a_case_before_prefect_hears_of_it(office: Office, door: httpx.Client, flow: str, right: str) -> None:
    """Law 1: what was typed into a flow's form is sealed by the door; Prefect is told the case, and never more."""
    person = Marked.new()
    typed = {"request": person.form(language="fr"), **({"right": right} if flow == "receive" else {})}
    deployment = office.api.get(f"/deployments/name/{flow}/{flow}").raise_for_status().json()

    answer = door.post(f"/deployments/{deployment['id']}/create_flow_run", json={"parameters": typed})

    run = answer.raise_for_status().json()
    assert run["parameters"]["case_id"] == run["name"]
    assert office.installation.register.case(run["name"]).right == right
    database = office.installation.settings.embedded
    assert found_in_tables(database.url(SERVER), person.marks()) == []
    assert found_in_files([database.folder], person.marks()) == []
    runs = office.api.post("/flow_runs/filter", json={"flow_runs": {"name": {"any_": [run["name"]]}}}).json()
    assert len(runs) == 1


def test_form_that_cannot_be_used_is_refused_in_the_dialog(office: Office, door: httpx.Client) -> None:
    """Nothing is started, nothing is kept, and the reason quotes nothing that was typed."""
    person = Marked.new()
    wrong = person.form(changes=mark())
    before = len(office.installation.register.cases())
    deployment = office.api.get("/deployments/name/rectification/rectification").raise_for_status().json()

    answer = door.post(f"/deployments/{deployment['id']}/create_flow_run", json={"parameters": {"request": wrong}})

    assert answer.status_code in {409, 422}
    assert not [one for one in (*person.marks(), wrong["changes"]) if str(one) in answer.text]
    assert len(office.installation.register.cases()) == before
    assert found_in_tables(office.installation.settings.embedded.url(SERVER), person.marks()) == []
