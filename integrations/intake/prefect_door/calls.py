"""Calls to Prefect's API, each answered as its line of the table says."""

import asyncio
import base64
import binascii
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx
from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool

from data_contracts.doors.prefect_door import DeployedFlow, SuspendedRun
from data_contracts.errors import SystemUnavailable
from integrations.intake.prefect_door.bodies import Answered, Change, Order
from integrations.intake.prefect_door.door import PrefectDoor
from integrations.intake.prefect_door.table import PEOPLE, Found, Way, is_plain, route_of
from integrations.intake.prefect_door.upstream import Upstream, answered
from integrations.intake.prefect_door.workers import WORKERS

_BODY_SECONDS: Final = 20
_WHAT_MAY_BE: Final = "look at runs, start flows by their forms, answer gates, cancel and retry"
_SUSPENDED: Final = "PAUSED"
_BY_ITSELF: Final[Mapping[Way, Any]] = {
    Way.SETTINGS: {"server": {"analytics_enabled": False, "ui": {"show_promotional_content": False}}},
    Way.LOOKS_WELL: {"valid": True, "errors": []},
}
"""What the door answers by itself: the UI is told to send nothing to anybody, and to advertise nothing."""
_HOW: Final = ("job_variables", "infrastructure_document_id", "infra_overrides")
_ENDED: Final = frozenset({"FAILED", "CRASHED", "CANCELLED", "COMPLETED"})


