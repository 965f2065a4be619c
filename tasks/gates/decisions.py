"""Carry out in the register what people decided at the approval and subjects gates."""

from data_contracts.case.plan import is_empty
from data_contracts.errors import MoveRefused
from data_contracts.evidence.records import Facts, Record
from data_contracts.gates.decided import SOFTWARE
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import CaseState, Decision, Gate
from tasks.case.plans import plan_gate, plan_receipt, planned
from tasks.gates.gates import deciding_people
from tasks.rules.people.refusals import ground_of
from tasks.services import services
from tasks.steps.step import step


@step("approve")
def settle_approval(case_id: str) -> bool:
    """Move the case to approved or refused, as people decided about the plan that there is; whether they approved.

    Raises:
        MoveRefused: when nobody was asked about this plan, or nobody has decided yet.
    """
    gate = plan_gate(case_id)
    if gate is None or gate.outcome is None:
        raise MoveRefused(
            "people have not decided about this plan",
            where=case_id,
            remedy=f"carry it on with `rightsflow run {case_id}`, and have the gate approval answered",
        )
    approved = gate.outcome is Decision.APPROVE
    _settle(case_id, "approve", gate, approved=approved)
    return approved


@step("approve")
def settle_empty(case_id: str) -> bool:
    """Whether the plan does and shows nothing; it is then approved without anybody being asked, and evidence says so.

    Nobody can refuse what is not ordered; the evidence names the software as who decided, never nobody.
    """
    if not is_empty(plan_receipt(case_id)["plan"]):
        return False
    services().register.complete(
        case_id,
        "approve",
        receipt={"approved": True, "decided_by": [SOFTWARE], "plan": planned(case_id)},
        record=Record("approve", "", {"approved": True, "decided_by": [SOFTWARE], "ordered": "nothing"}),
        move=(CaseState.APPROVED, "nothing to approve"),
    )
    return True


@step("refuse")
def settle_subjects(case_id: str) -> bool:
    """Move the case to refused, because it cannot be told whose data these are."""
    _settle(case_id, "subjects", services().register.gate(case_id, Gate.SUBJECTS), approved=False)
    return False


def _settle(case_id: str, name: str, gate: GateEntry | None, *, approved: bool) -> None:
    people = list(deciding_people(gate)) if gate else []
    facts: Facts = {
        "approved": approved,
        "decided_by": people,
        "question": gate.digest if gate else "",
        **_ground(gate),
    }
    facts_of_plan = {"plan": planned(case_id)} if name == "approve" else {}
    services().register.complete(
        case_id,
        name,
        receipt={"approved": approved, "decided_by": people, **facts_of_plan},
        record=Record(name, "", facts, actor=", ".join(people) or SOFTWARE),
        move=(CaseState.APPROVED if approved else CaseState.REFUSED, f"decided at gate by {', '.join(people)}"),
        actor=", ".join(people) or SOFTWARE,
        outcome=None if approved else "refused",
    )


def _ground(gate: GateEntry | None) -> Facts:
    """The ground of a refusal, by its code."""
    if gate is None or gate.outcome is not Decision.REFUSE:
        return {}
    return {"ground": ground_of(gate.gate, gate.answers[-1].reference).value}
