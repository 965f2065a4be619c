"""Pages of mails that are no case yet: read one, say what it asks, or that it asks nothing."""

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.vocabulary import Right
from integrations.intake.desk.sitting import Desk
from integrations.intake.desk.touching import ask_for_form, factor_of, typed_in, wants_touch
from integrations.intake.web.cookies import Visit


def add_arrivals(app: FastAPI, desk: Desk) -> None:
    """Add the pages."""

    @app.get("/arrivals/{arrival}")
    def read(call: Request, arrival: str) -> Response:
        """What somebody wrote, and what it can be made."""
        who = desk.operator(desk.seal.visit(call))
        return _shown(desk, call, (arrival, who), {})

    @app.post("/arrivals/{arrival}")
    async def decide(call: Request, arrival: str) -> Response:
        """Open its case, or set it aside."""
        visit, fields = await desk.own_form(call)
        said = {name: str(value) for name, value in fields.items()}
        return await run_in_threadpool(_decided, desk, call, (arrival, visit), said)


def _decided(desk: Desk, call: Request, where: tuple[str, Visit], said: Mapping[str, str]) -> Response:
    (arrival, visit), who = where, desk.operator(where[1])
    door, code = desk.door.arrivals, factor_of(call.url.path, visit, said)
    try:
        if wants_touch(desk, who, said):
            return ask_for_form(desk, call, who, said)
        if said.get("what") == "set_aside":
            door.set_aside(arrival, said.get("reason", ""), who, code)
            return RedirectResponse("/", 303)
        return RedirectResponse(f"/cases/{door.assign(arrival, said, who, code)}", 303)
    except (AnswerRefused, RequestInvalid) as refused:
        return _shown(desk, call, (arrival, who), typed_in(said), fault=f"{refused.what}. {refused.remedy}")


def _shown(desk: Desk, call: Request, where: tuple[str, str], typed: Mapping[str, str], *, fault: str = "") -> Response:
    letter = desk.door.arrivals.read(*where)
    door, rights = desk.door.arrivals, [right.value for right in Right]
    return desk.page(
        call,
        "arrival.html.j2",
        status=422 if fault else 200,
        arrival=where[0],
        letter=letter,
        rights=rights,
        labels=door.identity_labels,
        reasons=door.reasons,
        typed=typed,
        fault=fault,
    )
