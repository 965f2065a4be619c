"""Which warning a case's clock calls for, and whether somebody must be told that nothing happens (Art. 12(3)).

>>> warning_level(4, [10, 5, 2])
'5'
"""

from collections.abc import Sequence

from data_contracts.vocabulary import CaseState

OVERDUE = "overdue"
_ANSWERED = frozenset({CaseState.SUBJECT_TOLD, CaseState.ARCHIVED, CaseState.PURGED})
_ACTED = frozenset({CaseState.ACTING, CaseState.VERIFIED, CaseState.RECIPIENTS_TOLD})


def warning_level(days_left: int, warn_days: Sequence[int]) -> str:
    """The warning for so many days: ``overdue``, the least of ``warn_days`` that was reached, or empty for none yet."""
    if days_left < 0:
        return OVERDUE
    reached = [days for days in warn_days if days_left <= days]
    return str(min(reached)) if reached else ""


def is_answered(state: CaseState) -> bool:
    """Whether the data subject has the answer, so that no date can be missed any more."""
    return state in _ANSWERED


def has_acted(state: CaseState) -> bool:
    """Whether what was asked is being done, was done, or was answered."""
    return state in _ACTED or is_answered(state)


def escalates(level: str, state: CaseState, warn_days: Sequence[int]) -> bool:
    """Whether the DPO is written to: the answer is late, or the last warning came and nothing was done yet."""
    if level == OVERDUE:
        return True
    return level == str(min(warn_days)) and not has_acted(state)
