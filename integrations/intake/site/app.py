"""The intake site as an application: pages without a script, in the visitor's language.

A request is registered and sealed before its receipt is shown. A form carries a key that we signed for this visit:
handed in twice as it is, for want of an answer, it is one request; corrected and handed in again, it is another one,
and the receipt names both.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from data_contracts.case.documents import LARGEST_DOCUMENT
from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Right
from integrations.intake.site.documents import DOCUMENTS, add_documents
from integrations.intake.site.door import SiteDoor
from integrations.intake.site.forms import CHANGES, Typed, read_form, submitted
from integrations.intake.site.letting_in import add_case_actions, add_links
from integrations.intake.site.pages import CODE, HAND_IN, LOOK, Site, case_page
from integrations.intake.site.proofs import add_proofs
from integrations.intake.web.cookies import Visit
from integrations.intake.web.limiting import caller
from integrations.intake.web.protection import Protected
from integrations.intake.web.words import Words

NO_DOORS: Final[Mapping[str, ASGIApp]] = MappingProxyType({})
_LARGEST_BODY: Final = 1024 * 1024
_HIDDEN: Final = frozenset({"key", "token"})
"""Fields of ours, which nobody types."""


def site_app(door: SiteDoor, *, key: bytes, is_https: bool, doors: Mapping[str, ASGIApp] = NO_DOORS) -> Protected:
    """The site, protected.

    Args:
        door: the rest of the house.
        key: signs cookies and forms.
        is_https: whether visitors come over https.
        doors: other applications, of programs, by the path they are reached under.
    """
    site = Site(door, key=key, is_https=is_https)
    app = FastAPI(title="Rightsflow: your rights", docs_url=None, redoc_url=None, openapi_url=None)
    site.add_styles(app)
    for path, program in doors.items():
        app.mount(path, program)
    _add_pages(app, site)
    _add_receipt_file(app, site)
    _add_status_pages(app, site)
    add_links(app, site)
    add_case_actions(app, site)
    add_documents(app, site)
    add_proofs(app, site)
    site.answer_errors(app)
    larger = {DOCUMENTS: LARGEST_DOCUMENT + _LARGEST_BODY}
    return Protected(app, largest_body=_LARGEST_BODY, larger=larger, is_https=is_https)


def _add_pages(app: FastAPI, site: Site) -> None:
    @app.get("/")
    def home(call: Request) -> Response:
        """What the rights are."""
        return site.page(call, "home.html.j2", rights=list(Right))

    @app.get("/request/{right}")
    def form(call: Request, right: Right) -> Response:
        """The form of a right."""
        visit = site.seal.visit(call)
        return _form(site, call, right, Typed({"key": site.seal.form_key(visit, right.value)}), visit=visit)

    @app.post("/request/{right}")
    async def hand_in(call: Request, right: Right) -> Response:
        """Take a request in; a receipt, or the form with what is wrong in it."""
        visit, fields = await site.own_form(call)
        return await run_in_threadpool(_handed_in, site, call, visit, right, dict(fields))

    @app.get("/receipt/{case_id}")
    def receipt(call: Request, case_id: str) -> Response:
        """The receipt, for the visit that handed the request in."""
        visit = site.seal.visit(call)
        if visit.facts.get("case") != case_id or "due" not in visit.facts:
            return RedirectResponse("/status", 303)
        facts = {"case": case_id, "code": visit.facts["code"], "due": date.fromisoformat(str(visit.facts["due"]))}
        facts["earlier"] = visit.facts.get("earlier", "")
        return site.page(call, "receipt.html.j2", visit=visit, **facts)


def _add_receipt_file(app: FastAPI, site: Site) -> None:
    @app.get("/receipt/{case_id}/text")
    def receipt_text(call: Request, case_id: str) -> Response:
        """The receipt as a file to keep, for the visit that handed the request in."""
        visit = site.seal.visit(call)
        if visit.facts.get("case") != case_id or "due" not in visit.facts:
            return RedirectResponse("/status", 303)
        words, facts = site.words(call, visit), visit.facts
        due = words.day(date.fromisoformat(str(facts["due"])))
        named = (("reference", case_id), ("code", facts["code"]), ("due", due))
        lines = [words("receipt.title"), "", *(f"{words(f'receipt.{name}')}: {value}" for name, value in named)]
        lines += ["", words("receipt.kept"), str(call.base_url.replace(path="/status")), ""]
        headers = {"Content-Disposition": f'attachment; filename="{case_id}.txt"'}
        return PlainTextResponse("\r\n".join(lines), headers=headers)


def _add_status_pages(app: FastAPI, site: Site) -> None:
    @app.get("/status")
    def ask_status(call: Request) -> Response:
        """Where to type the reference and the code of the receipt."""
        return site.page(call, "status.html.j2", fault="")

    @app.post("/status")
    async def open_status(call: Request) -> Response:
        """Open a case by its reference and code."""
        visit, fields = await site.own_form(call)
        return await run_in_threadpool(_opened, site, call, visit, dict(fields))

    @app.get("/case")
    def case(call: Request) -> Response:
        """Where the case stands that this visit opened."""
        visit = site.seal.visit(call)
        status = site.door.status(str(visit.facts.get("case", "")), str(visit.facts.get("code", "")))
        if status is None:
            return RedirectResponse("/status", 303)
        return case_page(site, call, visit, status)


def _form(site: Site, call: Request, right: Right, typed: Typed, *, visit: Visit | None = None) -> Response:
    return site.page(
        call,
        "request.html.j2",
        status=422 if typed.faults else 200,
        visit=visit,
        right=right,
        typed=typed,
        identities=site.door.identity_labels,
        partners=site.door.partners,
        purposes=site.door.purposes,
        rectifiable=site.door.rectifiable,
        changes=range(CHANGES),
        labels=lambda name: _label(site, site.words(call, site.seal.visit(call)), name),
    )


def _label(site: Site, words: Words, name: str) -> str:
    """What a field is called on the form."""
    kind = site.door.identity_labels.get(name.removeprefix("identity_")) if name.startswith("identity_") else None
    if kind is not None:
        return kind.get(words.language, name)
    return words(f"form.{name}") if words.has(f"form.{name}") else words("form.ask")


def _handed_in(site: Site, call: Request, visit: Visit, right: Right, fields: Mapping[str, object]) -> Response:
    site.limits.take(HAND_IN, caller(call))
    labels = site.door.identity_labels
    typed = read_form(fields, right, labels)
    key = typed.fields.get("key", "")
    sent = site.seal.sent(visit, right.value, key, {k: v for k, v in typed.fields.items() if k not in _HIDDEN})
    if sent is None:  # a key of another visit, or none: nobody is given what somebody else sent
        raise HTTPException(403)
    language = site.words(call, visit).language
    if typed.faults:
        return _form(site, call, right, typed)
    try:
        receipt = site.door.register(submitted(typed, right, key=sent, language=language, identities=labels))
    except RequestInvalid as invalid:
        return _form(site, call, right, Typed(typed.fields, {_field(invalid.where) or "form": "wrong"}))
    except ValueError:
        return _form(site, call, right, Typed(typed.fields, {"form": "wrong"}))
    answer = RedirectResponse(f"/receipt/{receipt.case_id}", 303)
    due = receipt.response_due.isoformat()
    facts = {"case": receipt.case_id, "code": receipt.code, "due": due, "right": right.value}
    site.seal.keep(answer, visit.with_facts(lang=language, earlier=_earlier(visit, facts), **facts))
    return answer


def _earlier(visit: Visit, facts: Mapping[str, str]) -> str | None:
    """The request that this visit handed in before for the same right, maybe to be corrected; None where it did not."""
    if visit.facts.get("right") != facts["right"] or "due" not in visit.facts:
        return None
    before = visit.facts.get("case")
    return str(before) if before != facts["case"] else visit.facts.get("earlier")


def _field(where: str) -> str:
    """The field of the form that an error is about."""
    return where.replace("identity.", "identity_", 1)


def _opened(site: Site, call: Request, visit: Visit, fields: Mapping[str, object]) -> Response:
    case_id, code = str(fields.get("case", "")).strip().upper()[:40], str(fields.get("code", ""))[:60]
    who = caller(call)
    # Counted for who fails, never for the case alone: nobody shuts its holder out. Counted before it is compared.
    guesses = ((LOOK, who), (CODE, f"{who}|case {case_id}"))
    for limit, counted in guesses:
        site.limits.take(limit, counted)
    if site.door.status(case_id, code) is None:
        return site.page(call, "status.html.j2", status=422, fault="unknown")
    for limit, counted in guesses:
        site.limits.give_back(limit, counted)
    answer = RedirectResponse("/case", 303)
    site.seal.keep(answer, visit.with_facts(case=case_id, code=code))
    return answer
