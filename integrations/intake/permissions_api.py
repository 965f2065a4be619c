"""The API for programs that process data: may they use these keys, or share them (charter 2.4)?

Keys travel in the body alone, never in an address, and nothing of a body is logged or repeated in an error. There is no
list to fetch: only questions about keys that the caller has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Protocol

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field

from data_contracts.case.permissions import RestrictedUse
from data_contracts.errors import RightsflowError, SettingsInvalid, TransientError, VaultSealed

MAY_PROCESS: Final = "may-process"
MAY_SHARE: Final = "may-share"
SCOPES: Final = (MAY_PROCESS, MAY_SHARE)
_MOST_KEYS = 1000


@dataclass(frozen=True, slots=True)
class AskedOverHttp:
    """A question as it came in."""

    purpose: str
    recipient: str
    use: RestrictedUse | None
    keys: Sequence[tuple[str, str]] = field(repr=False)


class Gatekeeper(Protocol):
    """Who answers, and who may ask."""

    def may_ask(self, api_key: str, scope: str) -> bool | None:
        """Whether a key may ask this; None for one that nobody knows or that is no longer in force."""

    def answers(self, asked: AskedOverHttp) -> list[tuple[bool, str]]:
        """Yes or no and the code of why, for each key in order."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class Key(_Body):
    """An identity key of one data subject."""

    kind: str = Field(max_length=60, examples=["email"])
    value: str = Field(max_length=400, repr=False, examples=["ana@example.org"])


class Use(_Body):
    """May the data of each key be processed for the purpose?"""

    purpose: str = Field(max_length=60, examples=["prospecting"])
    keys: list[Key] = Field(min_length=1, max_length=_MOST_KEYS, repr=False)
    restricted_use: RestrictedUse | None = None
    """Art. 18(2): which use of restricted data this is."""


class Share(Use):
    """May the data of each key go to the recipient for the purpose?"""

    recipient: str = Field(min_length=1, max_length=60, examples=["energypart"])


class Said(_Body):
    """The answer about one key."""

    may: bool
    reason: str


class Answers(_Body):
    """The answers, in the order of the keys."""

    answers: list[Said]


class Told(_Body):
    """What failed, where, and the remedy."""

    what: str
    where: str = ""
    remedy: str = ""
    kind: str


class Failed(_Body):
    """An error."""

    error: Told


class _RefusedCall(Exception):  # says what happened to the call
    def __init__(self, status: int, told: Told) -> None:
        super().__init__(told.what)
        self.status, self.told = status, told


_ERRORS: dict[int | str, dict[str, Any]] = {status: {"model": Failed} for status in (401, 403, 422, 503)}
_BEARER = HTTPBearer(auto_error=False, description="A key made with `rightsflow api-key add`.")


def permissions_app(gatekeeper: Gatekeeper) -> FastAPI:
    """The application; see ``/docs`` of the running server for its description."""
    app = FastAPI(
        title="Rightsflow: may these data be used?",
        version="1",
        description="Ask before data are used or shared. Up to 1000 keys a call.",
    )

    @app.post(f"/v1/{MAY_PROCESS}", responses=_ERRORS, dependencies=[Depends(_scope(gatekeeper, MAY_PROCESS))])
    def may_process(body: Use) -> Answers:
        """Whether the data of each key may be processed for a purpose, and why."""
        return _answered(gatekeeper, body, "")

    @app.post(f"/v1/{MAY_SHARE}", responses=_ERRORS, dependencies=[Depends(_scope(gatekeeper, MAY_SHARE))])
    def may_share(body: Share) -> Answers:
        """Whether the data of each key may go to a recipient for a purpose, and why."""
        return _answered(gatekeeper, body, body.recipient)

    app.add_exception_handler(_RefusedCall, _tell_refused)
    app.add_exception_handler(RequestValidationError, _tell_unreadable)
    app.add_exception_handler(RightsflowError, _tell_ours)
    return app


def _answered(gatekeeper: Gatekeeper, body: Use, recipient: str) -> Answers:
    keys = [(key.kind, key.value) for key in body.keys]
    said = gatekeeper.answers(AskedOverHttp(body.purpose, recipient, body.restricted_use, keys))
    return Answers(answers=[Said(may=may, reason=reason) for may, reason in said])


def _scope(gatekeeper: Gatekeeper, scope: str) -> Callable[..., None]:
    def check(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> None:
        allowed = gatekeeper.may_ask(given.credentials, scope) if given else None
        if allowed is None:
            remedy = "send a key in force as 'Authorization: Bearer KEY'"
            raise _RefusedCall(401, Told(what="no key that is known came with the call", remedy=remedy, kind="Unknown"))
        if not allowed:
            remedy = f"ask for a key with the scope {scope}"
            raise _RefusedCall(403, Told(what="the key may not ask this", where=scope, remedy=remedy, kind="Forbidden"))

    return check


def _failed(status: int, told: Told) -> JSONResponse:
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None  # noqa: PLR2004  # RFC 9110, 11.6.1
    return JSONResponse(Failed(error=told).model_dump(), status_code=status, headers=headers)


def _tell_refused(_call: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, _RefusedCall)  # noqa: S101  # registered for this class
    return _failed(error.status, error.told)


def _tell_unreadable(_call: Request, error: Exception) -> JSONResponse:
    """Which fields are wrong; what they held is not repeated."""
    assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for this class
    where = sorted({".".join(str(part) for part in one["loc"] if part != "body") for one in error.errors()})
    remedy = "correct these fields; /docs says what they take"
    return _failed(422, Told(what="the body cannot be read", where=", ".join(where), remedy=remedy, kind="Unreadable"))


def _tell_ours(_call: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RightsflowError)  # noqa: S101  # registered for this class
    told = Told(what=error.what, where=error.where, remedy=error.remedy, kind=type(error).__name__)
    is_ours = isinstance(error, (TransientError, SettingsInvalid, VaultSealed))
    return _failed(503 if is_ours else 422, told)
