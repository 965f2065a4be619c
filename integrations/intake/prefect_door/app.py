"""The door in front of the Prefect UI and API as an application: who asks, what they may, and nothing else.

The order, for every call:

1. the host is one of ours, and a browser was not made to call by another site;
2. who calls: an operator by the cookie of the sign-in, which the desk has too; else a worker by its key;
3. the table of who calls has a line for method and path, else 403 with a sentence in the shape that the UI shows;
4. the body is one that the line takes;
5. what changes something is written anew by the door: no word of a caller decides how or where a flow runs.

An answer to a gate is checked, recorded and signed by the house before Prefect hears anything. Prefect is told to go
on, and neither code nor decision.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from data_contracts.errors import AnswerRefused, RequestInvalid, RightsflowError, SystemUnavailable
from integrations.intake.desk.deciding import add_deciding
from integrations.intake.desk.door import DeskDoor
from integrations.intake.desk.passkeys import add_passkeys
from integrations.intake.desk.signing_in import WANTED, add_signing_in
from integrations.intake.desk.sitting import Desk
from integrations.intake.prefect_door.calls import Caller, Calls, Refused
from integrations.intake.prefect_door.door import PrefectDoor
from integrations.intake.prefect_door.sockets import EVENTS_IN, take_events
from integrations.intake.prefect_door.upstream import PrefectServer, Upstream
from integrations.intake.web.cookies import Visit, comes_from_elsewhere
from integrations.intake.web.protection import Protected

_LARGEST_BODY: Final = 512 * 1024
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_EVERY_METHOD: Final = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_READING: Final = frozenset({"GET", "HEAD"})
_CSP: Final = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; connect-src 'self'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; manifest-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Scripts of the UI alone, and nothing sent anywhere else; its components set styles as they are drawn."""


@dataclass(frozen=True, slots=True)
class Doors:
    """Both sides of the house that the door asks: who operators are, and what Prefect's runs are about."""

    desk: DeskDoor
    prefect: PrefectDoor


def prefect_app(doors: Doors, server: PrefectServer, *, key: bytes, address: str) -> Protected:
    """The door.

    Args:
        doors: of the house.
        server: behind the door.
        key: that cookies are signed with.
        address: that people open, ``https://prefect.example``; empty: on this machine alone.
    """
    is_https = address.startswith("https:")
    front = Desk(doors.desk, key=key, is_https=is_https, address=address)
    upstream = Upstream(server)

    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await upstream.close()

    app = FastAPI(title="Rightsflow: Prefect", docs_url=None, redoc_url=None, openapi_url=None, lifespan=living)
    front.add_styles(app)
    add_signing_in(app, front)
    add_passkeys(app, front)
    add_deciding(app, front)
    front.answer_errors(app)
    calls = Calls(doors.prefect, upstream)
    door = _Door(front, calls, address)

    @app.websocket(EVENTS_IN)
    async def events(socket: WebSocket) -> None:
        """Events of a worker elsewhere."""
        await take_events(socket, calls, server)

    @app.api_route("/{path:path}", methods=_EVERY_METHOD, include_in_schema=False)
    async def passed(call: Request) -> Response:
        """Whatever is no page of ours."""
        return await door.answer(call)

    return Protected(app, largest_body=_LARGEST_BODY, is_https=is_https)


class _Door:
    """Answers a call."""

    def __init__(self, front: Desk, calls: Calls, address: str) -> None:
        """Keep who signs people in, what answers calls to the API, and the address that people open."""
        self._front = front
        self._calls = calls
        self._address = urlsplit(address).netloc
        self._hosts = _LOCAL | ({_name_of(self._address)} if address else frozenset())

    async def answer(self, call: Request) -> Response:
        """The answer to a call, refused or not."""
        try:
            return await self._answer(call)
        except Refused as refused:
            return _said(refused.status, refused.why)
        except SystemUnavailable as away:
            return _said(503, f"{away.what}. {away.remedy}")
        except (AnswerRefused, RequestInvalid) as refused:
            return _said(422, _sentence(refused))
        except RightsflowError:
            return _said(503, "something is away just now. Try again")

    async def _answer(self, call: Request) -> Response:
        if _name_of(call.headers.get("host", "")) not in self._hosts:
            raise Refused(421, "this address is not ours")
        if comes_from_elsewhere(call) or not self._is_own_origin(call):
            raise Refused(403, "another site made this browser call")
        visit = self._front.seal.visit(call)
        who = await self._who(call, visit)
        path = call.url.path
        if path == "/api" or path.startswith("/api/"):
            return await self._api(call, who, visit)
        if who is None:
            return self._to_sign_in(call, visit)
        if call.method not in _READING or not who.is_person:
            raise Refused(403, "nothing is changed here")
        return await self._page(call, visit)

    async def _who(self, call: Request, visit: Visit) -> Caller | None:
        """Who calls: an operator who signed in, else a worker by its key; None for nobody."""
        try:
            name = await run_in_threadpool(self._front.operator, visit)
        except HTTPException:
            return await self._calls.worker(call.headers.get("authorization", ""))
        return await self._calls.person(name)

    def _is_own_origin(self, call: Request) -> bool:
        """Whether a call that names the page it comes from comes from one of ours."""
        origin = call.headers.get("origin")
        return origin is None or urlsplit(origin).netloc in {call.headers.get("host"), self._address} - {""}

    async def _api(self, call: Request, who: Caller | None, visit: Visit) -> Response:
        if who is None:
            raise Refused(401, "you are not signed in, or not any more. Load this page again")
        if not who.is_person:
            return await self._calls.work(call)
        answer, has_acted = await self._calls.answer(call, who)
        if has_acted:
            self._front.seal.keep(answer, visit)
        return answer

    async def _page(self, call: Request, visit: Visit) -> Response:
        """A page, a script or a picture of the UI; a page keeps the visit."""
        answer = await self._calls.page(call)
        answer.headers["Content-Security-Policy"] = _CSP
        answer.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if call.url.path.startswith(("/assets/", "/v2/assets/")) and answer.status_code == HTTPStatus.OK:
            answer.headers["Cache-Control"] = "private, max-age=86400"  # their names change with their content
        if _is_page(call):
            self._front.seal.keep(answer, visit)
        return answer

    def _to_sign_in(self, call: Request, visit: Visit) -> Response:
        if not _is_page(call):
            raise Refused(401, "you are not signed in, or not any more. Load this page again")
        answer = RedirectResponse("/sign-in", 303)
        wanted = call.url.path + (f"?{call.url.query}" if call.url.query else "")
        self._front.seal.keep(answer, visit.with_facts(**{WANTED: wanted[:500]}))
        return answer


def _is_page(call: Request) -> bool:
    """Whether somebody opens a page, by an address or a link."""
    return call.method == "GET" and "text/html" in call.headers.get("accept", "")


def _name_of(host: str) -> str:
    """A host without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()


def _said(status: int, why: str) -> Response:
    """A refusal in the shape that the UI shows."""
    return JSONResponse({"detail": f"{why[:1].upper()}{why[1:]}."}, status)


def _sentence(error: AnswerRefused | RequestInvalid) -> str:
    return f"{error.what}. {error.remedy[:1].upper()}{error.remedy[1:]}" if error.remedy else error.what
