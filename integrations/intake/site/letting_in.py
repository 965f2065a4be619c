"""Pages behind links that people receive, and what the holder of a receipt may do.

A link's page shows a button and does nothing by itself: programs that read mail open every address in it.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from data_contracts.errors import RequestInvalid
from integrations.intake.site.pages import LOOK, Site
from integrations.intake.web.cookies import Visit
from integrations.intake.web.limiting import caller

_CHUNK = 64 * 1024


def add_links(app: FastAPI, site: Site) -> None:
    """Add the pages of links."""

    @app.get("/link/{token}")
    def show_link(call: Request, token: str) -> Response:
        """Ask whether it was the reader of the mailbox who asked."""
        _count(site, call)
        case = site.door.link_case(token)
        if case is None:
            return site.page(call, "error.html.j2", status=404, kind="link")
        _was_right(site, call)
        return site.page(call, "link.html.j2", case=case)

    @app.post("/link/{token}")
    async def answer_link(call: Request, token: str) -> Response:
        """Take in what the reader of the mailbox says."""
        _, fields = await site.own_form(call)
        return await run_in_threadpool(_answered, site, call, token, str(fields.get("answer", "")))

    _add_stop(app, site)
    _add_take_back(app, site)

    @app.get("/package/{token}")
    def show_package(call: Request, token: str) -> Response:
        """Ask whether to download now: the link works once."""
        _count(site, call)
        if not site.door.is_package_link(token):
            return site.page(call, "error.html.j2", status=404, kind="link")
        _was_right(site, call)
        return site.page(call, "package.html.j2")

    @app.post("/package/{token}")
    async def download(call: Request, token: str) -> Response:
        """The package."""
        await site.own_form(call)
        return await run_in_threadpool(_package, site, call, token)


def _add_stop(app: FastAPI, site: Site) -> None:
    @app.get("/stop/{token}")
    def show_stop(call: Request, token: str) -> Response:
        """Ask whether to stop the change of a contact."""
        _count(site, call)
        case = site.door.stop_case(token)
        if case is None:
            return site.page(call, "error.html.j2", status=404, kind="link")
        _was_right(site, call)
        return site.page(call, "stop.html.j2", case=case)

    @app.post("/stop/{token}")
    async def stop(call: Request, token: str) -> Response:
        """Stop it."""
        await site.own_form(call)
        return await run_in_threadpool(_stopped, site, call, token)


def _add_take_back(app: FastAPI, site: Site) -> None:
    @app.get("/take-back/{token}")
    def show_take_back(call: Request, token: str) -> Response:
        """Ask whether to take the request back."""
        _count(site, call)
        case = site.door.take_back_case(token)
        if case is None:
            return site.page(call, "error.html.j2", status=404, kind="link")
        _was_right(site, call)
        return site.page(call, "take_back.html.j2", case=case)

    @app.post("/take-back/{token}")
    async def take_back(call: Request, token: str) -> Response:
        """Take it back."""
        await site.own_form(call)
        return await run_in_threadpool(_taken_back, site, call, token)


def add_case_actions(app: FastAPI, site: Site) -> None:
    """Add what the holder of a receipt may do."""

    @app.post("/case/withdraw")
    async def withdraw(call: Request) -> Response:
        """Take the request back."""
        visit, _ = await site.own_form(call)
        await run_in_threadpool(site.door.withdraw, *_opened(visit))
        return RedirectResponse("/case", 303)

    @app.post("/case/package")
    async def ask_link(call: Request) -> Response:
        """Ask for a new link to the package."""
        visit, _ = await site.own_form(call)
        _count(site, call)
        await run_in_threadpool(site.door.ask_package_link, *_opened(visit))
        return site.page(call, "asked.html.j2", visit=visit)


def _opened(visit: Visit) -> tuple[str, str]:
    return str(visit.facts.get("case", "")), str(visit.facts.get("code", ""))


def _count(site: Site, call: Request) -> None:
    """Count a link that may be none, before it is looked at."""
    site.limits.take(LOOK, caller(call))


def _was_right(site: Site, call: Request) -> None:
    """Give back what was counted for a link that is one: whoever was sent it shuts nobody out."""
    site.limits.give_back(LOOK, caller(call))


def _answered(site: Site, call: Request, token: str, answer: str) -> Response:
    _count(site, call)
    take_in = {"yes": site.door.confirm, "no": site.door.deny}.get(answer)
    if take_in is None:
        raise HTTPException(400)
    try:
        take_in(token)
    except RequestInvalid:
        return site.page(call, "error.html.j2", status=404, kind="link")
    _was_right(site, call)
    return site.page(call, "confirmed.html.j2", answer=answer)


def _stopped(site: Site, call: Request, token: str) -> Response:
    _count(site, call)
    try:
        site.door.stop_change(token)
    except RequestInvalid:
        return site.page(call, "error.html.j2", status=404, kind="link")
    _was_right(site, call)
    return site.page(call, "stopped.html.j2")


def _taken_back(site: Site, call: Request, token: str) -> Response:
    _count(site, call)
    try:
        site.door.take_back(token)
    except RequestInvalid:
        return site.page(call, "error.html.j2", status=404, kind="link")
    _was_right(site, call)
    return site.page(call, "taken_back.html.j2")


def _package(site: Site, call: Request, token: str) -> Response:
    _count(site, call)
    try:
        case_id, opening = site.door.package(token)
    except RequestInvalid:
        return site.page(call, "error.html.j2", status=404, kind="link")
    _was_right(site, call)
    headers = {"Content-Disposition": f'attachment; filename="{case_id}.zip"'}
    return StreamingResponse(_chunks(opening), media_type="application/zip", headers=headers)


def _chunks(opening: AbstractContextManager[BinaryIO]) -> Iterator[bytes]:
    with opening as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
