"""Portability (Art. 20): what of the subject's data is portable, as a package for people and programs."""

from data_contracts.vocabulary import CaseState, NoticeKind
from tasks.act.packing import pack, plan_of, staged_counts
from tasks.notify_subject import Content, send_notice, titles_by_hand
from tasks.plans import freeze, planned
from tasks.referrals import referrals_of
from tasks.rules.portability import Portability
from tasks.services import services
from tasks.step import step


@step("plan")
def plan_portability(case_id: str) -> str:
    """The plan of what is portable and what is left out, from what was staged; returns its digest."""
    return planned(case_id) or freeze(plan_of(case_id, _portability().showing))


@step("act")
def build_portable_package(case_id: str) -> int:
    """Build and seal the package of what is portable; the number of rows in it."""
    return pack(case_id, _portability().showing)


@step("tell answer")
def tell_portable(case_id: str, rows: int) -> str:
    """Tell that the data to take along are ready, or that none of what we hold is portable, with the reason."""
    is_refused = not rows and any(staged_counts(case_id).values())
    content = Content(
        found_rows=rows,
        by_hand=titles_by_hand(case_id),
        reasons=("not_portable",) if is_refused else (),
        referrals=referrals_of(case_id),
    )
    return send_notice(case_id, NoticeKind.ANSWER, content, move=(CaseState.SUBJECT_TOLD, "answer sent"))


def _portability() -> Portability:
    return Portability(services().contracts)
