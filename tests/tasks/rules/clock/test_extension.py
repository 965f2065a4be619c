"""Art. 12(3), third sentence: when an answer may take two months longer, and what is said for it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data_contracts.case.case import Case
from data_contracts.errors import AnswerRefused
from data_contracts.vocabulary import CaseState, Channel, Right
from tasks.rules.clock.extension import check_extension, check_reason

BY = date(2026, 4, 30)
AT = datetime(2026, 3, 31, 10, tzinfo=UTC)
CASE = Case("C-1", Right.ACCESS, Channel.FORM, "fr", CaseState.LOCATED, "", AT, BY, AT, None)


@pytest.mark.parametrize("today", [AT.date(), BY])
def test_told_within_the_first_month(today: date) -> None:
    """Until the end of its last day."""
    check_extension(CASE, notice_by=BY, today=today, paused=False)


@pytest.mark.parametrize(
    ("changed", "today", "paused", "why"),
    [
        pytest.param({}, BY + timedelta(days=1), False, "too late", id="late"),
        pytest.param({"is_extended": True}, BY, False, "extended before", id="twice"),
        pytest.param({}, BY, True, "stands still", id="paused"),
        pytest.param({"state": CaseState.SUBJECT_TOLD}, BY, False, "no answer left", id="answered"),
        pytest.param({"state": CaseState.REFUSED, "outcome": "refused"}, BY, False, "no answer left", id="refused"),
    ],
)
def test_no_extension(changed: dict[str, Any], today: date, why: str, *, paused: bool) -> None:
    """Late, twice, of a clock that stands still, or of an answer that was given."""
    with pytest.raises(AnswerRefused, match=why):
        check_extension(replace(CASE, **changed), notice_by=BY, today=today, paused=paused)


@pytest.mark.parametrize("reason", ["complexity", "number_of_requests"])
def test_reasons_of_the_law(reason: str) -> None:
    """There are two."""
    check_reason(reason, "Your data lie in nine archives.")


@pytest.mark.parametrize(
    ("reason", "text", "why"),
    [
        ("holidays", "We are away.", "knows no such reason"),
        ("", "x", "knows no such reason"),
        ("complexity", " ", "with its reasons"),
    ],
)
def test_reasons_that_are_none(reason: str, text: str, why: str) -> None:
    """A code that the law does not know, or a code without words."""
    with pytest.raises(AnswerRefused, match=why):
        check_reason(reason, text)
