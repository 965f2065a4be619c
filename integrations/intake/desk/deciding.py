"""Open questions that an operator may answer: read, chosen, and decided at once with one touch of a passkey or a code.

The page shows at most fifty, the answer due first on top, or those of one case. What is decided is shown once more on
the page that asks for the touch; the passkey signs each of these decisions.
"""

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from data_contracts.errors import AnswerRefused, RequestInvalid
from integrations.intake.desk.sitting import Desk
from integrations.intake.desk.touching import ANSWER, touch_of, touch_page, typed_in, visit_mark, wants_touch
from integrations.intake.web.cookies import Visit

_LONGEST_FILTER: Final = 40
_CASE: Final = "case"

Typed = dict[str, dict[str, str]]


def add_deciding(app: FastAPI, desk: Desk) -> None:
    """Add the pages."""

    @app.get("/decide")
    def questions(call: Request) -> Response:
        """What can be decided."""
        who = desk.operator(desk.seal.visit(call))
        case = call.query_params.get(_CASE, "")[:_LONGEST_FILTER]
        decided = call.query_params.get("decided", "")
        return _page(desk, call, who, case=case, decided=int(decided) if decided.isdecimal() else 0)

    @app.post("/decide")
    async def decide(call: Request) -> Response:
        """Take decisions in, or ask for the touch that they need."""
        visit, form = await desk.own_form(call)
        fields = {name: str(value) for name, value in form.items()}
        return await run_in_threadpool(_decided, desk, call, visit, fields)


def _decided(desk: Desk, call: Request, visit: Visit, fields: Mapping[str, str]) -> Response:
    who, typed = desk.operator(visit), _typed(fields)
    try:
        if wants_touch(desk, who, fields):
            asked = desk.door.deciding.ask(who, typed, visit_mark(visit))
            return touch_page(
                desk, call, action="/decide", options=asked, fields=typed_in(fields), shown=list(typed.items())
            )
        factor = touch_of(visit, fields) if ANSWER in fields else fields.get("code", "")
        number = desk.door.deciding.decide(who, typed, factor)
    except (AnswerRefused, RequestInvalid) as refused:
        return _page(
            desk, call, who, case=fields.get(_CASE, ""), typed=typed, fault=f"{refused.what}. {refused.remedy}"
        )
    return RedirectResponse(f"/decide?decided={number}", 303)


def _page(  # noqa: PLR0913  # what a page shows
    desk: Desk,
    call: Request,
    who: str,
    *,
    case: str,
    typed: Typed | None = None,
    fault: str = "",
    decided: int = 0,
) -> Response:
    shown, number = desk.door.deciding.questions(who, case)
    return desk.page(
        call,
        "decide.html.j2",
        status=422 if fault else 200,
        questions=shown,
        number=number,
        case=case,
        typed=typed or {},
        fault=fault,
        decided=decided,
        has_passkeys=bool(desk.door.factors.passkeys(who)),
        has_codes=desk.door.factors.has_codes(who),
    )


def _typed(fields: Mapping[str, str]) -> Typed:
    """What was typed, by question and field; questions without a decision are left for later."""
    typed: Typed = {}
    for name, value in fields.items():
        field, colon, question = name.partition(":")
        if colon:
            typed.setdefault(question, {})[field] = value
    return {question: said for question, said in typed.items() if said.get("decision", "").strip()}
