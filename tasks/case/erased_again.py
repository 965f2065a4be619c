"""Erasing again what came back: a case that nobody asked for, under the reference of the first (Art. 5(2), 17).

A restored backup does not end an erasure that was granted; the controller carries it out again. The new case is a case
like any other: it is located, planned, rehearsed, approved by as many people as the policy wants, carried out, proven
and witnessed. Three things differ:

1. identity was proven in the earlier case, whose digests the rows bear; the clear keys are read from these rows;
2. nobody is written to: the data subject was told in the earlier case, and has asked nothing since;
3. it stands in the evidence of both cases which one it follows.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from data_contracts.case.case import Case, NewCase
from data_contracts.case.request import SubjectRequest
from data_contracts.evidence.records import Facts, Record
from data_contracts.vocabulary import CaseState, Channel, Right
from tasks.case.clock import IDENTITY, place
from tasks.case.sealed import REQUEST, write_json
from tasks.rules.clock.deadlines import response_due
from tasks.rules.search.returned import ReturnedPerson
from tasks.services import services
from tasks.steps.ledger import is_done
from tasks.steps.step import step

AGAIN: Final = "erased before"
"""The ledger's name of the step that says which case this one follows."""
_FOLLOWED: Final = "erased again"
_TOLD: Final = "told before"


class Cause(StrEnum):
    """Why somebody's data are erased again."""

    CAME_BACK = "came back"
    """A backup was restored, or rows were imported."""
    HOLD_LIFTED = "hold lifted"
    """What kept them for legal claims is over (Art. 17(3)(e))."""


def open_again(person: ReturnedPerson, cause: Cause, operator: str) -> Case:
    """The case that erases again what a person's latest request had erased: an open one, else a new one.

    Safe to call again: it is registered, linked and sealed once. It says that nobody asked for it before its keys are
    sealed, so that a flow that is quicker finds no keys, and writes to nobody.

    Args:
        person: whose data; the keys are sealed with the case.
        cause: why.
        operator: who ordered it; proven by the caller.
    """
    register = services().register
    origin = _request_of(person)
    case = _open(origin)
    while case.is_ended:
        case = _open(origin, after=case.case_id)
    if not is_done(case.case_id, AGAIN):
        receipt: Facts = {"origin": origin.case_id, "plain": person.is_same_account}
        facts: Facts = {**receipt, "cause": cause.value, "rows": dict(person.rows), "ordered_by": operator}
        register.complete(
            case.case_id,
            AGAIN,
            receipt=receipt,
            record=Record(AGAIN, "", facts, actor=operator),
            move=(CaseState.ACKNOWLEDGED, f"{cause.value}: erased before in {origin.case_id}"),
            actor=operator,
        )
    if not (is_done(case.case_id, IDENTITY) or services().vault.has(case.case_id, REQUEST)):
        given = {kind: sorted(values) for kind, values in sorted(person.identity.items())}
        write_json(case.case_id, REQUEST, SubjectRequest(identity=given).model_dump())
    register.complete(
        origin.case_id,
        _FOLLOWED,
        case.case_id,
        receipt={},
        record=Record(_FOLLOWED, "", {"case": case.case_id, "cause": cause.value}),
    )
    return case


def follows(case_id: str) -> str:
    """The case that erased before, of a case that nobody asked for; empty for a request."""
    return str(_receipt(case_id).get("origin", ""))


def is_plain(case_id: str) -> bool:
    """Whether the rows name the account that was erased, and no other."""
    return bool(_receipt(case_id).get("plain", False))


@step(_TOLD)
def tell_nobody(case_id: str) -> str:
    """Note that the data subject was told in the case that erased before, and is not written to again."""
    origin = follows(case_id)
    services().register.complete(
        case_id,
        _TOLD,
        receipt={},
        record=Record(_TOLD, "", {"told_in": origin}),
        move=(CaseState.SUBJECT_TOLD, f"told in {origin}"),
    )
    return ""


def open_cases_again() -> list[str]:
    """Cases that nobody asked for and that are not ended, by name."""
    found = services().register.cases(open_only=True)
    return sorted(case.case_id for case in found if case.right is Right.ERASURE and follows(case.case_id))


def _request_of(person: ReturnedPerson) -> Case:
    """The latest request that erased; of cases that nobody asked for one, where the list knows no other."""
    every = [services().register.case(name) for name in person.cases]
    asked = [case for case in every if not follows(case.case_id)]
    return max(asked or every, key=lambda one: (one.opened_at, one.case_id))


def _open(origin: Case, *, after: str = "") -> Case:
    provided = services()
    now = provided.now()
    return provided.register.open_case(
        NewCase(
            right=Right.ERASURE,
            channel=Channel.LETTER,
            language=origin.language,
            received_at=now,
            response_due=response_due(now, place=place()).response_due,
            request_key=f"again:{origin.case_id}:{after}",
        )
    )


def _receipt(case_id: str) -> Mapping[str, Any]:
    entry = services().register.step(case_id, AGAIN)
    return entry.receipt if entry is not None and entry.state == "done" else {}
