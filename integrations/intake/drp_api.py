"""The Data Rights Protocol's door for authorised agents: signed requests, their status, and taking them back.

An agent signs each message with the key that an operator entered, and shows the token of its pair-wise set-up. Each
message is for us alone, and for the time that it names. What an agent attests about somebody is no proof to us:
identity is proven as everybody's is, and answers go to the person.

Source: Data Rights Protocol, sections 2.01 to 2.06 and 3.07; RFC 8032 (Ed25519).
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from fastapi import FastAPI, Path, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from data_contracts.case.origins import Agent
from data_contracts.errors import RequestInvalid, RightsflowError, SettingsInvalid, TransientError, VaultSealed
from integrations.intake.bearer import Counter, bearer_of, is_too_often
from integrations.intake.web.limiting import Limit, Limiter, caller

_SIGNATURE: Final = 64
_LONGEST: Final = timedelta(days=1)
_LEEWAY: Final = timedelta(minutes=1)
_VERSIONS: Final = ("0.9", "1.")
_LONGEST_VALUE: Final = 254
_UNSIGNED: Final = Limit("drp unsigned", 60, timedelta(minutes=10))
"""Calls for one agent from one address that the agent did not sign."""
_ID = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,60}$")]


@dataclass(frozen=True, slots=True)
class AgentRequest:
    """A request that an agent makes for somebody.

    Attributes:
        fingerprint: of the signed message: sent again it is the same request.
        action: the rights action, such as ``deletion``.
        callback: address that the agent wants to be told at; empty for none.
    """

    fingerprint: str
    action: str
    identity: Mapping[str, str] = field(repr=False)
    name: str = field(repr=False)
    agent_request_id: str
    callback: str


class AgentsDoor(Counter, Protocol):
    """What the door needs of the rest of the house; ``flows/doors/drp.py`` gives it."""

    business_id: str
    """What the network calls us."""

    def agent(self, agent_id: str) -> Agent | None:
        """The agent of that id, in force."""

    def agent_of(self, token: str) -> Agent | None:
        """The agent that a token was given to."""

    def give_token(self, agent_id: str) -> str:
        """A new token for an agent; the older one ends."""

    def open(self, agent: Agent, request: AgentRequest) -> Mapping[str, str]:
        """The exercise status of a request, registered durably.

        Raises:
            RequestInvalid: when it cannot be registered, or its callback must not be called.
        """

    def status(self, agent: Agent, request_id: str) -> Mapping[str, str] | None:
        """The exercise status of a request of that agent's; None for any other."""

    def revoke(self, agent: Agent, request_id: str) -> bool | None:
        """Take a request back; False where it is too late, None for one that is not the agent's."""


@dataclass(frozen=True, slots=True)
class _Gate:
    """Lets agents in: what fails counts for the caller, what an agent signed for the agent."""

    door: AgentsDoor
    limits: Limiter

    def opened(self, agent: Agent, who: str, body: bytes) -> Mapping[str, Any]:
        """What an agent signed; 403 where it did not, 429 for too many calls."""
        counted = f"{who}|{agent.agent_id}"
        self.limits.take(_UNSIGNED, counted)  # before it is looked at: only who fails is shut out
        said = _opened(agent, body)
        self.limits.give_back(_UNSIGNED, counted)
        if is_too_often(self.door, f"drp:{agent.agent_id}"):
            raise HTTPException(429)
        return said


def drp_api(door: AgentsDoor, *, key: bytes) -> FastAPI:
    """The application; ``key`` makes digests of callers."""
    gate = _Gate(door, Limiter(door, key))
    app = FastAPI(title="Rightsflow: Data Rights Protocol", version="1", docs_url=None, redoc_url=None)

    @app.post("/v1/agent/{agent_id}")
    async def set_up(call: Request, agent_id: _ID) -> Response:
        """Give the agent who signs a token (pair-wise key set-up)."""
        body = await call.body()
        return await run_in_threadpool(_set_up, gate, caller(call), agent_id, body)

    @app.get("/v1/agent/{agent_id}")
    def look(call: Request, agent_id: _ID) -> Response:
        """Tell an agent whether its token is in force."""
        if _looking(door, call).agent_id != agent_id:
            raise HTTPException(403)
        return JSONResponse({})

    @app.post("/v1/data-rights-request")
    @app.post("/v1/data-rights-request/", include_in_schema=False)
    async def exercise(call: Request) -> Response:
        """Take a request in."""
        body = await call.body()
        return await run_in_threadpool(_exercised, gate, call, body)

    @app.get("/v1/data-rights-request/{request_id}")
    def status(call: Request, request_id: _ID) -> Response:
        """Where a request stands."""
        found = door.status(_looking(door, call), request_id)
        if found is None:
            raise HTTPException(403)
        return JSONResponse(dict(found))

    @app.delete("/v1/data-rights-request/{request_id}")
    async def revoke(call: Request, request_id: _ID) -> Response:
        """Take a request back."""
        body = await call.body()
        return await run_in_threadpool(_revoked, gate, call, request_id, body)

    return _answering_errors(app)


