"""What an authorised agent is told of its request (Data Rights Protocol, section 3.02)."""

from datetime import date

import pytest

from data_contracts.doors.pages import CaseStatus
from data_contracts.vocabulary import CaseState, Right
from tasks.rules.others.drp import exercise_status


def standing(state: CaseState, outcome: str = "", *reasons: str) -> CaseStatus:
    """A case that stands so."""
    return CaseStatus(
        case_id="C-1",
        right=Right.ERASURE,
        language="en",
        state=state,
        received_on=date(2026, 3, 2),
        response_due=None if state is CaseState.IDENTITY_ASKED else date(2026, 4, 2),
        is_extended=False,
        awaits="",
        outcome=outcome,
        reasons=reasons,
        steps=(),
        may_withdraw=False,
        has_package=False,
    )


@pytest.mark.parametrize(
    ("case", "told"),
    [
        (standing(CaseState.RECEIVED), ("in_progress", "")),
        (standing(CaseState.IDENTITY_ASKED), ("in_progress", "need_user_verification")),
        (standing(CaseState.ACTING), ("in_progress", "")),
        (standing(CaseState.ARCHIVED, "granted"), ("fulfilled", "")),
        (standing(CaseState.ARCHIVED, "granted_in_part"), ("fulfilled", "")),
        (standing(CaseState.ARCHIVED, "nothing_found"), ("denied", "no_match")),
        (standing(CaseState.ARCHIVED, "identity_failed"), ("denied", "insuf_verification")),
        (standing(CaseState.ARCHIVED, "refused", "excessive"), ("denied", "too_many_requests")),
        (standing(CaseState.ARCHIVED, "refused", "manifestly_unfounded"), ("denied", "suspected_fraud")),
        (standing(CaseState.ARCHIVED, "refused", "legal_obligation"), ("denied", "claim_not_covered")),
        (standing(CaseState.ARCHIVED, "referred"), ("denied", "claim_not_covered")),
        (standing(CaseState.ARCHIVED, "duplicate"), ("denied", "other")),
        (standing(CaseState.WITHDRAWN, "withdrawn"), ("revoked", "")),
    ],
)
def test_status_of_each_standing(case: CaseStatus, told: tuple[str, str]) -> None:
    """Status and reason; the address to prove oneself at only where that is awaited."""
    said = exercise_status(case, verify_at="https://privacy.example/status")

    assert (said["status"], said.get("reason", "")) == told
    assert ("user_verification_url" in said) == (told[1] == "need_user_verification")
    assert ("expected_by" in said) == (case.response_due is not None)
