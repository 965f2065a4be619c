"""Cookies and forms that nobody can forge or use elsewhere.

A visitor has a cookie with a random name for the visit and what the pages remember, signed. A form carries a token that
is bound to that visit: another site can make a browser send our cookie, and not our token (CSRF; OWASP ASVS 4.2.2).

>>> seal = CookieSeal(b"k" * 32, name="visit", is_https=False)
>>> visit = seal.read(None)
>>> seal.read(seal.sealed(visit)) == visit
True
>>> seal.is_own_form(visit, seal.form_token(visit)), seal.is_own_form(visit, "another")
(True, False)

A form that registers something carries a key beside it, for this visit and this form alone. Sent again with the same
fields it is the same; with other fields, or by another visit, it is not.

>>> key = seal.form_key(visit, "access")
>>> seal.sent(visit, "access", key, {"name": "Ana"}) == seal.sent(visit, "access", key, {"name": "Ana"})
True
>>> seal.sent(visit, "access", key, {"name": "Ana"}) == seal.sent(visit, "access", key, {"name": "Anna"})
False
>>> (
...     seal.sent(visit, "erasure", key, {}),
...     seal.sent(seal.read(None), "access", key, {}),
...     seal.sent(visit, "access", "", {}),
... )
(None, None, None)
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

_LONGEST_SECONDS: Final = 8 * 3600
_SAME_SITE: Final = frozenset({"same-origin", "none"})
"""``Sec-Fetch-Site`` of calls that our own pages make, or a person by typing an address."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One visitor's cookie.

    Attributes:
        name: random, new for each visit.
        facts: what the pages remember; readable by the visitor, not changeable.
    """

    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def with_facts(self, **facts: object) -> "Visit":
        """The visit that remembers more; None forgets."""
        merged = {**self.facts, **facts}
        return replace(self, facts={key: value for key, value in merged.items() if value is not None})


class CookieSeal:
    """Signs and reads the cookie of one application."""

    def __init__(self, key: bytes, *, name: str, is_https: bool, longest_seconds: int = _LONGEST_SECONDS) -> None:
        """Prepare the seal.

        Args:
            key: of the organisation.
            name: of the cookie; applications on one host need different ones.
            is_https: the cookie is then sent over https alone, and bound to the host (prefix ``__Host-``).
            longest_seconds: after which a visit ends, whatever happened in it.
        """
        self.cookie = f"__Host-{name}" if is_https else name
        self._is_https = is_https
        self._longest = longest_seconds
        self._key = key
        self._visits = URLSafeTimedSerializer(key, salt=f"{name}:visit")
        self._forms = URLSafeTimedSerializer(key, salt=f"{name}:form")
        self._form_keys = URLSafeTimedSerializer(key, salt=f"{name}:form key")

    def read(self, value: str | None) -> Visit:
        """The visit of a cookie; a new one where there is none, or it is forged or over."""
        if value:
            try:
                name, facts = self._visits.loads(value, max_age=self._longest)
            except (BadData, ValueError, TypeError):
                return Visit(secrets.token_urlsafe(18))
            return Visit(name, facts)
        return Visit(secrets.token_urlsafe(18))

    def visit(self, call: Request) -> Visit:
        """The visit that a call belongs to."""
        return self.read(call.cookies.get(self.cookie))

    def sealed(self, visit: Visit) -> str:
        """The cookie's value."""
        return str(self._visits.dumps([visit.name, dict(visit.facts)]))

    def keep(self, answer: Response, visit: Visit) -> None:
        """Have the browser keep the visit until it is closed."""
        answer.set_cookie(
            self.cookie, self.sealed(visit), httponly=True, secure=self._is_https, samesite="lax", path="/"
        )

    def end(self, answer: Response) -> None:
        """Have the browser forget the visit."""
        answer.delete_cookie(self.cookie, httponly=True, secure=self._is_https, samesite="lax", path="/")

    def form_token(self, visit: Visit) -> str:
        """What a form of this visit carries."""
        return str(self._forms.dumps(visit.name))

    def is_own_form(self, visit: Visit, token: str) -> bool:
        """Whether a form is one that we gave to this visit."""
        try:
            name = self._forms.loads(token, max_age=self._longest)
        except BadData:
            return False
        return isinstance(name, str) and hmac.compare_digest(name, visit.name)

    def form_key(self, visit: Visit, form: str) -> str:
        """A new key for one form of this visit, signed."""
        return str(self._form_keys.dumps([visit.name, form, secrets.token_urlsafe(18)]))

    def sent(self, visit: Visit, form: str, key: str, fields: Mapping[str, str]) -> str | None:
        """What a form was sent as: the same for the same key and fields, and nothing that tells what was typed.

        Args:
            visit: who sends it.
            form: which one.
            key: that came with it.
            fields: what was typed.

        Returns:
            None where the key is none that we gave to this visit for this form.
        """
        try:
            name, kind, number = self._form_keys.loads(key, max_age=self._longest)
        except (BadData, ValueError, TypeError):
            return None
        if not hmac.compare_digest(f"{name}".encode(), visit.name.encode()) or kind != form:
            return None
        said = json.dumps([name, kind, number, sorted(fields.items())], ensure_ascii=True).encode()
        return hmac.new(self._key, b"form sent|" + said, hashlib.sha256).hexdigest()


def comes_from_elsewhere(call: Request) -> bool:
    """Whether a browser says that another site made it send this call (Fetch Metadata)."""
    site = call.headers.get("sec-fetch-site", "none")
    return call.method not in {"GET", "HEAD"} and site not in _SAME_SITE
