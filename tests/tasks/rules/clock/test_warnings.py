"""Art. 12(3), charter 7b: warnings before dates, and when the DPO is told."""

import pytest

from data_contracts.vocabulary import CaseState
from tasks.rules.clock.warnings import OVERDUE, escalates, has_acted, is_answered, warning_level

DAYS = [10, 5, 2]


@pytest.mark.parametrize(
    ("left", "level"),
    [(30, ""), (11, ""), (10, "10"), (6, "10"), (5, "5"), (3, "5"), (2, "2"), (0, "2"), (-1, OVERDUE), (-90, OVERDUE)],
)
def test_level_is_the_least_that_was_reached(left: int, level: str) -> None:
    """On its last day an answer is still in time."""
    assert warning_level(left, DAYS) == level


@pytest.mark.parametrize(
    ("level", "state", "is_told"),
    [
        ("10", CaseState.ACKNOWLEDGED, False),
        ("5", CaseState.ACKNOWLEDGED, False),
        ("2", CaseState.ACKNOWLEDGED, True),
        ("2", CaseState.APPROVED, True),
        ("2", CaseState.ACTING, False),
        ("2", CaseState.VERIFIED, False),
        (OVERDUE, CaseState.ACTING, True),
    ],
)
def test_dpo_is_told_when_nothing_happens(level: str, state: CaseState, *, is_told: bool) -> None:
    """At the last warning where nothing was done, and always when it is over."""
    assert escalates(level, state, DAYS) == is_told


@pytest.mark.parametrize("state", CaseState)
def test_answered_is_what_was_told(state: CaseState) -> None:
    """A refusal that nobody was told of is no answer."""
    assert is_answered(state) == (state in {CaseState.SUBJECT_TOLD, CaseState.ARCHIVED, CaseState.PURGED})
    assert has_acted(state) or not is_answered(state)
