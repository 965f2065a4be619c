"""Lifting a restriction (Art. 18(3)): a person decides, the data subject is told, it ends, recipients are told."""

from prefect import flow

from data_contracts.vocabulary import Decision
from flows.rights.recipients import tell_recipients_of_lifting
from flows.rights.stages import over_systems, send
from flows.runs.case_runs import LIFTING_RUN
from flows.runs.forms import RestrictionForm
from flows.runs.gates import ask
from flows.runs.opening import case_flow
from tasks.act.lifting import (
    finish_lifting,
    forget_restriction,
    is_forgotten,
    is_lifted,
    leave_in_force,
    lift_question,
    require_restriction,
    restricted_systems,
    tell_lifting,
    unmark_system,
)
from tasks.case.plans import confirm_lifting

LIFTED, KEPT = "lifted", "kept"


@flow(name="lift", flow_run_name=LIFTING_RUN, validate_parameters=False, persist_result=False)
def lift(case_id: str) -> str:
    """Lift the restriction that a case carried out (Art. 18(3)).

    Args:
        case_id: An ended case of restriction.
    """
    return case_flow("restriction", case_id, RestrictionForm(), carry_out)


def carry_out(case_id: str) -> str:
    """Lift, from wherever it stands; ``lifted``, or ``kept`` where a person decided so."""
    require_restriction(case_id)
    if not is_lifted(case_id):
        if ask(case_id, lift_question(case_id)).outcome is not Decision.APPROVE:
            leave_in_force(case_id)
            return KEPT
        confirmed = confirm_lifting(case_id)
        send(case_id, lambda: tell_lifting(case_id, confirmed))
        over_systems(case_id, unmark_system.under(confirmed), restricted_systems(case_id), in_order=True)
        finish_lifting(case_id, confirmed)
    if not is_forgotten(case_id):
        tell_recipients_of_lifting(case_id)
        forget_restriction(case_id)
    return LIFTED
