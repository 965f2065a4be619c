"""Signing in with name, password and code, and out: the same pages and cookie for the desk and Prefect's door."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from data_contracts.errors import AnswerRefused
from integrations.intake.desk.sitting import Desk
from integrations.intake.web.cookies import Visit
from integrations.intake.web.limiting import Limit, caller

WANTED: Final = "wanted"
"""What the visit remembers: the page that somebody wanted before they signed in."""
_SIGN_IN: Final = Limit("desk", 20, timedelta(minutes=15))
"""Sign-ins that fail from one address, in whichever names."""


def add_signing_in(app: FastAPI, desk: Desk) -> None:
    """Let operators in and out, by pages of the application."""

    @app.get("/sign-in")
    def ask(call: Request) -> Response:
        """Where to sign in."""
        return desk.page(call, "sign_in.html.j2", fault=False)

    @app.post("/sign-in")
    async def sign_in(call: Request) -> Response:
        """Let an operator in."""
        _, fields = await desk.own_form(call)
        return await run_in_threadpool(_signed_in, desk, call, dict(fields))

    @app.post("/sign-out")
    async def sign_out(call: Request) -> Response:
        """End every session of the operator."""
        visit, _ = await desk.own_form(call)
        await run_in_threadpool(desk.door.sign_out, desk.operator(visit))
        answer = RedirectResponse("/sign-in", 303)
        desk.seal.end(answer)
        return answer


def _signed_in(desk: Desk, call: Request, fields: Mapping[str, object]) -> Response:
    who = caller(call)
    desk.limits.take(_SIGN_IN, who)
    name, password, code = (str(fields.get(field, ""))[:300] for field in ("name", "password", "code"))
    try:
        session = desk.door.sign_in(name, password, code, caller=who)
    except AnswerRefused:
        return desk.page(call, "sign_in.html.j2", status=422, fault=True)
    desk.limits.give_back(_SIGN_IN, who)
    # A new visit: a cookie from before the sign-in is worth nothing after it (session fixation).
    since, lang = datetime.now(UTC).isoformat(), desk.seal.visit(call).facts.get("lang")
    visit = desk.seal.read(None).with_facts(operator=name, session=session, since=since, lang=lang)
    answer = RedirectResponse(_wanted(desk.seal.visit(call)), 303)
    desk.seal.keep(answer, visit)
    return answer


def _wanted(visit: Visit) -> str:
    """The page to go to; one of ours, whatever is remembered."""
    path = visit.facts.get(WANTED)
    return path if isinstance(path, str) and path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
