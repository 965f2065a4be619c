"""Portability (Art. 20): what of the subject's data is portable, as a package for people and programs."""

from data_contracts.case.confirmed import Confirmed
from data_contracts.told.notices import Content, PackageContent
from data_contracts.vocabulary import CaseState, NoticeKind
from tasks.act.packing import content_of, pack, plan_of
from tasks.act.transmission import reason_of_refusal, recipient_of, told
from tasks.case.parts import require_parts
from tasks.case.plans import freeze, planned
from tasks.case.sealed import PACKAGE, sealed_text
from tasks.notices.links import package_link
from tasks.notices.notify_subject import send_notice, titles_by_hand, was_told
from tasks.rules.act.portability import Portability
from tasks.rules.act.redaction import Showing
from tasks.search.referrals import referrals_of
from tasks.search.staged import staged_counts
from tasks.services import services
from tasks.steps.acting import act
from tasks.steps.ledger import is_done
from tasks.steps.step import step, until_done


def portable() -> Showing:
    """How the right shows tables, under the contracts of the installation."""
    return Portability(services().contracts).showing


def portable_content(case_id: str) -> PackageContent:
    """What is in the package of a case, table by table."""
    return content_of(case_id, portable())


@step("plan", watched=until_done("plan"))
def plan_portability(case_id: str) -> str:
    """The plan of what is portable, what is left out and who receives it, from what was staged; returns its digest."""
    return planned(case_id) or freeze(plan_of(case_id, portable(), send_to=recipient_of(case_id)))


@act("act")
def build_portable_package(case_id: str, confirmed: Confirmed) -> int:
    """Build and seal the package of what is portable, as people approved it; the number of rows in it."""
    return pack(case_id, portable(), confirmed)


@act("tell answer")
def tell_portable(case_id: str, rows: int, confirmed: Confirmed) -> str:
    """Tell that the data to take along are ready, who has them, or that none of what we hold is portable, and why."""
    if via := was_told(case_id, NoticeKind.ANSWER):
        return via  # what was sealed may be destroyed by now
    is_refused = not rows and any(staged_counts(case_id).values())
    if is_done(case_id, "act"):
        require_parts(case_id, [PACKAGE])
    link, until = package_link(case_id)
    content = Content(
        link=link,
        link_until=until,
        found_rows=rows,
        by_hand=titles_by_hand(case_id),
        reasons=("not_portable",) if is_refused else (),
        referrals=referrals_of(case_id),
        recipients=told(case_id),
        reason_text=sealed_text(case_id, reason_of_refusal(case_id)),
    )
    move = (CaseState.SUBJECT_TOLD, "answer sent")
    return send_notice(case_id, NoticeKind.ANSWER, content, move=move, confirmed=confirmed)
