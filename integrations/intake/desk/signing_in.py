"""Signing in and out: the same pages and cookie for the desk and Prefect's door.

By name, password and code; by a passkey; or by the organisation's OpenID Connect. Each begins a new visit, so that a
cookie from before is worth nothing after it (session fixation).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from data_contracts.errors import AnswerRefused, RequestInvalid
from data_contracts.gates.factors import SignedIn
from integrations.intake.desk.sitting import Desk
from integrations.intake.desk.touching import touch_of, touch_page, visit_mark
from integrations.intake.web.cookies import Visit
from integrations.intake.web.limiting import Limit, caller
from integrations.intake.web.sign_in import SignInFailed, SigningIn

WANTED: Final = "wanted"
"""What the visit remembers: the page that somebody wanted before they signed in."""
_SIGN_IN: Final = Limit("desk", 20, timedelta(minutes=15))
"""Sign-ins that fail from one address, in whichever names."""
_BEGUN: Final = Limit("desk begun", 60, timedelta(minutes=15))
"""Sign-ins that are begun from one address."""
_BEGAN: Final = "sign_in"
"""What the visit remembers of a sign-in elsewhere that it began; each is used once."""
_LONGEST: Final = 4_000


def add_signing_in(app: FastAPI, desk: Desk) -> None:
    """Let operators in and out, by pages of the application."""

    @app.get("/sign-in")
    def ask(call: Request) -> Response:
        """Where to sign in."""
        return _ask(desk, call)

    @app.post("/sign-in")
    async def sign_in(call: Request) -> Response:
        """Let an operator in."""
        _, fields = await desk.own_form(call)
        return await run_in_threadpool(_signed_in, desk, call, dict(fields))

    @app.post("/sign-in/passkey/begin")
    async def begin(call: Request) -> Response:
        """Ask for a passkey, whosever it is."""
        visit, _ = await desk.own_form(call)
        desk.limits.take(_BEGUN, caller(call))
        options = await run_in_threadpool(desk.door.factors.ask_to_sign_in, visit_mark(visit))
        return touch_page(desk, call, action="/sign-in/passkey", options=options, fields={})

    @app.post("/sign-in/passkey")
    async def touched(call: Request) -> Response:
        """Let in whose passkey it is."""
        visit, form = await desk.own_form(call)
        touch = touch_of(visit, {name: str(value) for name, value in form.items()})
        return await run_in_threadpool(_entered, desk, call, lambda: desk.door.factors.sign_in_by_touch(touch))

    _add_organisation(app, desk)

    @app.post("/sign-out")
    async def sign_out(call: Request) -> Response:
        """End every session of the operator."""
        visit, _ = await desk.own_form(call)
        await run_in_threadpool(desk.door.sign_out, desk.operator(visit))
        answer = RedirectResponse("/sign-in", 303)
        desk.seal.end(answer)
        return answer


def _add_organisation(app: FastAPI, desk: Desk) -> None:
    """The organisation's sign-in, where it is configured."""
    how = desk.door.factors.elsewhere(desk.address)
    if how is None:
        return
    signing_in = SigningIn(how)

    @app.get("/sign-in/organisation/start")
    def start(call: Request) -> Response:
        """Send somebody to the organisation's sign-in."""
        desk.limits.take(_BEGUN, caller(call))
        address, kept = signing_in.begin()
        answer = RedirectResponse(address, 303)
        desk.seal.keep(answer, desk.seal.visit(call).with_facts(**{_BEGAN: kept}))
        return answer

    @app.get("/sign-in/organisation")
    def come_back(call: Request) -> Response:
        """Let in who the organisation says somebody is."""
        visit = desk.seal.visit(call)
        kept = visit.facts.get(_BEGAN)

        def signed_in() -> SignedIn:
            claims = signing_in.end(str(call.url.query)[:_LONGEST], kept if isinstance(kept, dict) else {})
            return desk.door.factors.sign_in_by_claims(claims)

        return _entered(desk, call, signed_in, visit.with_facts(**{_BEGAN: None}))


def _entered(desk: Desk, call: Request, sign_in: Callable[[], SignedIn], visit: Visit | None = None) -> Response:
    """What somebody gets who signs in elsewhere than by password; the visit that failed is kept as it is given."""
    who = caller(call)
    desk.limits.take(_SIGN_IN, who)
    try:
        signed_in = sign_in()
    except (AnswerRefused, RequestInvalid, SignInFailed):
        return _ask(desk, call, fault="elsewhere", visit=visit)
    desk.limits.give_back(_SIGN_IN, who)
    return _let_in(desk, call, signed_in)


def _ask(desk: Desk, call: Request, *, fault: str = "", visit: Visit | None = None) -> Response:
    factors = desk.door.factors
    return desk.page(
        call,
        "sign_in.html.j2",
        status=422 if fault else 200,
        visit=visit,
        fault=fault,
        has_passkeys=factors.are_offered,
        has_organisation=factors.elsewhere(desk.address) is not None,
    )


def _signed_in(desk: Desk, call: Request, fields: Mapping[str, object]) -> Response:
    who = caller(call)
    desk.limits.take(_SIGN_IN, who)
    name, password, code = (str(fields.get(field, ""))[:300] for field in ("name", "password", "code"))
    try:
        session = desk.door.sign_in(name, password, code, caller=who)
    except AnswerRefused:
        return _ask(desk, call, fault="password")
    desk.limits.give_back(_SIGN_IN, who)
    return _let_in(desk, call, SignedIn(name, session))


def _let_in(desk: Desk, call: Request, who: SignedIn) -> Response:
    since, lang = datetime.now(UTC).isoformat(), desk.seal.visit(call).facts.get("lang")
    visit = desk.seal.read(None).with_facts(operator=who.name, session=who.session, since=since, lang=lang)
    answer = RedirectResponse(_wanted(desk.seal.visit(call)), 303)
    desk.seal.keep(answer, visit)
    return answer


def _wanted(visit: Visit) -> str:
    """The page to go to; one of ours, whatever is remembered."""
    path = visit.facts.get(WANTED)
    return path if isinstance(path, str) and path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
