"""What a controller is told of a request that it handed on (OpenDSR 2.0, section 8)."""

import pytest

from data_contracts.vocabulary import CaseState
from tasks.rules.others.opendsr import request_status
from tests.tasks.rules.others.test_drp import standing


@pytest.mark.parametrize(
    ("state", "outcome", "told"),
    [
        (CaseState.RECEIVED, "", "pending"),
        (CaseState.IDENTITY_ASKED, "", "pending"),
        (CaseState.IDENTITY_VERIFIED, "", "in_progress"),
        (CaseState.ARCHIVED, "granted", "completed"),
        (CaseState.ARCHIVED, "nothing_found", "completed"),
        (CaseState.WITHDRAWN, "withdrawn", "cancelled"),
        (CaseState.ARCHIVED, "identity_failed", "cancelled"),
    ],
)
def test_status_of_each_standing(state: CaseState, outcome: str, told: str) -> None:
    """And a day by which it is done, also while the clock stands still."""
    said = request_status(standing(state, outcome), controller="acme", subject_request_id="7")

    assert said["request_status"] == told
    assert said["expected_completion_time"] > "2026-04-01"
