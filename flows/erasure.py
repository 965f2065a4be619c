"""Erasure (Art. 17): what no exemption keeps is erased in every system, and it is proven afterwards."""

from prefect import flow

from data_contracts.errors import ErasureUnproven
from data_contracts.vocabulary import Decision, Gate
from flows.forms import RequestForm
from flows.gates import ask
from flows.opening import case_flow
from flows.stages import admit, approve, case_of, is_done, locate, over_systems, refuse, search_all, send
from tasks.act.erasure import confirm_plan, erase_in_system, measure_system, plan_erasure, systems_in_order
from tasks.act.proof import (
    act_again,
    erased_rows,
    judge_erasure,
    kept_items,
    record_by_hand,
    recount_system,
    tell_erasure,
    times_acted_again,
)
from tasks.approval import Question
from tasks.archive_evidence import archive_evidence
from tasks.locate_data import AGAIN, by_hand, forget_search, look_again
from tasks.services import services


@flow(name="erasure", validate_parameters=False, persist_result=False)
def erasure(case_id: str = "", request: RequestForm = RequestForm()) -> str:  # noqa: B008  # the form's defaults
    """Carry out a request for erasure (Art. 17).

    Start it with a case id to carry a registered case on, or fill in the request of a letter or telephone call: what
    is typed is sealed and wiped from Prefect before anything else happens.

    Args:
        case_id: Leave it empty to register a request below. With a case id, that case is carried on.
        request: What came by letter, e-mail or telephone. It is sealed, then wiped from Prefect.
    """
    return case_flow("erasure", case_id, request, carry_out)


def carry_out(case_id: str) -> str:
    """The life of an erasure case, from wherever it stands; returns how it ended."""
    if not admit(case_id):
        return refuse(case_id)
    while not is_done(case_id, "confirm"):
        if not is_done(case_id, "locate") and not locate(case_id):
            return refuse(case_id)
        if not is_done(case_id, "plan"):
            plan_erasure(case_id, over_systems(case_id, measure_system, services().contracts.systems))
        if not approve(case_id):
            return refuse(case_id)
        if not _look_before_acting(case_id):
            return refuse(case_id)
    _act_until_proven(case_id)
    send(case_id, lambda: tell_erasure(case_id))
    return archive_evidence(case_id, _outcome(case_id))


def _look_before_acting(case_id: str) -> bool:
    """Locate and count anew; a plan that changed since people saw it goes back to them (law 5).

    False when a person said that it cannot be told any more whose data these are (law 8).
    """
    forget_search(case_id)
    if not locate(case_id):
        return False
    confirm_plan(case_id, over_systems(case_id, measure_system, services().contracts.systems))
    return True


def _act_until_proven(case_id: str) -> None:
    """Erase in every system, then show that nothing remains but what an exemption keeps (law 7)."""
    while not is_done(case_id, "prove"):
        over_systems(case_id, erase_in_system, systems_in_order(case_id), in_order=True)
        forget_search(case_id, AGAIN)
        search_all(case_id, look_again, AGAIN)
        counted = over_systems(case_id, recount_system, systems_in_order(case_id))
        try:
            judge_erasure(case_id, [line for lines in counted.values() for line in lines])
        except ErasureUnproven as unproven:
            _settle_mismatch(case_id, unproven)


def _settle_mismatch(case_id: str, unproven: ErasureUnproven) -> None:
    entry = ask(case_id, _mismatch_question(case_id, unproven))
    if entry.outcome is Decision.BY_HAND:
        record_by_hand(case_id, entry.reference, unproven.what)
    else:
        act_again(case_id)


def _mismatch_question(case_id: str, unproven: ErasureUnproven) -> Question:
    """What to do about what remains; an answer is for what was shown, and is carried out once."""
    return Question(
        gate=Gate.MISMATCH,
        description=(
            f"**Case {case_id}: the erasure is not proven.**\n\n{unproven}\n\nAnswer *retry* to act again from the "
            "sealed keys, or *by_hand* with the reference of who finished it."
        ),
        facts={"remains": unproven.what, "acted_again": times_acted_again(case_id)},
        options=(Decision.RETRY, Decision.BY_HAND),
    )


def _outcome(case_id: str) -> str:
    """How the case ends; what a person did outside the software counts as erased (law 6)."""
    kept = bool(kept_items(case_id, case_of(case_id).language))
    if erased_rows(case_id) or by_hand(case_id):
        return "granted_in_part" if kept else "granted"
    # Art. 17(3): all that was found is kept, each with its ground told (Art. 12(4)).
    return "refused" if kept else "nothing_found"
