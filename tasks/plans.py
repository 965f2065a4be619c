"""The plan of a case in the register: frozen for the people at the gate, and confirmed just before acting (law 5)."""

from collections.abc import Mapping
from typing import Any

from data_contracts.errors import ContractMismatch
from data_contracts.evidence import Facts, Record
from data_contracts.plan import Plan, plan_facts
from data_contracts.vocabulary import CaseState
from tasks.services import services


def planned(case_id: str) -> str:
    """The digest of the frozen plan; empty while there is none."""
    entry = services().register.step(case_id, "plan")
    return str(entry.receipt["digest"]) if entry is not None and entry.state == "done" else ""


def plan_receipt(case_id: str) -> Any:  # noqa: ANN401  # JSON written by freeze
    """What was noted with the frozen plan: ``digest``, ``plan`` and what else the right needs.

    Raises:
        ContractMismatch: when there is no plan.
    """
    entry = services().register.step(case_id, "plan")
    if entry is None or entry.state != "done":
        raise ContractMismatch("there is no plan", where=case_id, remedy="run the case again")
    return entry.receipt


def freeze(plan: Plan, more: Mapping[str, object] | None = None) -> str:
    """Freeze a plan for people to decide about; returns its digest.

    Args:
        plan: the plan.
        more: what else the right needs to find again, JSON without personal data; goes into evidence too.
    """
    facts, noted = plan_facts(plan), dict(more or {})
    record: Facts = {"digest": plan.digest, "lines": facts["lines"], **noted}  # type: ignore[dict-item]  # both are JSON
    services().register.complete(
        plan.case_id,
        "plan",
        receipt={"digest": plan.digest, "plan": facts, **noted},
        record=Record("plan", "", record),
        move=(CaseState.PLANNED, plan.digest),
    )
    return plan.digest


def confirm(fresh: Plan) -> bool:
    """Whether the plan that was approved still holds; if not, it is forgotten and must be made and shown anew."""
    register, case_id = services().register, fresh.case_id
    approved = planned(case_id)
    if approved == fresh.digest:
        register.complete(
            case_id,
            "confirm",
            receipt={"digest": approved},
            record=Record("confirm", "", {"digest": approved}),
            move=(CaseState.ACTING, "plan confirmed"),
        )
        return True
    register.reopen(
        case_id,
        ["plan", "approve"],
        Record("plan changed", "", {"approved": approved, "found": fresh.digest}),
        (CaseState.LOCATED, "the plan changed after approval"),
    )
    return False
