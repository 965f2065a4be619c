"""Rectification (Art. 16): wrong values are put right everywhere they are, and it is proven afterwards."""

from prefect import flow

from flows.rights.changing import change_until_proven
from flows.rights.contact_changes import may_change_contact
from flows.rights.recipients import tell_recipients
from flows.rights.stages import admit, case_of, locate, refuse, send
from flows.runs.forms import RectificationForm
from flows.runs.gates import ask
from flows.runs.opening import case_flow
from tasks.act.former_keys import remember_former_keys
from tasks.act.rectification import RECTIFY, proof_question
from tasks.act.rectified import rectification_outcome, tell_rectified
from tasks.act.rectified_keys import carry_keys
from tasks.case.changed_plan import as_approved
from tasks.case.plans import confirmed
from tasks.intake.letters import awaits_statement, settle_statement, statement_question
from tasks.life.archive import archive_evidence
from tasks.steps.ledger import is_done


@flow(name="rectification", validate_parameters=False, persist_result=False)
def rectification(case_id: str = "", request: RectificationForm = RectificationForm()) -> str:  # noqa: B008  # the form's defaults
    """Carry out a request for rectification (Art. 16).

    Start it with a case id to carry a registered case on, or fill in the request of a letter or telephone call: what
    is typed is sealed and wiped from Prefect before anything else happens.

    Args:
        case_id: Leave it empty to register a request below. With a case id, that case is carried on.
        request: What came by letter, e-mail or telephone. It is sealed, then wiped from Prefect.
    """
    return case_flow("rectification", case_id, request, carry_out)


def carry_out(case_id: str) -> str:
    """The life of a rectification case, from wherever it stands; returns how it ended."""
    if not admit(case_id) or not _stated(case_id):
        return refuse(case_id)
    if not _located(case_id) or not change_until_proven(case_id, RECTIFY, may_act=may_change_contact):
        return refuse(case_id)
    with as_approved(case_id):
        carry_keys(case_id, confirmed(case_id))
        remember_former_keys(case_id)
        tell_recipients(case_id)
        send(case_id, lambda: tell_rectified(case_id, confirmed(case_id)))
        return archive_evidence(case_id, rectification_outcome(case_id))


def _stated(case_id: str) -> bool:
    """Have a person put a letter that names no field into terms; False when it was refused."""
    if not awaits_statement(case_id):
        return True
    while not settle_statement(case_id):
        ask(case_id, statement_question(case_id))
    return not case_of(case_id).outcome


def _located(case_id: str) -> bool:
    """Locate, and have a person look at the proofs that some values ask for; False when it ended in a refusal."""
    if is_done(case_id, "confirm"):
        return True
    if not is_done(case_id, "locate") and not locate(case_id):
        return False
    if (question := proof_question(case_id)) is not None:
        ask(case_id, question)
    return True
