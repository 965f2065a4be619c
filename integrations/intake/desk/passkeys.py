"""An operator's own passkeys: added, listed and removed, each with a fresh factor; and codes that are ended."""

from collections.abc import Callable, Mapping

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from data_contracts.errors import AnswerRefused, RequestInvalid
from integrations.intake.desk.sitting import Desk
from integrations.intake.desk.touching import (
    ask_for_form,
    factor_of,
    touch_of,
    touch_page,
    visit_mark,
    wants_touch,
)
from integrations.intake.web.cookies import Visit

_Do = Callable[[Visit, str, dict[str, str]], Response]


def add_passkeys(app: FastAPI, desk: Desk) -> None:
    """Add the pages; the list says so where passkeys are not configured."""
    _add_making(app, desk)
    _add_ending(app, desk)


def _add_making(app: FastAPI, desk: Desk) -> None:
    @app.get("/passkeys")
    def listed(call: Request) -> Response:
        """The list, and how to add one."""
        return _page(desk, call, desk.operator(desk.seal.visit(call)))

    @app.post("/passkeys/begin")
    async def begin(call: Request) -> Response:
        """Have a passkey made by who is proven."""

        def done(visit: Visit, who: str, fields: dict[str, str]) -> Response:
            label = fields.get("label", "")
            factor = factor_of(call.url.path, visit, fields)
            options = desk.door.factors.begin_passkey(who, label, factor, visit_mark(visit))
            sent = {"label": label}
            return touch_page(desk, call, action="/passkeys", options=options, fields=sent, way="create")

        return await _proven(desk, call, done)

    @app.post("/passkeys")
    async def end(call: Request) -> Response:
        """Keep the passkey that was made."""
        visit, form = await desk.own_form(call)
        fields = _texts(form)

        def done() -> Response:
            who = desk.operator(visit)
            try:
                desk.door.factors.end_passkey(who, fields.get("label", ""), touch_of(visit, fields))
            except (AnswerRefused, RequestInvalid) as refused:
                return _page(desk, call, who, fault=f"{refused.what}. {refused.remedy}")
            return RedirectResponse("/passkeys", 303)

        return await run_in_threadpool(done)


def _add_ending(app: FastAPI, desk: Desk) -> None:
    @app.post("/passkeys/remove")
    async def remove(call: Request) -> Response:
        """Remove one."""

        def done(visit: Visit, who: str, fields: dict[str, str]) -> Response:
            factor = factor_of(call.url.path, visit, fields)
            desk.door.factors.remove_passkey(who, fields.get("credential", ""), factor)
            return RedirectResponse("/passkeys", 303)

        return await _proven(desk, call, done)

    @app.post("/passkeys/end-codes")
    async def end_codes(call: Request) -> Response:
        """Accept no codes of the operator any more; proven by a touch, never by a code."""

        def done(visit: Visit, who: str, fields: dict[str, str]) -> Response:
            factor = factor_of(call.url.path, visit, fields)
            if isinstance(factor, str):
                raise RequestInvalid("a passkey proves that there is one", where="passkeys", remedy="add one first")
            desk.door.factors.end_codes(who, factor)
            return RedirectResponse("/passkeys", 303)

        return await _proven(desk, call, done)


async def _proven(desk: Desk, call: Request, done: _Do) -> Response:
    """What a form does that came with a factor; else the page that asks for a touch."""
    visit, form = await desk.own_form(call)
    fields = _texts(form)

    def act() -> Response:
        who = desk.operator(visit)
        try:
            return ask_for_form(desk, call, who, fields) if wants_touch(desk, who, fields) else done(visit, who, fields)
        except (AnswerRefused, RequestInvalid) as refused:
            return _page(desk, call, who, fault=f"{refused.what}. {refused.remedy}")

    return await run_in_threadpool(act)


def _page(desk: Desk, call: Request, who: str, *, fault: str = "") -> Response:
    factors = desk.door.factors
    return desk.page(
        call,
        "passkeys.html.j2",
        status=422 if fault else 200,
        passkeys=factors.passkeys(who),
        has_codes=factors.has_codes(who),
        is_offered=factors.are_offered,
        fault=fault,
    )


def _texts(form: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in form.items()}
