"""The desk as an application: behind a sign-in, without scripts but one, never kept by a browser.

A session ends after a quarter of an hour without a page, after eight hours, when the operator signs out anywhere, and
at once when the operator is taken out of force. Signing in lets an operator look; every decision needs a fresh
code, or a touch of a passkey.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from data_contracts.doors.desk import ShownProof, TextDecision
from data_contracts.errors import AnswerRefused, CaseUnknown, RequestInvalid, VaultSealed
from integrations.intake.desk.arrivals import add_arrivals
from integrations.intake.desk.deciding import add_deciding
from integrations.intake.desk.door import DeskDoor
from integrations.intake.desk.officer import add_officer
from integrations.intake.desk.passkeys import add_passkeys
from integrations.intake.desk.signing_in import add_signing_in
from integrations.intake.desk.sitting import Desk
from integrations.intake.desk.touching import ask_for_form, factor_of, typed_in, wants_touch
from integrations.intake.web.cookies import Visit
from integrations.intake.web.protection import Protected

_LARGEST_BODY: Final = 2 * 1024 * 1024
_INLINE: Final = frozenset({"image/jpeg", "image/png"})


def desk_app(door: DeskDoor, *, key: bytes, is_https: bool, address: str = "") -> Protected:
    """The desk, protected."""
    desk = Desk(door, key=key, is_https=is_https, address=address)
    app = FastAPI(title="Rightsflow: the desk", docs_url=None, redoc_url=None, openapi_url=None)
    desk.add_styles(app)
    add_signing_in(app, desk)
    add_passkeys(app, desk)
    add_deciding(app, desk)
    _add_looking(app, desk)
    _add_advice(app, desk)
    _add_texts(app, desk)
    add_arrivals(app, desk)
    add_officer(app, desk)
    desk.answer_errors(app)
    _answer_ours(app, desk)
    return Protected(app, largest_body=_LARGEST_BODY, is_https=is_https)


def _add_looking(app: FastAPI, desk: Desk) -> None:
    @app.get("/")
    def waiting(call: Request) -> Response:
        """What waits."""
        may = desk.door.officer.may(desk.operator(desk.seal.visit(call)))
        cases, arrivals = desk.door.waiting(), desk.door.arrivals.waiting()
        return desk.page(call, "waiting.html.j2", cases=cases, arrivals=arrivals, is_officer=may)

    @app.get("/cases/{case_id}")
    def case(call: Request, case_id: str) -> Response:
        """One case, without values."""
        desk.operator(desk.seal.visit(call))
        return desk.page(call, "case.html.j2", desk=desk.door.case(case_id))

    @app.get("/cases/{case_id}/values")
    def values(call: Request, case_id: str) -> Response:
        """Old and new values."""
        who = desk.operator(desk.seal.visit(call))
        return desk.page(call, "values.html.j2", case_id=case_id, values=desk.door.values(case_id, who))

    @app.get("/cases/{case_id}/letter")
    def letter(call: Request, case_id: str) -> Response:
        """What the data subject wrote."""
        who = desk.operator(desk.seal.visit(call))
        return desk.page(call, "letter.html.j2", case_id=case_id, text=desk.door.letter(case_id, who))

    @app.get("/cases/{case_id}/proofs/{name}")
    def proof(call: Request, case_id: str, name: str) -> Response:
        """Something that was shown as proof: an image as it is, anything else to be saved and opened elsewhere."""
        return _file(case_id, desk.door.proof(case_id, name, desk.operator(desk.seal.visit(call))))

    @app.get("/cases/{case_id}/record")
    def record(call: Request, case_id: str) -> Response:
        """The scan of a letter, shown as a proof is."""
        return _file(case_id, desk.door.record(case_id, desk.operator(desk.seal.visit(call))))


def _file(case_id: str, shown: ShownProof) -> Response:
    kind = shown.media_type if shown.media_type in _INLINE else "application/octet-stream"
    how = "inline" if kind in _INLINE else f'attachment; filename="{case_id}-{shown.name}"'
    headers = {"Content-Disposition": how, "Content-Security-Policy": "default-src 'none'; sandbox"}
    return Response(shown.content, media_type=kind, headers=headers)


def _add_advice(app: FastAPI, desk: Desk) -> None:
    @app.get("/cases/{case_id}/advice")
    def advice(call: Request, case_id: str) -> Response:
        """What the DPO advised."""
        who = desk.operator(desk.seal.visit(call))
        return desk.page(call, "advice.html.j2", case_id=case_id, advice=desk.door.advice(case_id, who))


def _add_texts(app: FastAPI, desk: Desk) -> None:
    @app.get("/cases/{case_id}/texts")
    def texts(call: Request, case_id: str) -> Response:
        """Texts to be read."""
        who = desk.operator(desk.seal.visit(call))
        found = desk.door.texts(case_id, who)
        return desk.page(call, "texts.html.j2", case_id=case_id, texts=found, typed={}, fault="")

    @app.post("/cases/{case_id}/texts")
    async def decide(call: Request, case_id: str) -> Response:
        """What was decided about every text."""
        visit, fields = await desk.own_form(call)
        return await run_in_threadpool(_decided, desk, call, (case_id, visit), dict(fields))


def _decided(desk: Desk, call: Request, where: tuple[str, Visit], fields: Mapping[str, object]) -> Response:
    (case_id, visit), who = where, desk.operator(where[1])
    typed = {name: str(value) for name, value in fields.items()}
    if wants_touch(desk, who, typed):
        return ask_for_form(desk, call, who, typed)
    keys = [name.removeprefix("decision:") for name in typed if name.startswith("decision:")]
    decisions = [_decision(key, typed) for key in keys]
    try:
        desk.door.decide_texts(case_id, decisions, who, factor_of(call.url.path, visit, typed))
    except (AnswerRefused, RequestInvalid) as refused:
        found = desk.door.texts(case_id, who)
        kept = typed_in(typed)
        why = f"{refused.what}. {refused.remedy}"
        return desk.page(
            call,
            "texts.html.j2",
            status=422,
            case_id=case_id,
            texts=found,
            typed=kept,
            fault=why,
        )
    return RedirectResponse(f"/cases/{case_id}", 303)


def _decision(key: str, typed: Mapping[str, str]) -> TextDecision:
    column, _, number = key.rpartition(":")
    passages = tuple(line.strip() for line in typed.get(f"passages:{key}", "").splitlines() if line.strip())
    return TextDecision(column, int(number) if number.isdigit() else 0, typed[f"decision:{key}"], passages)


def _answer_ours(app: FastAPI, desk: Desk) -> None:
    answers: dict[type[Exception], Callable[[Any], tuple[int, str]]] = {
        CaseUnknown: lambda _: (404, "not_found"),
        RequestInvalid: lambda _: (404, "nothing"),
        VaultSealed: lambda _: (404, "nothing"),
        AnswerRefused: lambda _: (403, "forbidden"),
    }

    def answer(call: Request, error: Exception) -> Response:
        status, kind = next(said(error) for known, said in answers.items() if isinstance(error, known))
        return desk.page(call, "error.html.j2", status=status, kind=kind)

    for known in answers:
        app.add_exception_handler(known, answer)
    app.add_exception_handler(401, lambda _call, _error: RedirectResponse("/sign-in", 303))
