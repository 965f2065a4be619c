"""Acting until it is proven, with people where the proof fails; and agreeing on a plan before anything is done."""

from collections.abc import Callable, Mapping

from data_contracts.errors import ActUnproven
from data_contracts.vocabulary import Decision, Gate
from flows.gates import ask
from flows.stages import approve, locate, over_systems
from tasks.approval import Question
from tasks.ledger import is_done
from tasks.locate_data import forget_search
from tasks.proving import act_again, record_by_hand, times_acted_again
from tasks.services import services
from tasks.step import Step

Counts = Mapping[str, int]


def agree_on_plan(
    case_id: str,
    measure: Step[[str, str], Counts],
    plan: Callable[[str, Mapping[str, Counts]], str],
    confirm: Callable[[str, Mapping[str, Counts]], bool],
) -> bool:
    """Locate, plan, have people approve, and look again just before acting; False when it ended in a refusal.

    A plan that changed since people saw it goes back to them (law 5). Where it cannot be told any more whose data
    these are, a person says so and nothing is done (law 8).
    """
    while not is_done(case_id, "confirm"):
        if not is_done(case_id, "locate") and not locate(case_id):
            return False
        if not is_done(case_id, "plan"):
            plan(case_id, over_systems(case_id, measure, services().contracts.systems))
        if not approve(case_id):
            return False
        forget_search(case_id)
        if not locate(case_id):
            return False
        confirm(case_id, over_systems(case_id, measure, services().contracts.systems))
    return True


def until_proven(case_id: str, act: Callable[[], None], prove: Callable[[], object]) -> None:
    """Act, look again, and have people decide about what is not as planned, until it is proven or done by hand."""
    while not is_done(case_id, "prove"):
        act()
        try:
            prove()
        except ActUnproven as unproven:
            _settle_mismatch(case_id, unproven)


def _settle_mismatch(case_id: str, unproven: ActUnproven) -> None:
    entry = ask(case_id, _mismatch_question(case_id, unproven))
    if entry.outcome is Decision.BY_HAND:
        record_by_hand(case_id, entry.reference, unproven.what)
    else:
        act_again(case_id)


def _mismatch_question(case_id: str, unproven: ActUnproven) -> Question:
    """What to do about what remains; an answer is for what was shown, and is carried out once."""
    right = services().register.case(case_id).right
    return Question(
        gate=Gate.MISMATCH,
        description=(
            f"**Case {case_id}: the {right.value} is not proven.**\n\n{unproven}\n\nAnswer *retry* to act again from "
            "the sealed keys, or *by_hand* with the reference of who finished it."
        ),
        facts={"remains": unproven.what, "acted_again": times_acted_again(case_id)},
        options=(Decision.RETRY, Decision.BY_HAND),
    )
