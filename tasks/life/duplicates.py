"""Duplicates: the same data subject asks for the same thing again while it is being handled.

Looked at once, after identity was verified and never before (law 4), among cases that are verified themselves:
a stranger's request neither learns of a case nor is answered by it. Two requests are the same when

1. right and statement are equal, compared as a keyed digest, so that the register holds nobody's words;
2. the second names no identity key that the first lacks: the first finds at least as much;
3. what is asked is known: two letters that nobody has put into terms yet may ask for different things;
4. the data subject asks in person, both times: who acts for somebody must first show that they may;
5. the first was not acted on yet, so that its answer covers what is held now.
"""

import hashlib
import hmac

from data_contracts.case.case import Case, CaseChange
from data_contracts.evidence.records import Record, canonical
from data_contracts.vocabulary import CaseState, Requester, Right
from tasks.case.sealed import subject_request
from tasks.rules.act.rectification import says_nothing
from tasks.services import services
from tasks.steps.step import step

SINGLE = "single"
"""The step's name in the ledger; done, the case was admitted and is carried out by itself or linked."""
_NOT_ACTED = frozenset({CaseState.IDENTITY_VERIFIED, CaseState.LOCATED, CaseState.PLANNED, CaseState.APPROVED})


@step("look for duplicates")
def link_duplicate(case_id: str) -> str:
    """The case that this one is a duplicate of, linked to it; empty when it is to be carried out by itself."""
    register = services().register
    case = register.case(case_id)
    settled = register.step(case_id, SINGLE)
    if settled is not None or case.state is not CaseState.IDENTITY_VERIFIED:
        return case.linked_to
    asked = _asked(case)
    first = _same(case, asked)
    receipt = {"asked": asked, "duplicate_of": first}
    if not first:
        register.complete(case_id, SINGLE, receipt=receipt, record=None)
        return ""
    register.complete(
        case_id,
        SINGLE,
        receipt=receipt,
        record=Record("duplicate", "", {"linked_to": first}),
        move=(CaseState.DUPLICATE, f"the same request is handled in {first}"),
        outcome="duplicate",
        change=CaseChange(linked_to=first),
    )
    return first


def _asked(case: Case) -> str:
    """What the data subject asks, as a keyed digest; empty when it is not known yet, or somebody else asks for them."""
    statement = subject_request(case.case_id).statement
    is_unknown = case.right is Right.RECTIFICATION and says_nothing(statement)
    if is_unknown or statement.requester is not Requester.SUBJECT:
        return ""
    words = canonical({"right": case.right.value, "statement": statement.model_dump(mode="json")})
    return hmac.digest(services().pseudonym_key(), b"statement:" + words, hashlib.sha256).hex()


def _same(case: Case, asked: str) -> str:
    """The first open, verified case that asks the same; empty when there is none."""
    register = services().register
    keys = set(register.subject_keys(case.case_id))
    others = [register.case(name) for name in register.cases_of(keys) if name != case.case_id] if asked else []
    for other in sorted(others, key=lambda one: (one.opened_at, one.case_id)):
        entry = register.step(other.case_id, SINGLE)
        is_same = entry is not None and entry.receipt.get("asked") == asked
        if is_same and other.state in _NOT_ACTED and keys <= set(register.subject_keys(other.case_id)):
            return other.case_id
    return ""
