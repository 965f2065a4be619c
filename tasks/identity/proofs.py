"""Proofs of identity that came: documents in the vault as ``proof.*``, and what software was shown over the wire.

Both are noted in the ledger with the day they came, which ends the pause of the clock (Art. 12(3), 12(6)).
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

from data_contracts.case.case import Case
from data_contracts.case.documents import DocumentKind
from tasks.case.clock import pauses_of
from tasks.services import services
from tasks.steps.ledger import is_done

CAPACITY_PROOF = "proof.requester."
"""Names in the vault of what shows that the requester may act for the data subject."""
PREFIXES: Mapping[DocumentKind, str] = {
    DocumentKind.IDENTITY: "proof.identity.",
    DocumentKind.CAPACITY: CAPACITY_PROOF,
    DocumentKind.RECTIFICATION: "proof.rectification.",
}
"""How names in the vault of documents begin, by what they show."""
_LOOKED_AT_LATER = (PREFIXES[DocumentKind.CAPACITY], PREFIXES[DocumentKind.RECTIFICATION])
DOCUMENT_CAME = "came_on"
"""Key of a document step's receipt: the day the first document came."""
SHOWN_ON: Final = "on"
"""Key of a proof step's receipt: the day the proof came over the wire."""

MAIL_LINK: Final = "mail_link"
CLIENT_SPACE: Final = "client_space"
FACTS: Final = "facts"
WAYS: Final = (MAIL_LINK, CLIENT_SPACE, FACTS)
"""Ways of proving identity by software."""


def proof_step(way: str) -> str:
    """Step of the ledger: a proof of that kind came."""
    return f"proof.{way}"


def proven_by(case_id: str) -> str:
    """The way in which software was shown who asks; empty while no proof came."""
    return next((way for way in WAYS if is_done(case_id, proof_step(way))), "")


def shown_on(case_id: str, way: str) -> date:
    """The day a proof of that kind came over the wire, which was noted before."""
    entry = services().register.steps(case_id)[proof_step(way), ""]
    return date.fromisoformat(str(entry.receipt[SHOWN_ON]))


def document_step(kind: DocumentKind, asked: int) -> str:
    """The step of the ledger that notes the first document after a proof was asked for the so-many-th time."""
    return f"document.{kind.value}.{asked}"


def document_came_on(case: Case) -> date | None:
    """The day a document of identity came that answers what was asked for last; None while there is none."""
    step = document_step(DocumentKind.IDENTITY, len(pauses_of(case)))
    entry = services().register.step(case.case_id, step)
    return None if entry is None else date.fromisoformat(str(entry.receipt[DOCUMENT_CAME]))


def destroy_proofs(case_id: str) -> None:
    """Destroy what was shown as proof of identity; what shows something else is looked at, and destroyed, later."""
    vault = services().vault
    for name in vault.names(case_id):
        if name.startswith("proof.") and not name.startswith(_LOOKED_AT_LATER):
            vault.remove(case_id, name)
