"""Handing an answer package over: by a link to a proven address, and nowhere else (Art. 12(3), 15(3), 32; law 4)."""

from contextlib import AbstractContextManager
from typing import BinaryIO

from data_contracts.case.links import LinkPurpose
from data_contracts.errors import RequestInvalid
from data_contracts.evidence.records import Record, digest
from data_contracts.told.notices import Content
from data_contracts.vocabulary import NoticeKind
from tasks.case.sealed import PACKAGE, PROVEN, subject_request
from tasks.notices.links import package_link, use_link
from tasks.notices.notify_subject import send_notice
from tasks.services import services

_MOST_LINKS = 5
"""How often a new link can be asked for; after that a person hands the package over."""
_ASKED = f"notice.{NoticeKind.PACKAGE_LINK.value}"


def send_new_link(case_id: str) -> bool:
    """Send another link to the proven address, and end those sent before; False where none may be sent any more."""
    provided = services()
    sent = sum(1 for step, _ in provided.register.steps(case_id) if step.startswith(_ASKED))
    if sent >= _MOST_LINKS or not provided.vault.has(case_id, PROVEN) or not provided.vault.has(case_id, PACKAGE):
        return False
    provided.register.end_links(case_id, LinkPurpose.PACKAGE, provided.now())
    link, until = package_link(case_id)
    to = subject_request(case_id).reply_to
    send_notice(case_id, NoticeKind.PACKAGE_LINK, Content(link=link, link_until=until), number=sent + 1, to=to)
    return True


def hand_over(token: str) -> tuple[str, AbstractContextManager[BinaryIO]]:
    """The case and the plain bytes of its package, for who holds a link; the handing over is in evidence first.

    Raises:
        RequestInvalid: when the link opens nothing.
        VaultSealed: when the package's time is over.
    """
    link = use_link(token, LinkPurpose.PACKAGE)
    if not services().vault.has(link.case_id, PACKAGE):
        raise RequestInvalid("the package is not kept any more", where="link", remedy="make a new request")
    name = digest(link.digest.encode())[:16]
    record = Record("hand over", "", {"what": PACKAGE, "to": "holder of the link sent to the proven address"})
    services().register.complete(link.case_id, "hand over", name, receipt={}, record=record)
    return link.case_id, services().vault.read(link.case_id, PACKAGE)