class Refused(Exception):  # an answer, not an error
    """What is not done; the status and the sentence that the caller gets."""

    def __init__(self, status: int, why: str) -> None:
        """Keep both."""
        self.status = status
        self.why = why
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: an operator with roles, or a worker."""

    name: str
    roles: frozenset[str]
    is_person: bool


class Calls:
    """Answers calls to the API."""

    def __init__(self, door: PrefectDoor, upstream: Upstream) -> None:
        """Keep the house and the server."""
        self._door = door
        self._upstream = upstream
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def person(self, name: str) -> Caller:
        """An operator who signed in."""
        roles = await run_in_threadpool(self._door.roles, name)
        return Caller(name, frozenset(roles), is_person=True)

    async def worker(self, authorization: str) -> Caller | None:
        """The worker whose key a call shows; None for no key of a worker."""
        key = _key_in(authorization)
        name = await run_in_threadpool(self._door.worker, key) if key else None
        return None if name is None else Caller(name, frozenset(), is_person=False)

    async def page(self, call: Request) -> Response:
        """A page, a script or a picture of the UI.

        Raises:
            Refused: when its address is odd: the server must not read another one than we do.
        """
        if not is_plain(call.url.path):
            raise Refused(404, "there is no such page")
        if call.url.path.rstrip("/").endswith("/ui-settings"):
            return await self._ui_settings(call)
        query = f"?{call.url.query}" if call.url.query else ""
        path = quote(call.url.path, safe="/")
        return await self._upstream.stream(call.method, path + query, headers=call.headers)

    async def answer(self, call: Request, who: Caller) -> tuple[Response, bool]:
        """The answer to an operator's call of the API, and whether something was done.

        Raises:
            Refused: when who calls may not, or not so.
            AnswerRefused, RequestInvalid: see :class:`PrefectDoor`.
            SystemUnavailable: when the server is away.
        """
        found = route_of(call.method, call.url.path.removeprefix("/api"), PEOPLE)
        if found is None or not who.roles & set(found.line.roles):
            raise Refused(403, f"the door does not let this through; what may be done here is to {_WHAT_MAY_BE}")
        body = await _body(call, found)
        if (told := _BY_ITSELF.get(found.line.way)) is not None:
            return JSONResponse(told), False
        match found.line.way:
            case Way.FORM:
                return await self._form(found), False
            case Way.ANSWER if isinstance(body, Answered):
                return await self._answer_gate(found, who, body), True
            case Way.START if isinstance(body, Order):
                return await self._start(found, who, body), True
            case Way.CHANGE if isinstance(body, Change):
                return await self._change(found, who, body), True
            case _:
                return await self._read(call, found, body), False

    async def work(self, call: Request) -> Response:
        """The answer to a worker's call, as it is; who starts a flow says nothing of how it is started.

        Raises:
            Refused: when the key does not open this.
            SystemUnavailable: when the server is away.
        """
        found = route_of(call.method, call.url.path.removeprefix("/api"), WORKERS)
        if found is None:
            raise Refused(403, "the key of a worker does not open this")
        raw = await _raw(call)
        if found.line.way is Way.WORK_START and not _starts_plainly(raw):
            raise Refused(403, "a worker starts flows as their deployments say")
        return await self._upstream.work(call.method, found.target, call, raw)

    async def _read(self, call: Request, found: Found, body: BaseModel | None) -> Response:
        query = {name: call.query_params[name] for name in found.line.query if name in call.query_params}
        asked = f"?{urlencode(query)}" if query else ""
        sent = None if body is None else body.model_dump(mode="json", exclude_unset=True)
        if found.target.endswith("/logs/download"):
            return await self._upstream.stream("GET", f"/api{found.target}", headers=call.headers)
        answer = await self._upstream.ask(call.method, found.target, headers=call.headers, sent=sent, query=asked)
        return await run_in_threadpool(answered, answer)

    async def _ui_settings(self, call: Request) -> Response:
        """What the UI asks first: its API is behind this door, and asks for no password."""
        answer = await self._upstream.ask("GET", call.url.path, below="")
        if not answer.is_success:
            raise Refused(503, "the Prefect server is busy. Try again")
        return JSONResponse({**answer.json(), "api_url": "/api", "auth": None, "csrf_enabled": False})

    async def _form(self, found: Found) -> Response:
        run = await self._one(f"/flow_runs/{found.values['id']}")
        waits, part = _suspended(run), found.values["key"].rpartition("-")[2]
        if found.values["key"] != f"{waits.form}-{part}" or part not in {"schema", "description"}:
            raise Refused(403, "this run does not show that form; answers are shown to nobody")
        form = await run_in_threadpool(self._door.form, waits)
        # As JSON also the description: Prefect sends it as bare text, which its V2 UI cannot read and leaves out.
        return JSONResponse(form.description if part == "description" else form.schema)

    async def _answer_gate(self, found: Found, who: Caller, body: Answered) -> Response:
        """Take an answer, then let the run go on; what is refused moves nothing."""
        path = f"/flow_runs/{found.values['id']}"
        async with self._turns[path]:
            run = await self._one(path)
            await run_in_threadpool(self._door.answer, _suspended(run), who.name, body.run_input)
            accepted = JSONResponse({"state": run["state"], "status": "ACCEPT", "details": _ACCEPTED})
            try:
                return await self._let_go_on(path) or accepted
            except (Refused, SystemUnavailable):
                return accepted  # it is recorded; the watch lets the run go on

    async def _let_go_on(self, path: str) -> Response | None:
        """Have a suspended run scheduled; None where somebody did so meanwhile: it finds the answer."""
        if (await self._one(path))["state_type"] != _SUSPENDED:
            return None
        order = {"state": {"type": "SCHEDULED", "name": "Resuming"}, "force": True}
        return answered(await self._upstream.ask("POST", f"{path}/set_state", sent=order))

    async def _start(self, found: Found, who: Caller, body: Order) -> Response:
        deployment = await self._one(f"/deployments/{found.values['id']}")
        deployed = await self._deployed(deployment)
        if body.work_queue_name not in {None, "", deployment.get("work_queue_name")}:
            raise Refused(403, "the door chooses the queue")
        await run_in_threadpool(self._door.require_use, deployed, who.name)
        parameters = await run_in_threadpool(self._door.checked, deployed, body.parameters)
        await run_in_threadpool(self._door.note, who.name, f"start {deployed.name}", "")
        flow, known = await run_in_threadpool(self._door.registered, deployed, parameters)
        if flow != deployed.name:
            deployment = await self._one(f"/deployments/name/{flow}/{flow}")
        order: dict[str, Any] = {"parameters": known, "tags": [f"by:{who.name}"], "enforce_parameter_schema": True}
        if name := self._door.run_name(deployed, known):
            order["name"] = name
        if known is not parameters:
            order["idempotency_key"] = f"{name}:0"  # that of the outbox, which starts new cases too
        if body.scheduled_time:
            order["state"] = {"type": "SCHEDULED", "state_details": {"scheduled_time": body.scheduled_time}}
        path = f"/deployments/{deployment['id']}/create_flow_run"
        return answered(await self._upstream.ask("POST", path, sent=order))

    async def _change(self, found: Found, who: Caller, body: Change) -> Response:
        path = f"/flow_runs/{found.values['id']}"
        run = await self._one(path)
        if not run.get("deployment_id"):
            raise Refused(403, "this run is of no deployment of ours")
        deployed = await self._deployed(await self._one(f"/deployments/{run['deployment_id']}"))
        is_retry = body.state.is_retry
        if is_retry and run["state_type"] not in _ENDED:
            raise Refused(409, "a run is tried again once it has ended")
        if not is_retry and run["state_type"] in _ENDED:
            raise Refused(409, "this run has ended already")
        await run_in_threadpool(self._door.require_use, deployed, who.name)
        await run_in_threadpool(self._door.note, who.name, "retry run" if is_retry else "cancel run", str(run["name"]))
        state = {"type": "SCHEDULED", "name": "AwaitingRetry"} if is_retry else {"type": "CANCELLING"}
        order = {"state": {**state, "message": f"asked for by {who.name}"}, "force": is_retry}
        return answered(await self._upstream.ask("POST", f"{path}/set_state", sent=order))

    async def _deployed(self, deployment: Mapping[str, Any]) -> DeployedFlow:
        flow = await self._one(f"/flows/{deployment['flow_id']}")
        entrypoint, pool = str(deployment.get("entrypoint") or ""), str(deployment.get("work_pool_name") or "")
        return DeployedFlow(flow["name"], deployment["name"], entrypoint, pool)

    async def _one(self, path: str) -> dict[str, Any]:
        """A thing of the server's.

        Raises:
            Refused: when there is none.
        """
        answer = await self._upstream.ask("GET", path)
        if answer.status_code == httpx.codes.NOT_FOUND:
            raise Refused(404, "there is no such thing")
        if not answer.is_success:
            raise Refused(503, "the Prefect server is busy. Try again")
        return dict(answer.json())


_ACCEPTED: Final = {"type": "accept_details"}


def _suspended(run: Mapping[str, Any]) -> SuspendedRun:
    """The form that a run shows.

    Raises:
        Refused: when it waits for nobody.
    """
    state = run.get("state") or {}
    keys = (state.get("state_details") or {}).get("run_input_keyset") or {}
    if run.get("state_type") != _SUSPENDED or not keys.get("schema"):
        raise Refused(409, "this run waits for nobody now. Load the page again")
    return SuspendedRun(str(run["name"]), str(keys["schema"]).removesuffix("-schema"))


async def _body(call: Request, found: Found) -> BaseModel | None:
    """What came with a call, as the line takes it.

    Raises:
        Refused: when it is too slow, no JSON, or holds what the line does not take.
    """
    raw = await _raw(call)
    if found.line.body is None:
        return None
    if not call.headers.get("content-type", "").startswith("application/json"):
        raise Refused(415, "the door reads JSON")
    try:
        return found.line.body.model_validate(json.loads(raw or b"{}"))
    except ValidationError as invalid:
        errors = invalid.errors(include_input=False, include_url=False, include_context=False)
        names = sorted({".".join(str(one) for one in error["loc"]) for error in errors})
        raise Refused(403, f"the door does not let this through: {', '.join(names)[:200]}") from None
    except (ValueError, RecursionError):
        raise Refused(400, "this is no JSON") from None


async def _raw(call: Request) -> bytes:
    """The bytes that came with a call.

    Raises:
        Refused: when they come too slowly.
    """
    try:
        return await asyncio.wait_for(call.body(), _BODY_SECONDS)
    except TimeoutError:
        raise Refused(408, "this came too slowly") from None


def _starts_plainly(raw: bytes) -> bool:
    """Whether an order to start a flow leaves how it is started to its deployment."""
    try:
        order = json.loads(raw or b"{}")
    except (ValueError, RecursionError):
        return False
    return isinstance(order, dict) and not any(order.get(name) for name in _HOW)


def _key_in(authorization: str) -> str:
    """The key that a call shows: a bearer token, or the password of a pair as Prefect's own clients send it."""
    kind, _, said = authorization.partition(" ")
    if kind.lower() == "bearer":
        return said.strip()
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(said, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
