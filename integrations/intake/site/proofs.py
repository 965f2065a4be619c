"""Proofs that the holder of a receipt gives online: a sign-in to the client space, and facts of the contract."""

from datetime import timedelta
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from data_contracts.errors import RequestInvalid, SystemUnavailable
from integrations.intake.site.pages import Site, case_page
from integrations.intake.web.cookies import Visit
from integrations.intake.web.limiting import Limit, caller
from integrations.intake.web.sign_in import SignInFailed, SigningIn

TRY: Final = Limit("facts", 10, timedelta(hours=1))
"""Tries of facts from one address, whichever cases they are about."""
START: Final = Limit("client space", 60, timedelta(hours=1))
"""Sign-ins that are begun from one address."""
_LONGEST: Final = 4_000


def add_proofs(app: FastAPI, site: Site) -> None:
    """Add what proves somebody online."""

    @app.post("/case/facts")
    async def facts(call: Request) -> Response:
        """Take in what somebody says they know."""
        visit, fields = await site.own_form(call)
        typed = {name: str(value) for name, value in fields.items() if name in site.door.fact_labels}
        return await run_in_threadpool(_said, site, call, visit, typed)

    if site.door.sign_in is None:
        return
    signing_in = SigningIn(site.door.sign_in)

    @app.get("/client-space/start")
    def start(call: Request) -> Response:
        """Send the visitor to the client space."""
        site.limits.take(START, caller(call))
        visit = site.seal.visit(call)
        try:
            address, kept = signing_in.begin()
        except SystemUnavailable:
            return _shown(site, call, visit, fault="sign_in")
        answer = RedirectResponse(address, 303)
        site.seal.keep(answer, visit.with_facts(sign_in=kept))
        return answer

    @app.get("/client-space")
    def come_back(call: Request) -> Response:
        """Take in who signed in."""
        visit = site.seal.visit(call)
        kept = visit.facts.get("sign_in")
        seen = visit.with_facts(sign_in=None)  # each sign-in is used once
        case_id, code = str(visit.facts.get("case", "")), str(visit.facts.get("code", ""))
        try:
            claims = signing_in.end(str(call.url.query)[:_LONGEST], kept if isinstance(kept, dict) else {})
            site.door.prove_by_account(case_id, code, claims)
        except (SignInFailed, RequestInvalid, SystemUnavailable):
            return _shown(site, call, seen, fault="sign_in")
        return _shown(site, call, seen, sent="sign_in")


def _said(site: Site, call: Request, visit: Visit, typed: dict[str, str]) -> Response:
    site.limits.take(TRY, caller(call))
    try:
        site.door.take_facts(str(visit.facts.get("case", "")), str(visit.facts.get("code", "")), typed)
    except RequestInvalid:
        return _shown(site, call, visit, fault="facts")
    return _shown(site, call, visit, sent="facts")


def _shown(site: Site, call: Request, visit: Visit, **said: str) -> Response:
    case = site.door.status(str(visit.facts.get("case", "")), str(visit.facts.get("code", "")))
    return RedirectResponse("/status", 303) if case is None else case_page(site, call, visit, case, **said)
