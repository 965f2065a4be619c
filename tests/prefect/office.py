"""An office that works on a real Prefect server and worker: what its people do, and what a test needs to see."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx
import pyotp
from prefect import get_client

from data_contracts.gates.gates import GateEntry
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import Channel, OperatorRole, Right
from flows.server.machine import RunningSystem
from flows.watch.watch import mend_form
from flows.wiring import Installation
from integrations.demo import DemoCompany
from integrations.intake.web.cookies import CookieSeal
from tasks.intake.receive import TypedRequest, register_request

Run = dict[str, Any]

_PATIENCE_SECONDS = 180
_LOOK_SECONDS = 0.2
_FOR_EVER = timedelta(days=36_500)
_NUMBERS = count(1)


class Patient(httpx.HTTPTransport):
    """Asks again where the server says that its SQLite is busy, as Prefect's own client does."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, once the server is not busy."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (response := super().handle_request(request)).status_code == httpx.codes.SERVICE_UNAVAILABLE:
            assert time.monotonic() < deadline, "the server stays busy"
            response.close()
            time.sleep(_LOOK_SECONDS)
        return response


@dataclass
class Office:
    """The running system, its installation, and the server's own API.

    Attributes:
        api: speaks to the Prefect server itself, as our own processes do.
        door: address of the door in front of it, which people come through.
    """

    system: RunningSystem
    installation: Installation
    company: DemoCompany
    api: httpx.Client
    door: str
    secrets: dict[str, str] = field(default_factory=dict)

    @property
    def home(self) -> Path:
        """Where the installation's state lies."""
        return self.installation.settings.state

    # --- people ---------------------------------------------------------------------------------------------------

    def somebody(self, *roles: OperatorRole) -> dict[str, str]:
        """The name and code of an operator who has never answered, so that no code is ever used twice."""
        name, secret = f"operator-{next(_NUMBERS)}", pyotp.random_base32()
        sealed = self.installation.seal_operator_secret(name, secret)
        self.installation.register.put_operator(Operator(name, roles or (OperatorRole.DPO,), None, None, secret=sealed))
        self.secrets[name] = secret
        return {"operator": name, "code": self.code(name)}

    def code(self, name: str) -> str:
        """What the operator's authenticator shows."""
        return pyotp.TOTP(self.secrets[name]).now()

    # --- flow runs ------------------------------------------------------------------------------------------------

    def start(self, flow: str, parameters: Mapping[str, Any], **more: Any) -> httpx.Response:
        """What the server answers to somebody who starts a deployed flow from the UI."""
        deployment = self.api.get(f"/deployments/name/{flow}/{flow}").raise_for_status().json()
        order = {"parameters": parameters, "enforce_parameter_schema": True, **more}
        return self.api.post(f"/deployments/{deployment['id']}/create_flow_run", json=order)

    def started(self, flow: str, parameters: Mapping[str, Any], **more: Any) -> Run:
        """The flow run that the server made of what somebody typed."""
        run: Run = self.start(flow, parameters, **more).raise_for_status().json()
        return run

    def run(self, run_id: str) -> Run:
        """The flow run as the server has it."""
        found: Run = self.api.get(f"/flow_runs/{run_id}").raise_for_status().json()
        return found

    def artifacts(self, run_id: str) -> dict[str, Run]:
        """What a flow run shows beside it, by key."""
        query = {"artifacts": {"flow_run_id": {"any_": [run_id]}}}
        found = self.api.post("/artifacts/filter", json=query).raise_for_status().json()
        return {one["key"]: one for one in found}

    def run_of(self, case_id: str) -> Run:
        """The newest flow run of a case, as soon as there is one."""
        query = {"flow_runs": {"name": {"any_": [case_id]}}, "sort": "START_TIME_DESC", "limit": 1}
        found = self.until(lambda: self.api.post("/flow_runs/filter", json=query).raise_for_status().json())
        run: Run = found[0]
        return run

    def set_state(self, run_id: str, kind: str, *, name: str | None = None) -> None:
        """Force a state, as a worker does that dies afterwards."""
        state = {"type": kind, "name": name or kind.capitalize()}
        self.api.post(f"/flow_runs/{run_id}/set_state", json={"state": state, "force": True}).raise_for_status()

    def ended(self, run_id: str, *states: str) -> Run:
        """The flow run once it is in one of ``states``; any other end is a failure of the test."""
        wanted = states or ("Completed",)
        run: Run = self.until(lambda: self._in(run_id, {*wanted, "Completed", "Failed", "Crashed", "Cancelled"}))
        assert run["state_name"] in wanted, f"{run['state_name']}: {run['state'].get('message')}"
        return run

    def tasks(self, run_id: str, state: str) -> set[str]:
        """Names of a flow run's tasks that are in a state."""
        query = {"flow_runs": {"id": {"any_": [run_id]}}, "task_runs": {"state": {"type": {"any_": [state]}}}}
        found = self.api.post("/task_runs/filter", json=query).raise_for_status().json()
        return {task["name"] for task in found}

    def _in(self, run_id: str, states: set[str]) -> Run | None:
        run = self.run(run_id)
        return run if run["state_name"] in states else None

    def hold_the_watch(self) -> None:
        """Nobody runs the watch but a test: it takes who is busy for silent, as hasty as it is here."""
        for one in self.api.post("/automations/filter", json={}).raise_for_status().json():
            self.api.patch(f"/automations/{one['id']}", json={"enabled": False}).raise_for_status()
        watch = self.api.get("/deployments/name/watch/watch").raise_for_status().json()
        self.api.patch(f"/deployments/{watch['id']}", json={"paused": True}).raise_for_status()
        query = {"flows": {"name": {"any_": ["watch"]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
        for run in self.api.post("/flow_runs/filter", json=query).raise_for_status().json():
            self.set_state(run["id"], "CANCELLED")

    # --- gates ----------------------------------------------------------------------------------------------------

    def form(self, run_id: str) -> str:
        """The description of the form that a suspended flow run shows, once it can be answered."""
        run = self.ended(run_id, "Suspended")
        keys = run["state"]["state_details"]["run_input_keyset"]
        found = self.until(lambda: self._input(run_id, keys["description"]) or self._is_elsewhere(run))
        return self.form(run_id) if found is True else str(found)

    def _is_elsewhere(self, run: Run) -> bool:
        """Whether a run went on; one whose form was never saved goes on once the watch has seen it."""
        with get_client(sync_client=True) as client:
            seen = client.read_flow_run(UUID(run["id"]))
            mend_form(client, seen, datetime.now(UTC), set())
        return bool(str(seen.state_id) != run["state_id"])

    def answer(self, run_id: str, **typed: str) -> dict[str, Any]:
        """What the door says to an answer that its operator, signed in, types into the form of a suspended flow run."""
        self.form(run_id)
        typed = {"decision": "approve", "reference": "", "reason": "", **typed}
        with self.at_door(typed["operator"]) as door:
            return self.answered(door, run_id, typed)

    def shown(self, run_id: str) -> str:
        """What somebody reads who opens the form of a suspended flow run at the door now."""
        name = self.run(run_id)["state"]["state_details"]["run_input_keyset"]["description"]
        with self.at_door(self.somebody()["operator"]) as door:
            return str(door.get(f"/flow_runs/{run_id}/input/{name}").raise_for_status().json())

    def answered(self, door: httpx.Client, run_id: str, typed: Mapping[str, str]) -> dict[str, Any]:
        """What the door says to an answer of whoever is signed in."""
        said = door.post(f"/flow_runs/{run_id}/resume", json={"run_input": {**self.filled(door, run_id), **typed}})
        return {"status": "ACCEPT" if said.is_success else "REJECT", "code": said.status_code, **said.json()}

    def filled(self, door: httpx.Client, run_id: str) -> dict[str, str]:
        """What a form is filled in with when it is opened: which question it is."""
        keys = self.run(run_id)["state"]["state_details"]["run_input_keyset"]
        form = door.get(f"/flow_runs/{run_id}/input/{keys['schema']}" if keys else f"/flow_runs/{run_id}/input/gone")
        return {"question": form.json()["properties"]["question"]["default"]} if form.is_success else {}

    @contextmanager
    def at_door(self, operator: str) -> Iterator[httpx.Client]:
        """What an operator calls in the Prefect UI, signed in at the door."""
        with httpx.Client(base_url=f"{self.door}/api", timeout=180) as door:
            door.cookies.set(*self.cookie(operator))
            yield door

    def cookie(self, operator: str) -> tuple[str, str]:
        """Name and value of the cookie of an operator who signed in."""
        seal = CookieSeal(self.installation.services.door_key(), name="rf_desk", is_https=False)
        session = self.installation.register.calls(f"desk-session:{operator}", _FOR_EVER, datetime.now(UTC))
        visit = seal.read(None).with_facts(operator=operator, session=session, since=datetime.now(UTC).isoformat())
        return seal.cookie, seal.sealed(visit)

    def identify(self, run_id: str, **typed: str) -> None:
        """Somebody called the data subject back, and says so at the gate."""
        said = self.answer(run_id, **{"reference": "call_back", **self.somebody(), **typed})
        assert said["status"] == "ACCEPT", said

    def gates(self, case_id: str) -> list[GateEntry]:
        """The open gates of a case."""
        return self.installation.register.gates(case_id, open_only=True)

    def _input(self, run_id: str, key: str) -> str:
        found = self.api.get(f"/flow_runs/{run_id}/input/{key}")
        return found.text if found.is_success else ""

    # --- processes ------------------------------------------------------------------------------------------------

    def kill_worker(self) -> None:
        """Kill the worker and everything of its process group, at once; the runs that it started die with it."""
        worker = self.system.worker
        assert worker is not None
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()

    def kill_flow(self, run_id: str) -> None:
        """Kill the process of a flow run, at once."""
        os.kill(self.until(lambda: self.process(run_id)), signal.SIGKILL)

    def process(self, run_id: str) -> int | None:
        """The process that the worker started for a flow run of this server."""
        wanted = {f"PREFECT__FLOW_RUN_ID={run_id}".encode(), f"RIGHTSFLOW_HOME={self.home}".encode()}
        for place in Path("/proc").glob("[0-9]*"):
            try:
                variables = set((place / "environ").read_bytes().split(b"\0"))
            except OSError:
                continue  # ended meanwhile, or not ours
            if wanted <= variables:
                return int(place.name)
        return None

    def command(self, *words: str) -> dict[str, Any]:
        """What ``rightsflow WORDS --json`` prints, in an environment that knows the home and nothing else of us."""
        known = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT")}
        done = subprocess.run(
            [sys.executable, "-m", "flows.cli", *words, "--json"],
            cwd=Path(__file__).parents[2],
            env=known,
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.stdout, done.stderr
        facts: dict[str, Any] = json.loads(done.stdout)
        return {"exit": done.returncode, **facts}

    # --- what is left ---------------------------------------------------------------------------------------------

    def register(self, right: Right, key: str) -> str:
        """The case id of a request that is registered while nobody starts a flow for it."""
        subject = self.company.subject
        identity = {"email": [subject.email]}
        request = TypedRequest(right, Channel.LETTER, "en", datetime.now(UTC), key, identity, name=subject.name)
        return register_request(request).case_id

    def mails(self, case_id: str) -> list[str]:
        """Kinds of the mails that the case sent, sorted."""
        files = (self.home / "outbox").glob(f"{case_id}.*.eml")
        return sorted(unquote(file.stem).removeprefix(f"{case_id}.notice.") for file in files)

    def steps(self, case_id: str) -> list[str]:
        """Step and system of each evidence record of the case, in order; the chain must be whole."""
        verified = self.installation.verify_case(case_id)
        assert verified.is_whole, verified.findings
        envelopes, _head = self.installation.register.evidence(case_id)
        predicates = [json.loads(base64.b64decode(str(one["payload"])))["predicate"] for one in envelopes]
        return [" ".join(filter(None, (one["step"], one["system"]))) for one in predicates]

    def states(self, case_id: str) -> list[str]:
        """Where the case stood, first to last."""
        return [move.to.value for move in self.installation.register.timeline(case_id)]

    def until(self, look: Callable[[], Any]) -> Any:
        """What ``look`` sees, as soon as it sees anything."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not (seen := look()):
            assert time.monotonic() < deadline, self._standing()
            time.sleep(_LOOK_SECONDS)
        return seen

    def _standing(self) -> str:
        """Where everything stands, for who reads why a test waited in vain."""
        runs = self.api.post("/flow_runs/filter", json={}).raise_for_status().json()
        live = [(run["name"], run["state_name"]) for run in runs if run["state_name"] != "Scheduled"]
        waiting = self.installation.register.gates(open_only=True)
        gates = [(gate.case_id, gate.gate.value, gate.note) for gate in waiting]
        return f"nothing came; dead: {self.system.failed() or 'nobody'}; runs: {live}; gates: {gates}"
