"""Carry out in the register what people decided at the approval and subjects gates."""

from data_contracts.evidence import Facts, Record
from data_contracts.ports import GateEntry
from data_contracts.vocabulary import CaseState, Decision, Gate
from tasks.approval import deciding_people
from tasks.rules.refusals import ground_of
from tasks.services import services
from tasks.step import step


@step("approve")
def settle_approval(case_id: str) -> bool:
    """Move the case to approved or refused, as the newest approval gate was decided; whether it was approved."""
    gate = services().register.gate(case_id, Gate.APPROVAL)
    approved = gate is not None and gate.outcome is Decision.APPROVE
    _settle(case_id, "approve", gate, approved=approved)
    return approved


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
    services().register.complete(
        case_id,
        name,
        receipt={"approved": approved, "decided_by": people},
        record=Record(name, "", facts, actor=", ".join(people) or "rightsflow"),
        move=(CaseState.APPROVED if approved else CaseState.REFUSED, f"decided at gate by {', '.join(people)}"),
        actor=", ".join(people) or "rightsflow",
        outcome=None if approved else "refused",
    )


def _ground(gate: GateEntry | None) -> Facts:
    """The ground of a refusal, by its code."""
    if gate is None or gate.outcome is not Decision.REFUSE:
        return {}
    return {"ground": ground_of(gate.gate, gate.answers[-1].reference).value}