def _answering_errors(app: FastAPI) -> FastAPI:
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RightsflowError, _tell_ours)
    return app


def _set_up(gate: _Gate, who: str, agent_id: str, body: bytes) -> Response:
    agent = gate.door.agent(agent_id)
    if agent is None:
        raise HTTPException(403)
    said = gate.opened(agent, who, body)
    if _why_not(gate.door, agent, said):
        raise HTTPException(403)
    return JSONResponse({"agent-id": agent_id, "token": gate.door.give_token(agent_id)})


def _exercised(gate: _Gate, call: Request, body: bytes) -> Response:
    agent = _agent(gate.door, call)
    said = gate.opened(agent, caller(call), body)
    if why := _why_not(gate.door, agent, said):
        return _fatal(why)
    return JSONResponse(dict(gate.door.open(agent, _request(said, body))))


def _revoked(gate: _Gate, call: Request, request_id: str, body: bytes) -> Response:
    agent = _agent(gate.door, call)
    said = gate.opened(agent, caller(call), body)
    if why := _why_not(gate.door, agent, said) or _why_no_revocation(said, request_id):
        return _fatal(why)
    done = gate.door.revoke(agent, request_id)
    found = gate.door.status(agent, request_id)
    if done is None or found is None:
        raise HTTPException(403)
    return JSONResponse(dict(found)) if done else _fatal("too_late")


def _agent(door: AgentsDoor, call: Request) -> Agent:
    """The agent whose token came with a call; 401 for none."""
    token = bearer_of(call)
    agent = door.agent_of(token) if token else None
    if agent is None:
        raise HTTPException(401)
    return agent


def _looking(door: AgentsDoor, call: Request) -> Agent:
    """The agent whose token came with a call that nothing is signed in; 429 for too many of these."""
    agent = _agent(door, call)
    if is_too_often(door, f"drp look:{agent.agent_id}"):
        raise HTTPException(429)
    return agent


def _opened(agent: Agent, body: bytes) -> Mapping[str, Any]:
    """What an agent signed; 403 where it did not."""
    try:
        signed = base64.b64decode(body.strip(), validate=True)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(agent.verify_key))
        key.verify(signed[:_SIGNATURE], signed[_SIGNATURE:])
        said = json.loads(signed[_SIGNATURE:])
    except (binascii.Error, InvalidSignature, ValueError, RecursionError):
        raise HTTPException(403) from None
    if not isinstance(said, dict):
        raise HTTPException(403)
    return said


def _why_not(door: AgentsDoor, agent: Agent, said: Mapping[str, Any]) -> str:
    """Why a message that its agent signed is not taken, as a code; empty when it is."""
    if said.get("agent-id") != agent.agent_id or said.get("business-id") != door.business_id:
        return "not_for_us"
    if not str(said.get("drp.version", "1.0")).startswith(_VERSIONS):
        return "version"
    issued, expires, now = _moment(said.get("issued-at")), _moment(said.get("expires-at")), datetime.now(UTC)
    if issued is None or expires is None or issued > now + _LEEWAY or expires - issued > _LONGEST:
        return "time"
    return "expired" if expires <= now else ""


def _why_no_revocation(said: Mapping[str, Any], request_id: str) -> str:
    """Why a signed message takes no request back: one that asks for something was recorded, or it is about another."""
    return "not_this_request" if "exercise" in said or said.get("request_id", request_id) != request_id else ""


def _request(said: Mapping[str, Any], body: bytes) -> AgentRequest:
    return AgentRequest(
        fingerprint=hashlib.sha256(base64.b64decode(body.strip())).hexdigest(),
        action=_text(said, "exercise"),
        identity={kind: value for kind, name in _CLAIMS.items() if (value := _text(said, name))},
        name=_text(said, "name"),
        agent_request_id=_text(said, "agent-request-id"),
        callback=str(said.get("status_callback") or ""),
    )


_CLAIMS: Final = {"email": "email", "phone": "phone_number"}


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return " ".join(value.split())[:_LONGEST_VALUE] if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _fatal(code: str, message: str = "") -> JSONResponse:
    told = {"code": code, "message": message or "the request is not taken", "fatal": True}
    return JSONResponse(told, status_code=400)


def _refused(_call: Request, error: Exception) -> Response:
    """Refused without a word, as section 2.05.1 has it."""
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class
    return Response(status_code=error.status_code)


def _tell_ours(_call: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RightsflowError)  # noqa: S101  # registered for this class
    if isinstance(error, (TransientError, SettingsInvalid, VaultSealed)):
        return JSONResponse({"code": "later", "message": error.what, "fatal": False}, status_code=503)
    return _fatal("invalid" if isinstance(error, RequestInvalid) else "other", f"{error.what}. {error.remedy}")
