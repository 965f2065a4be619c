"""OpenDSR 2.0: what a controller is told of a request that it handed on; nothing personal.

Source: OpenDSR 2.0, section 8.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Final

from data_contracts.doors.pages import CaseStatus
from data_contracts.vocabulary import CaseState

_CANCELLED: Final = frozenset({"withdrawn", "refused", "identity_failed", "referred", "duplicate"})
"""Outcomes in which nothing was carried out here; the data subject is told why, and the remedies."""
_PENDING: Final = frozenset({CaseState.RECEIVED, CaseState.ACKNOWLEDGED, CaseState.IDENTITY_ASKED})
_LONGEST: Final = timedelta(days=92)
"""Three months: while the clock stands still nobody knows the day, and it cannot be later."""


def request_status(case: CaseStatus, *, controller: str, subject_request_id: str) -> Mapping[str, str]:
    """The status of a case, as section 8.3 asks for it."""
    expected = case.response_due or case.received_on + _LONGEST
    return {
        "controller_id": controller,
        "subject_request_id": subject_request_id,
        "request_status": _status(case),
        "expected_completion_time": datetime.combine(expected, time(23, 59, 59), UTC).isoformat(),
    }


def _status(case: CaseStatus) -> str:
    if case.outcome in _CANCELLED:
        return "cancelled"
    if case.outcome:
        return "completed"
    return "pending" if case.state in _PENDING else "in_progress"
