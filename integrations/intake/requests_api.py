"""The API for programs that make requests for people: open, look, withdraw, be told (charter P3, 5.2).

A program sees the cases it opened, and no other: somebody else's is answered like one that is not there. Identity
is proven afterwards as everybody's is. Nothing of a body stands in an error; nothing personal stands in an answer.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Any, Final, Protocol

from fastapi import Depends, FastAPI, Header, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from data_contracts.case.request import Statement
from data_contracts.doors.pages import CaseStatus, Submitted
from data_contracts.errors import RequestInvalid, RightsflowError, TransientError
from data_contracts.vocabulary import CaseState, Channel, Right
from integrations.intake.bearer import OPEN, READ, WITHDRAW, KeysDoor, client_of
from integrations.intake.permissions_api import Failed, Told

WEBHOOKS: Final = "webhooks"
REQUEST_SCOPES: Final = (OPEN, READ, WITHDRAW, WEBHOOKS)
_PAGE: Final = 100


class RequestsDoor(KeysDoor, Protocol):
    """What the API needs of the rest of the house; ``flows/doors/api.py`` gives it."""

    def open(self, client: str, submitted: Submitted, fingerprint: str) -> tuple[CaseStatus, bool]:
        """The case of a request, and whether it was opened now.

        Raises:
            RequestInvalid: when it cannot be registered.
            KeyUsed: when its key was used for another request.
        """

    def status(self, client: str, case_id: str) -> CaseStatus | None:
        """A case of the client's; None for any other."""

    def cases(self, client: str, after: str, limit: int) -> Sequence[CaseStatus]:
        """Cases of the client after that one, by name."""

    def withdraw(self, client: str, case_id: str) -> bool | None:
        """Take a request back; False where it is too late, None for a case that is not the client's."""

    def put_webhook(self, client: str, name: str, url: str, states: Sequence[str]) -> str:
        """Have an address told of the client's cases; the secret that calls are signed with, shown once.

        Raises:
            RequestInvalid: when the address must not be called, or the name is another client's.
        """

    def end_webhook(self, client: str, name: str) -> bool:
        """End a subscription; False where the client has none of that name."""


class KeyUsed(Exception):  # says what happened
    """An idempotency key came with another request than before."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


_Line = Annotated[str, Field(min_length=1, max_length=254)]


_Kind = Annotated[str, Field(max_length=60)]
_Values = Annotated[list[_Line], Field(min_length=1, max_length=5)]


class NewRequest(_Body):
    """A request of a data subject, made through a program."""

    right: Right
    identity: dict[Annotated[str, Field(max_length=60)], Annotated[list[_Line], Field(min_length=1, max_length=5)]] = (
        Field(min_length=1, max_length=10, repr=False, examples=[{"email": ["ana@example.org"]}])
    )
    """Keys that lead to the data subject, by kind."""
    name: str = Field(default="", max_length=200, repr=False)
    reply_to: str = Field(default="", max_length=254, repr=False)
    language: str = Field(default="fr", max_length=5, examples=["fr"])
    details: str = Field(default="", max_length=20_000, repr=False)
    statement: Statement = Field(default_factory=Statement, repr=False)


class Step(_Body):
    """One thing that happened."""

    on: date
    state: CaseState


class RequestStatus(_Body):
    """Where a request stands; no personal data."""

    case_id: str
    right: Right
    state: CaseState
    received_on: date
    response_due: date | None
    """None while the clock stands still because a proof of identity is awaited."""
    is_extended: bool
    awaits: str
    outcome: str
    reasons: list[str]
    may_withdraw: bool
    steps: list[Step]


class RequestList(_Body):
    """A page of requests."""

    requests: list[RequestStatus]
    next: str = ""
    """What to give as ``after`` for the next page; empty: this is the last one."""


class NewWebhook(_Body):
    """An address to be told."""

    url: str = Field(max_length=2_000, examples=["https://hooks.example.org/rights"])
    states: list[CaseState] = Field(default_factory=list, max_length=30)
    """States to hear of; empty: all."""


class WebhookSecret(_Body):
    """A subscription; the secret is shown once."""

    name: str
    secret: str


_NAME = Annotated[str, Path(pattern=r"^[a-z0-9-]{1,40}$")]
_CASE = Annotated[str, Path(pattern=r"^[A-Z0-9-]{1,40}$")]
_KEY = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[!-~]{1,255}$")]
_BEARER = HTTPBearer(auto_error=False, description="A key made with `rightsflow api-key add`.")


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Failed} for status in (400, 401, 403, 422, 429, 503, *statuses)}


def requests_api(door: RequestsDoor) -> FastAPI:
    """The application; see ``/docs`` of the running server for its description."""
    app = FastAPI(
        title="Rightsflow: requests",
        version="1",
        description="Make requests for people, see where they stand, be told of changes. Every call needs a key.",
    )
    _add_requests(app, door)
    _add_webhooks(app, door)
    app.add_exception_handler(HTTPException, _tell_refused)
    app.add_exception_handler(RequestValidationError, _tell_unreadable)
    app.add_exception_handler(RightsflowError, _tell_ours)
    app.add_exception_handler(KeyUsed, _tell_used)
    return app


def _add_requests(app: FastAPI, door: RequestsDoor) -> None:
    @app.post("/v1/requests", status_code=201, responses={200: {"model": RequestStatus}, **_errors(409)})
    def open_request(
        call: Request, body: NewRequest, key: _KEY, client: Annotated[str, Depends(_client(door, OPEN))]
    ) -> JSONResponse:
        """Register a request, durably, before this answers; the same key and body give the same request."""
        status, is_new = door.open(client, _submitted(client, key, body), body.model_dump_json())
        del call
        return JSONResponse(_told(status).model_dump(mode="json"), status_code=201 if is_new else 200)

    @app.get("/v1/requests", responses=_errors())
    def list_requests(
        client: Annotated[str, Depends(_client(door, READ))],
        after: Annotated[str, Query(pattern=r"^[A-Z0-9-]{0,40}$")] = "",
    ) -> RequestList:
        """Requests that this key opened, by reference."""
        found = [_told(status) for status in door.cases(client, after, _PAGE)]
        return RequestList(requests=found, next=found[-1].case_id if len(found) == _PAGE else "")

    @app.get("/v1/requests/{case_id}", responses=_errors(404))
    def look(case_id: _CASE, client: Annotated[str, Depends(_client(door, READ))]) -> RequestStatus:
        """Where a request stands."""
        status = door.status(client, case_id)
        if status is None:
            raise HTTPException(404)
        return _told(status)

    @app.post("/v1/requests/{case_id}/withdrawal", responses=_errors(404, 409))
    def withdraw(case_id: _CASE, client: Annotated[str, Depends(_client(door, WITHDRAW))]) -> RequestStatus:
        """Take a request back, as long as nobody was proven to have made it."""
        is_done = door.withdraw(client, case_id)
        status = door.status(client, case_id)
        if is_done is None or status is None:
            raise HTTPException(404)
        if not is_done:
            raise HTTPException(409)
        return _told(status)


def _add_webhooks(app: FastAPI, door: RequestsDoor) -> None:
    @app.put("/v1/webhooks/{name}", responses=_errors())
    def put_webhook(
        name: _NAME, body: NewWebhook, client: Annotated[str, Depends(_client(door, WEBHOOKS))]
    ) -> WebhookSecret:
        """Have an address told of this key's requests; an older subscription of that name ends."""
        return WebhookSecret(name=name, secret=door.put_webhook(client, name, body.url, [s.value for s in body.states]))

    @app.delete("/v1/webhooks/{name}", status_code=204, responses=_errors(404))
    def end_webhook(name: _NAME, client: Annotated[str, Depends(_client(door, WEBHOOKS))]) -> None:
        """End a subscription."""
        if not door.end_webhook(client, name):
            raise HTTPException(404)


