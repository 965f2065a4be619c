"""Data Rights Protocol: which right an agent's request exercises, and what it is told of where that stands.

Nothing personal goes to an agent, nor whether somebody is known before they were proven to be who they are: until then
a request needs the person's own verification, whoever asks for them.

Source: Data Rights Protocol, sections 3.01 (rights actions), 3.02 (statuses), 3.03 (exercise status).
"""

from collections.abc import Mapping
from typing import Final

from data_contracts.case.request import Statement
from data_contracts.doors.pages import CaseStatus
from data_contracts.vocabulary import CaseState, Right

ACTIONS: Final[Mapping[str, tuple[Right, Statement]]] = {
    "access": (Right.ACCESS, Statement()),
    "access:categories": (Right.ACCESS, Statement()),
    "access:specific": (Right.ACCESS, Statement()),
    "deletion": (Right.ERASURE, Statement()),
    "sale:opt_out": (Right.OBJECTION, Statement(sharing=True)),
    "sale:opt-out": (Right.OBJECTION, Statement(sharing=True)),
}
"""Rights actions that we take; a renewed consent to a sale is not ours to take from an agent."""
_FULFILLED: Final = frozenset({"granted", "granted_in_part"})
_DENIED: Final[Mapping[str, str]] = {
    "identity_failed": "insuf_verification",
    "nothing_found": "no_match",
    "referred": "claim_not_covered",
    "duplicate": "other",
}
_GROUNDS: Final[Mapping[str, str]] = {"excessive": "too_many_requests", "manifestly_unfounded": "suspected_fraud"}


def exercise_status(case: CaseStatus, *, verify_at: str = "", agent_request_id: str = "") -> dict[str, str]:
    """The exercise status object of a case.

    Args:
        case: where it stands.
        verify_at: address at which the person can prove who they are.
        agent_request_id: what the agent calls the request; empty where it gave no name.
    """
    status, reason = _status(case)
    told = {
        "request_id": case.case_id,
        "received_at": case.received_on.isoformat(),
        "status": status,
        "reason": reason,
        "expected_by": case.response_due.isoformat() if case.response_due else "",
        "processing_details": "extended by two months, with reasons told to the person" if case.is_extended else "",
        "user_verification_url": verify_at if reason == "need_user_verification" else "",
        "agent_request_id": agent_request_id,
    }
    return {name: value for name, value in told.items() if value}


def _status(case: CaseStatus) -> tuple[str, str]:
    if case.outcome == "withdrawn":
        return "revoked", ""
    if case.outcome == "refused":
        return "denied", next((_GROUNDS[one] for one in case.reasons if one in _GROUNDS), "claim_not_covered")
    if case.outcome in _DENIED:
        return "denied", _DENIED[case.outcome]
    if case.outcome in _FULFILLED:
        return "fulfilled", ""
    return "in_progress", "need_user_verification" if case.state is CaseState.IDENTITY_ASKED else ""
