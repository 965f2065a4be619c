"""Erasure (Art. 17): what no exemption keeps is erased in every system, and it is proven afterwards."""

from prefect import flow

from flows.rights.acting import agree_on_plan, until_proven
from flows.rights.cooling_off import may_erase
from flows.rights.recipients import tell_recipients
from flows.rights.stages import admit, case_of, over_systems, refuse, search_all, send
from flows.runs.forms import ErasureForm
from flows.runs.opening import case_flow
from tasks.act.erasure import (
    confirm_plan,
    erase_in_system,
    measure_system,
    plan_erasure,
    rehearse_erasure,
    systems_in_order,
)
from tasks.act.erasure_proof import (
    erased_rows,
    judge_erasure,
    kept_items,
    recount_system,
    tell_erasure,
    unreached_items,
)
from tasks.act.witnessed import witness_again
from tasks.case.changed_plan import as_approved
from tasks.case.erased_again import follows, tell_nobody
from tasks.case.plans import confirmed
from tasks.life.archive import archive_evidence
from tasks.proof.witnessing import witness_system, witnessed_systems
from tasks.search.erased_keys import LISTED, has_rows, list_erasure, places_that_stay
from tasks.search.locate import by_hand, forget_search, look_again
from tasks.search.reach import beyond_reach, try_handled
from tasks.search.referrals import referrals_of
from tasks.search.searching import AGAIN
from tasks.search.shared_rows import leaves_shared
from tasks.services import services
from tasks.steps.ledger import is_done


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
    if not agree_on_plan(
        case_id,
        measure_system,
        plan_erasure,
        confirm_plan,
        may_act=may_erase,
        before_plan=_witness,
        rehearse=rehearse_erasure,
    ):
        return refuse(case_id)
    with as_approved(case_id):
        until_proven(case_id, lambda: _act(case_id), lambda: _prove(case_id))
        _list(case_id)
        tell_recipients(case_id)
        send(case_id, lambda: tell_nobody(case_id) if follows(case_id) else tell_erasure(case_id, confirmed(case_id)))
        return archive_evidence(case_id, _outcome(case_id))


def _act(case_id: str) -> None:
    over_systems(case_id, erase_in_system.under(confirmed(case_id)), systems_in_order(case_id), in_order=True)


def _witness(case_id: str) -> None:
    """Look for the keys wherever a connection can read, before people see the plan."""
    over_systems(case_id, witness_system, witnessed_systems(case_id))


def _prove(case_id: str) -> None:
    """Search anew, have the witness look, and show that nothing remains but what an exemption keeps (law 7).

    Systems that a person handled are looked at as well, wherever they answer.
    """
    try_handled(case_id)
    forget_search(case_id, AGAIN)
    search_all(case_id, look_again, AGAIN, beyond=beyond_reach)
    counted = over_systems(case_id, recount_system, services().contracts.systems, beyond=beyond_reach)
    testified = over_systems(case_id, witness_again, witnessed_systems(case_id), beyond=beyond_reach)
    judge_erasure(case_id, [line for lines in counted.values() for line in lines], testified)


def _list(case_id: str) -> None:
    """Put the keys on the list of erasures, so that what a backup or an import brings back is known again.

    A case that a version without the list ended has no keys any more.
    """
    if not (case_of(case_id).is_ended or is_done(case_id, LISTED)) and has_rows(case_id):
        stays = over_systems(case_id, places_that_stay, services().contracts.systems, beyond=beyond_reach)
        list_erasure(case_id, stays)


def _outcome(case_id: str) -> str:
    """How the case ends; what a person did outside the software counts as erased (law 6)."""
    language = case_of(case_id).language
    kept = bool(kept_items(case_id, language) or unreached_items(case_id, language) or leaves_shared(case_id))
    if erased_rows(case_id) != 0 or by_hand(case_id):  # None: some, and how many is unknown
        return "granted_in_part" if kept or referrals_of(case_id) else "granted"
    # Art. 17(3): all that was found is kept, each with its ground told (Art. 12(4)).
    return "refused" if kept else "nothing_found"
