"""The part of a life that rights which answer with a copy share: stage, have texts read, plan, agree (Art. 15, 20)."""

from collections.abc import Callable

from flows.rights.stages import approve, locate, over_systems
from flows.runs.gates import ask
from tasks.case.plans import confirm_staged
from tasks.rules.act.redaction import Showing
from tasks.search.locate import stage_rows
from tasks.search.review import is_settled, look_for_texts, review_question, settle_review
from tasks.services import services
from tasks.steps.ledger import is_done


def agree_on_copy(case_id: str, showing: Showing, plan: Callable[[str], str]) -> bool:
    """Locate, stage, have free texts read, plan, and have people approve; False when it ended in a refusal."""
    while True:
        if not is_done(case_id, "plan"):
            if not is_done(case_id, "locate") and not locate(case_id):
                return False
            over_systems(case_id, stage_rows, services().contracts.systems)
            have_texts_read(case_id, showing)
            plan(case_id)
        if not approve(case_id):
            return False
        if confirm_staged(case_id):
            return True


def have_texts_read(case_id: str, showing: Showing) -> None:
    """Wait until a person has read every free text that would go out; at once where there is none (Art. 15(4))."""
    if not look_for_texts(case_id, showing):
        return
    while not is_settled(case_id):
        ask(case_id, review_question(case_id))
        settle_review(case_id)
