"""Documents that the holder of a receipt sends as proof; :mod:`..web.uploads` says what is taken."""

from datetime import timedelta
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from data_contracts.case.documents import DocumentKind
from data_contracts.errors import RequestInvalid
from integrations.intake.site.pages import Site, case_page
from integrations.intake.web.cookies import Visit
from integrations.intake.web.limiting import Limit, caller
from integrations.intake.web.uploads import DocumentRefused, read_document

DOCUMENTS: Final = "/case/document"
SEND: Final = Limit("document", 20, timedelta(hours=1))
"""Documents from one address, taken or not."""


def add_documents(app: FastAPI, site: Site) -> None:
    """Add where a document is sent to."""

    @app.post(DOCUMENTS)
    async def send(call: Request) -> Response:
        """Take a document in."""
        visit, form = await site.own_form(call, files=1)
        file, kind = form.get("file"), str(form.get("kind", ""))
        content = await file.read() if isinstance(file, UploadFile) else b""
        await form.close()
        return await run_in_threadpool(_sent, site, call, visit, kind, content)


def _sent(site: Site, call: Request, visit: Visit, kind: str, content: bytes) -> Response:
    site.limits.take(SEND, caller(call))
    if kind not in set(DocumentKind):
        raise HTTPException(400)
    case_id, code = str(visit.facts.get("case", "")), str(visit.facts.get("code", ""))
    if site.door.status(case_id, code) is None:  # before a stranger's file is looked at
        return RedirectResponse("/status", 303)
    fault = ""
    try:
        site.door.send_document(case_id, code, DocumentKind(kind), read_document(content))
    except DocumentRefused as refused:
        fault = refused.code
    except RequestInvalid:
        fault = "refused"
    case = site.door.status(case_id, code)
    if case is None:
        return RedirectResponse("/status", 303)
    return case_page(site, call, visit, case, sent="" if fault else "document", fault=fault, wrong=kind)
