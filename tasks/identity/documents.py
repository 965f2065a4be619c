"""Documents that people send as proof: sealed at once, kept until a person has checked them, then destroyed (law 4).

A document is taken only where one is awaited: of identity when a person asked for more proof, never before
(Art. 12(6), 5(1)(c); EDPB 01/2022 section 3.3). The day the first came ends the pause of the clock.
"""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256

from data_contracts.case.case import Case
from data_contracts.case.documents import MOST_DOCUMENTS, Document, DocumentKind
from data_contracts.errors import RequestInvalid
from data_contracts.evidence.records import Facts, Record
from data_contracts.vocabulary import CaseState, Decision, Gate, Requester, Right
from tasks.case.clock import day_of, pauses_of
from tasks.case.sealed import REQUEST, typed_request
from tasks.identity.proofs import DOCUMENT_CAME, PREFIXES, document_step
from tasks.identity.requesters import REQUESTER
from tasks.services import services
from tasks.steps.ledger import is_done

RECORD = "record"
"""The vault's and the ledger's name of a letter's scan."""


def awaited_documents(case: Case) -> tuple[DocumentKind, ...]:
    """For what the case takes documents now."""
    if case.is_ended or case.outcome or not services().vault.has(case.case_id, REQUEST):
        return ()
    return tuple(_awaited(case))


def _awaited(case: Case) -> Iterator[DocumentKind]:
    case_id = case.case_id
    gates = services().register.gates(case_id, kind=Gate.IDENTITY)
    asked = any(gate.outcome is Decision.ASK_MORE for gate in gates)
    if asked and case.state is CaseState.IDENTITY_ASKED:
        yield DocumentKind.IDENTITY
    if typed_request(case_id).statement.requester is not Requester.SUBJECT and not is_done(case_id, REQUESTER):
        yield DocumentKind.CAPACITY
    if case.right is Right.RECTIFICATION and not is_done(case_id, "plan"):
        yield DocumentKind.RECTIFICATION


def keep_document(case_id: str, kind: DocumentKind, document: Document) -> str:
    """Seal a document; its name in the vault. Sent twice it is one.

    Raises:
        RequestInvalid: when the case takes no such document now, or has as many as it keeps.
    """
    provided = services()
    case = provided.register.case(case_id)
    if kind not in awaited_documents(case):
        raise RequestInvalid("no such document is awaited", where="document", remedy="see what the case waits for")
    name = f"{PREFIXES[kind]}{sha256(document.content).hexdigest()[:16]}"
    kept = [one for one in provided.vault.names(case_id) if one.startswith(PREFIXES[kind])]
    if name not in kept and len(kept) >= MOST_DOCUMENTS:
        raise RequestInvalid("no more documents are taken", where="document", remedy="wait until they were looked at")
    with provided.vault.write(case_id, name) as blob:
        blob.write(document.content)
    _note(case, kind, document)
    return name


def keep_record(case_id: str, document: Document, *, by: str) -> None:
    """Seal the scan of a letter as the record of its case; it goes with what was staged, when the case is closed.

    Raises:
        RequestInvalid: when the case has another record already.
    """
    provided = services()
    if is_done(case_id, RECORD):
        raise RequestInvalid("the case has its record already", where=case_id, remedy="look at it at the desk")
    with provided.vault.write(case_id, RECORD) as blob:
        blob.write(document.content)
    facts: Facts = {"media_type": document.media_type, "sha256": sha256(document.content).hexdigest(), "kept_by": by}
    provided.register.complete(case_id, RECORD, receipt={}, record=Record(RECORD, "", facts, actor=by))


def _note(case: Case, kind: DocumentKind, document: Document) -> None:
    """Note the day the first document came, once for each time one was asked for."""
    step = document_step(kind, len(pauses_of(case)))
    if is_done(case.case_id, step):
        return
    day: date = day_of(services().now())
    record = Record(step, "", {"kind": kind.value, "media_type": document.media_type, "came_on": day.isoformat()})
    services().register.complete(case.case_id, step, receipt={DOCUMENT_CAME: day.isoformat()}, record=record)
