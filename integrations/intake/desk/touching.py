"""A touch of a passkey in the place of a code, for any form of the desk: the page that asks for it, and its answer.

What was typed is sent again with the touch. The challenge is over a digest of where it goes and of every field, so that
a touch for one form is none for another, nor for the same form filled in differently.
"""

from collections.abc import Mapping
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from data_contracts.evidence.records import canonical, digest
from data_contracts.gates.passkeys import Touch, TouchedFor
from integrations.intake.desk.sitting import Desk
from integrations.intake.web.cookies import Visit
from integrations.intake.web.protection import with_our_script

ANSWER: Final = "assertion"
"""The field in which a page sends what the browser gave back."""
_FORM: Final = "form"
_APART: Final = frozenset({ANSWER, "token", "code"})
_LONGEST: Final = 20_000

Fields = Mapping[str, str]


def visit_mark(visit: Visit) -> str:
    """The digest by which the register knows a visit."""
    return digest(visit.name.encode())


def touch_of(visit: Visit, fields: Fields) -> Touch:
    """What a browser gave back."""
    return Touch(fields.get(ANSWER, "")[:_LONGEST], visit_mark(visit))


def typed_in(fields: Fields) -> dict[str, str]:
    """What a person typed, without what the page adds and without the factor."""
    return {name: value for name, value in fields.items() if name not in _APART}


def bound(path: str, fields: Fields) -> tuple[str, str]:
    """What a touch for a form is for, and the digest of the form."""
    return _FORM, digest(canonical([path, sorted(typed_in(fields).items())]))


def wants_touch(desk: Desk, who: str, fields: Fields) -> bool:
    """Whether a form came with neither code nor touch, from somebody who has passkeys."""
    return not fields.get("code", "").strip() and ANSWER not in fields and bool(desk.door.factors.passkeys(who))


def factor_of(path: str, visit: Visit, fields: Fields) -> str | TouchedFor:
    """The code that came with a form, or the touch in its place."""
    if ANSWER not in fields:
        return fields.get("code", "")
    return TouchedFor(touch_of(visit, fields), bound(path, fields))


def ask_for_form(desk: Desk, call: Request, who: str, fields: Fields) -> Response:
    """The page that asks for the touch that a form needs, and sends the form again with it."""
    visit, path = desk.seal.visit(call), call.url.path
    options = desk.door.factors.ask(who, bound(path, fields), visit_mark(visit))
    return touch_page(desk, call, action=path, options=options, fields=typed_in(fields))


def touch_page(  # noqa: PLR0913  # what a page shows
    desk: Desk,
    call: Request,
    *,
    action: str,
    options: str,
    fields: Fields,
    way: str = "get",
    shown: object = (),
) -> Response:
    """A page with one button: it asks the browser for a passkey.

    Args:
        desk: whose page it is.
        call: that it answers.
        action: where the answer is sent.
        options: for the browser.
        fields: sent with the answer.
        way: ``get`` to use a passkey, ``create`` to make one.
        shown: decisions that are signed, to be read before.
    """
    page = desk.page(
        call, "touch.html.j2", action=action, options=options, fields=fields, way=way, answer=ANSWER, shown=shown
    )
    return with_our_script(page)
