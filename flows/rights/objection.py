"""Objection (Art. 21): direct marketing ends on receipt; other uses end unless a person shows compelling grounds."""

from prefect import flow

from data_contracts.vocabulary import CaseState
from flows.rights.changing import change_until_proven
from flows.rights.recipients import tell_recipients
from flows.rights.stages import admit, case_of, refuse, send
from flows.runs.forms import ObjectionForm
from flows.runs.gates import ask
from flows.runs.opening import case_flow
from tasks.act.objection import (
    OBJECTING,
    approve_by_law,
    end_objection,
    objection_outcome,
    objections_of,
    restrict_meanwhile,
    settle_weighing,
    suppress_at_once,
    tell_objection,
    tell_unmarked,
    weigh_question,
    why_refused,
)
from tasks.case.changed_plan import as_approved
from tasks.case.plans import confirmed
from tasks.life.archive import archive_evidence
from tasks.notices.notify_subject import tell_refusal
from tasks.steps.ledger import is_done


@flow(name="objection", validate_parameters=False, persist_result=False)
def objection(case_id: str = "", request: ObjectionForm = ObjectionForm()) -> str:  # noqa: B008  # the form's defaults
    """Carry out an objection (Art. 21).

    Start it with a case id to carry a registered case on, or fill in the request of a letter or telephone call: what
    is typed is sealed and wiped from Prefect before anything else happens.

    Args:
        case_id: Leave it empty to register a request below. With a case id, that case is carried on.
        request: What came by letter, e-mail or telephone. It is sealed, then wiped from Prefect.
    """
    return case_flow("objection", case_id, request, carry_out)


def carry_out(case_id: str) -> str:
    """The life of an objection, from wherever it stands; returns how it ended."""
    if case_of(case_id).is_ended:
        return case_of(case_id).outcome
    if case_of(case_id).state is CaseState.SUBJECT_TOLD:
        return archive_evidence(case_id, _ending(case_id))
    if case_of(case_id).outcome != "withdrawn":
        suppress_at_once(case_id)
    if not admit(case_id):
        return _not_admitted(case_id)
    if not _weigh(case_id):
        return _refuse(case_id)
    approve_by_law(case_id)
    if not change_until_proven(case_id, OBJECTING):
        return _unmarked(case_id, "several_people", "granted_in_part")
    with as_approved(case_id):
        tell_recipients(case_id)
        send(case_id, lambda: tell_objection(case_id, confirmed(case_id)))
        return archive_evidence(case_id, objection_outcome(case_id))


def _ending(case_id: str) -> str:
    """How a case ends whose data subject was told: the process may have died while what was sealed was destroyed."""
    if is_done(case_id, "subjects"):
        return "granted_in_part"  # the ledger suppresses, nothing was marked in the systems
    return case_of(case_id).outcome or objection_outcome(case_id)


def _weigh(case_id: str) -> bool:
    """Have people weigh what the law lets be weighed (Art. 21(1)); False when nothing of the request can be done."""
    if restrict_meanwhile(case_id) and not is_done(case_id, "weigh"):
        ask(case_id, weigh_question(case_id))
    return settle_weighing(case_id)


def _not_admitted(case_id: str) -> str:
    """Whoever it was: what the ledger suppresses stays suppressed, and that is told (Art. 21(3))."""
    outcome = case_of(case_id).outcome
    if outcome == "withdrawn":
        end_objection(case_id)
    if outcome == "identity_failed" and objections_of(case_id).at_once:
        return _unmarked(case_id, "identity_failed", outcome)
    if outcome == "refused" and is_done(case_id, "subjects"):
        return _unmarked(case_id, "several_people", "granted_in_part")
    return _refuse(case_id) if outcome == "refused" and is_done(case_id, "weigh") else refuse(case_id)


def _unmarked(case_id: str, why: str, outcome: str) -> str:
    """Tell that the ledger suppresses, and why nothing was marked in the systems."""
    send(case_id, lambda: tell_unmarked(case_id, why))
    return archive_evidence(case_id, outcome)


def _refuse(case_id: str) -> str:
    """Tell why nothing could be stopped, with the remedies (Art. 12(4))."""
    codes, written = why_refused(case_id)
    send(case_id, lambda: tell_refusal(case_id, codes, written))
    return archive_evidence(case_id, "refused")
