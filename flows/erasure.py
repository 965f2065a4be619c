"""Erasure (Art. 17): what no exemption keeps is erased in every system, and it is proven afterwards."""

from prefect import flow

from flows.forms import ErasureForm
from flows.opening import case_flow
from flows.proving import agree_on_plan, until_proven
from flows.recipients import tell_recipients
from flows.stages import admit, case_of, over_systems, refuse, search_all, send
from tasks.act.erasure import confirm_plan, erase_in_system, measure_system, plan_erasure, systems_in_order
from tasks.act.proof import erased_rows, judge_erasure, kept_items, recount_system, tell_erasure, unreached_items
from tasks.archive_evidence import archive_evidence
from tasks.locate_data import AGAIN, by_hand, forget_search, look_again
from tasks.referrals import referrals_of


@flow(name="erasure", validate_parameters=False, persist_result=False)
def erasure(case_id: str = "", request: ErasureForm = ErasureForm()) -> str:  # noqa: B008  # the form's defaults
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
    if not agree_on_plan(case_id, measure_system, plan_erasure, confirm_plan):
        return refuse(case_id)
    until_proven(case_id, lambda: _act(case_id), lambda: _prove(case_id))
    tell_recipients(case_id)
    send(case_id, lambda: tell_erasure(case_id))
    return archive_evidence(case_id, _outcome(case_id))


def _act(case_id: str) -> None:
    over_systems(case_id, erase_in_system, systems_in_order(case_id), in_order=True)


def _prove(case_id: str) -> None:
    """Search anew, and show that nothing remains but what an exemption keeps (law 7)."""
    forget_search(case_id, AGAIN)
    search_all(case_id, look_again, AGAIN)
    counted = over_systems(case_id, recount_system, systems_in_order(case_id))
    judge_erasure(case_id, [line for lines in counted.values() for line in lines])


def _outcome(case_id: str) -> str:
    """How the case ends; what a person did outside the software counts as erased (law 6)."""
    language = case_of(case_id).language
    kept = bool(kept_items(case_id, language) or unreached_items(case_id, language))
    if erased_rows(case_id) or by_hand(case_id):
        return "granted_in_part" if kept or referrals_of(case_id) else "granted"
    # Art. 17(3): all that was found is kept, each with its ground told (Art. 12(4)).
    return "refused" if kept else "nothing_found"