def _client(door: RequestsDoor, scope: str) -> Callable[..., str]:
    def known(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> str:
        return client_of(door, given.credentials if given else "", scope)

    return known


def _submitted(client: str, key: str, body: NewRequest) -> Submitted:
    return Submitted(
        right=body.right,
        channel=Channel.API,
        language=body.language,
        key=f"{client}:{key}",
        identity=body.identity,
        name=body.name,
        reply_to=body.reply_to,
        details=body.details,
        statement=body.statement,
    )


def _told(status: CaseStatus) -> RequestStatus:
    return RequestStatus(
        case_id=status.case_id,
        right=status.right,
        state=status.state,
        received_on=status.received_on,
        response_due=status.response_due,
        is_extended=status.is_extended,
        awaits=status.awaits,
        outcome=status.outcome,
        reasons=list(status.reasons),
        may_withdraw=status.may_withdraw,
        steps=[Step(on=step.on, state=step.state) for step in status.steps],
    )


_WORDS: Final = {
    400: Told(what="the call cannot be read", remedy="see /docs", kind="Unreadable"),
    401: Told(what="no key in force came with the call", remedy="send 'Authorization: Bearer KEY'", kind="Unknown"),
    403: Told(what="the key may not do this", remedy="ask for a key with the scope that /docs names", kind="Forbidden"),
    404: Told(what="there is no such thing of yours", remedy="list what is yours", kind="NotFound"),
    405: Told(what="this cannot be done here", remedy="see /docs", kind="NotAllowed"),
    409: Told(what="it is too late for this, or it was done before", remedy="look where it stands", kind="Conflict"),
    429: Told(what="too many calls", remedy="wait as Retry-After says", kind="TooOften"),
}


def _failed(status: int, told: Told, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(Failed(error=told).model_dump(), status_code=status, headers=headers)


def _tell_refused(_call: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101  # registered for this class
    return _failed(error.status_code, _WORDS.get(error.status_code, _WORDS[400]), dict(error.headers or {}))


def _tell_unreadable(_call: Request, error: Exception) -> JSONResponse:
    """Which fields are wrong; what they held is not repeated."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class
    where = sorted({".".join(str(part) for part in one["loc"][:2] if part != "body") for one in error.errors()})
    return _failed(
        422, Told(what="fields are wrong", where=", ".join(where)[:500], remedy="see /docs", kind="Unreadable")
    )


def _tell_ours(_call: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RightsflowError)  # noqa: S101  # registered for this class
    told = Told(what=error.what, where=error.where, remedy=error.remedy, kind=type(error).__name__)
    if isinstance(error, TransientError):
        return _failed(503, told)
    return _failed(422 if isinstance(error, RequestInvalid) else 503, told)


def _tell_used(_call: Request, _error: Exception) -> JSONResponse:
    told = Told(what="this key came with another request before", remedy="make a new Idempotency-Key", kind="Conflict")
    return _failed(409, told)
