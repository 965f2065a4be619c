"""Links that are sent to people: signed, for one thing, until a day, and used once (Art. 12(6), 32).

The secret stands in the link alone; the register keeps its digest. A signature that is not ours is told apart before
anything is looked up. Looking at a link does not use it: programs that read mail open every address in it.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

from data_contracts.case.links import Link, LinkPurpose
from data_contracts.errors import RequestInvalid
from tasks.case.clock import day_of
from tasks.case.parts import has_part
from tasks.case.sealed import PACKAGE, PROVEN
from tasks.services import services

_BYTES = 32
_LONGEST = 200
_ASK_ANEW = "ask for a new link on the status page of your request"


def make_link(case_id: str, purpose: LinkPurpose, lasts: timedelta) -> tuple[str, datetime]:
    """The address to send, and until when it opens what it is for."""
    provided, secret = services(), secrets.token_urlsafe(_BYTES)
    now = provided.now()
    provided.register.put_link(Link(_digest(secret), case_id, purpose, now, now + lasts))
    return f"{provided.site_url}/{_PATHS[purpose]}/{_signer().dumps(secret)}", now + lasts


def look_at_link(token: str, purpose: LinkPurpose) -> Link | None:
    """The link that a token is, while it is in force and for that purpose; None else. It is not used by this."""
    link = _link(token)
    if link is None or link.purpose is not purpose or link.used_at is not None:
        return None
    return link if services().now() < link.expires_at else None


def use_link(token: str, purpose: LinkPurpose) -> Link:
    """The link, used up by this: of several callers at once one gets it.

    Raises:
        RequestInvalid: when it is not ours, for something else, over, or used.
    """
    link = look_at_link(token, purpose)
    if link is None or not services().register.use_link(link.digest, services().now()):
        raise RequestInvalid("this link opens nothing any more, or never did", where="link", remedy=_ASK_ANEW)
    return link


def package_link(case_id: str) -> tuple[str, str]:
    """A link to the sealed package and the ISO date until which it opens it; empty where none may be sent.

    One is sent where software proved who reads the address that the notice goes to. Where a person checked identity in
    another way, the address that the request named is not proven by it.
    """
    provided = services()
    if not provided.site_url or not has_part(case_id, PROVEN) or not has_part(case_id, PACKAGE):
        return "", ""
    address, until = make_link(case_id, LinkPurpose.PACKAGE, timedelta(days=provided.policy.package_link_days))
    return address, day_of(until).isoformat()


_PATHS = {
    LinkPurpose.IDENTITY: "link",
    LinkPurpose.PACKAGE: "package",
    LinkPurpose.STOP_CHANGE: "stop",
    LinkPurpose.TAKE_BACK: "take-back",
}


def _link(token: str) -> Link | None:
    if len(token) > _LONGEST:
        return None
    try:
        secret = _signer().loads(token)
    except BadData:
        return None
    return services().register.link(_digest(str(secret)))


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(services().door_key(), salt="link", signer_kwargs={"digest_method": hashlib.sha256})


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
