"""Two open cases of one data subject act one after the other: what is erased can be neither shown nor put right.

A case waits for every other case of the data subject that is acting, and for those that come before it and have not
acted yet: in the order of the table of rights, then by the day of receipt.
"""

from collections.abc import Iterable

from data_contracts.case.case import Case
from data_contracts.case.rights import FACTS_OF
from data_contracts.vocabulary import CaseState

_TO_ACT = frozenset({CaseState.IDENTITY_VERIFIED, CaseState.LOCATED, CaseState.PLANNED, CaseState.APPROVED})


def come_first(case: Case, others: Iterable[Case]) -> list[str]:
    """Those of ``others`` that act before ``case``, the first to act on top.

    Args:
        case: a case that is about to act.
        others: cases of the same data subject, in any state. Those whose identity is not verified hold nobody up.
    """
    first = (
        other
        for other in others
        if other.state is CaseState.ACTING or (other.state in _TO_ACT and _place(other) < _place(case))
    )
    return [other.case_id for other in sorted(first, key=_place)]


def _place(case: Case) -> tuple[int, str, str]:
    return FACTS_OF[case.right].place, case.received_at.isoformat(), case.case_id
