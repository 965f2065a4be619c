"""What every page of the intake site needs: words, templates, the visit, limits."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from integrations.intake.site.door import SiteDoor
from integrations.intake.web.cookies import CookieSeal, Visit, comes_from_elsewhere
from integrations.intake.web.limiting import Limit, Limiter
from integrations.intake.web.words import NAMES, Words, page_templates, read_words, wanted_language

HERE: Final = Path(__file__).parent
_MOST_FIELDS: Final = 100
HAND_IN = Limit("hand-in", 30, timedelta(hours=1))
"""Requests from one address: a household or an office, not a machine that floods us."""
LOOK = Limit("status", 20, timedelta(hours=1))
"""Tries of a reference and its code."""


class Site:
    """What every page of the site needs."""

    def __init__(self, door: SiteDoor, *, key: bytes, is_https: bool) -> None:
        """Read words and templates.

        Args:
            door: the rest of the house.
            key: signs cookies and forms.
            is_https: whether visitors come over https; only a site on this machine alone may do without.
        """
        self.door = door
        self.seal = CookieSeal(key, name="rf_visit", is_https=is_https)
        self.limits = Limiter(door.count, key)
        self._words = read_words(HERE / "words")
        self._templates = page_templates(HERE / "templates")
        self.languages = [code for code in door.organisation.languages if code in self._words]

    def words(self, call: Request, visit: Visit) -> Words:
        """The words to answer a call with."""
        return self._words[wanted_language(call, self.languages, visit.facts.get("lang"))]

    def page(
        self, call: Request, name: str, *, status: int = 200, visit: Visit | None = None, **facts: object
    ) -> Response:
        """A page in the visitor's language; the visit is kept."""
        seen = visit or self.seal.visit(call)
        words = self.words(call, seen)
        seen = seen.with_facts(lang=words.language)
        text = self._templates.get_template(name).render(
            t=words,
            names=NAMES,
            languages=self.languages,
            path=call.url.path,
            org=self.door.organisation,
            token=self.seal.form_token(seen),
            **facts,
        )
        answer = HTMLResponse(text, status_code=status, headers={"Content-Language": words.language})
        self.seal.keep(answer, seen)
        return answer

    async def own_form(self, call: Request) -> tuple[Visit, FormData]:
        """What a form of ours sent.

        Raises:
            HTTPException: 403 where another site made the browser send it, or it is none of ours; 400 where it is too
                large in number of fields.
        """
        visit = self.seal.visit(call)
        if comes_from_elsewhere(call):
            raise HTTPException(403)
        form = await call.form(max_files=0, max_fields=_MOST_FIELDS)
        if not self.seal.is_own_form(visit, str(form.get("token", ""))):
            raise HTTPException(403)
        return visit, form
