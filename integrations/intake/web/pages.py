"""Pages of one application: its words and templates, the visit that is kept, forms that are ours, answers to errors."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles
from python_multipart.exceptions import MultipartParseError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from data_contracts.company.company import Organisation
from data_contracts.errors import RightsflowError
from integrations.intake.web.cookies import CookieSeal, Visit, comes_from_elsewhere
from integrations.intake.web.words import NAMES, Words, page_templates, read_words, wanted_language

_KINDS: Final = {403: "forbidden", 404: "not_found", 405: "not_found", 429: "too_often"}
_STYLES: Final = Path(__file__).parent / "static"
_COPIED: Final = ".skip, nav { display: none; } a { color: inherit; pointer-events: none; text-decoration: none; }"
_SHARED: Final = Path(__file__).parent / "templates"


class Pages:
    """What every page of an application needs."""

    styles = _STYLES
    """Folder of the style sheet that all applications share."""

    def __init__(self, folder: Path, organisation: Organisation, seal: CookieSeal, *, most_fields: int = 100) -> None:
        """Read words and templates.

        Args:
            folder: with ``words/<language>.yaml`` and ``templates/``.
            organisation: who we are, in every page.
            seal: of the cookie.
            most_fields: that one form may have.
        """
        self.seal = seal
        self._organisation = organisation
        self._most_fields = most_fields
        self._words = read_words(folder / "words")
        self._templates = page_templates(folder / "templates", _SHARED)
        self.languages: Sequence[str] = [code for code in organisation.languages if code in self._words]

    def add_styles(self, app: FastAPI) -> None:
        """Serve the style sheets: ours, and the organisation's colours over it."""
        chosen = self._organisation.colours
        dark = f"@media (prefers-color-scheme: dark) {{ :root {{ --accent: {chosen.dark}; }} }}"
        sheet = f":root {{ --accent: {chosen.light}; }}\n{dark}\n"

        @app.get("/static/colours.css", include_in_schema=False)
        def colours() -> Response:
            """The organisation's colours."""
            return Response(sheet, media_type="text/css")

        app.mount("/static", StaticFiles(directory=self.styles))

    def words(self, call: Request, visit: Visit) -> Words:
        """The words to answer a call with."""
        return self._words[wanted_language(call, self.languages, visit.facts.get("lang"))]

    def page(
        self, call: Request, name: str, *, status: int = 200, visit: Visit | None = None, **facts: object
    ) -> Response:
        """A page in the reader's language; the visit is kept."""
        seen = visit or self.seal.visit(call)
        words = self.words(call, seen)
        seen = seen.with_facts(lang=words.language)
        text = self._templates.get_template(name).render(
            t=words,
            names=NAMES,
            languages=self.languages,
            path=call.url.path if call.method == "GET" else "/",
            org=self._organisation,
            token=self.seal.form_token(seen),
            visit=seen,
            **facts,
        )
        answer = HTMLResponse(text, status_code=status, headers={"Content-Language": words.language})
        self.seal.keep(answer, seen)
        return answer

    def copy(self, name: str, language: str, **facts: object) -> str:
        """A page as a file of its own, to be read without the application: styles in it, nothing to click."""
        text = self._templates.get_template(name).render(
            t=self._words[language],
            names=NAMES,
            languages=(),
            path="/",
            org=self._organisation,
            token="",
            visit=self.seal.read(None),
            **facts,
        )
        sheet = f"{(_STYLES / 'pages.css').read_text('utf-8')}\n{_COPIED}"
        return text.replace('<link rel="stylesheet" href="/static/pages.css">', f"<style>{sheet}</style>").replace(
            '<link rel="stylesheet" href="/static/colours.css">', ""
        )

    async def own_form(self, call: Request, *, files: int = 0) -> tuple[Visit, FormData]:
        """What a form of ours sent.

        Args:
            call: with the form.
            files: how many it may carry. They stay in memory: nothing of them is written in clear anywhere.

        Raises:
            HTTPException: 403 where another site made the browser send it, or it is none of ours; 400 where it cannot
                be read, or has too many fields.
        """
        visit = self.seal.visit(call)
        if comes_from_elsewhere(call):
            raise HTTPException(403)
        form = await self._read_files(call, files) if files else await self._read(call)
        if not self.seal.is_own_form(visit, str(form.get("token", ""))):
            raise HTTPException(403)
        return visit, form

    async def _read(self, call: Request) -> FormData:
        return await call.form(max_files=0, max_fields=self._most_fields)

    async def _read_files(self, call: Request, files: int) -> FormData:
        reader = MultiPartParser(call.headers, call.stream(), max_files=files, max_fields=self._most_fields)
        reader.spool_max_size = sys.maxsize  # else a large file goes to a temporary file, in clear
        try:
            return await reader.parse()
        except (MultiPartException, MultipartParseError, KeyError):
            raise HTTPException(400) from None

    def answer_errors(self, app: FastAPI) -> None:
        """Have every error answered by a page that says what went wrong and what to do, and quotes nothing."""

        @app.exception_handler(HTTPException)
        def refused(call: Request, error: HTTPException) -> Response:
            """What was asked for is not given."""
            kind = _KINDS.get(error.status_code, "wrong")
            answer = self.page(call, "error.html.j2", status=error.status_code, kind=kind)
            answer.headers.update(error.headers or {})
            return answer

        @app.exception_handler(RightsflowError)
        def broke(call: Request, _error: RightsflowError) -> Response:
            """Something is away; what was typed can be sent again."""
            return self.page(call, "error.html.j2", status=503, kind="later")

        @app.exception_handler(422)
        def unreadable(call: Request, _error: Exception) -> Response:
            """An address that nobody gave out."""
            return self.page(call, "error.html.j2", status=404, kind="not_found")
