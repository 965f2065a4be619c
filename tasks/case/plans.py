"""The plan of a case in the register: frozen for the people at the gate, and confirmed just before acting (law 5).

Here alone a :class:`Confirmed` is made, and each time anew from the receipts in the register (law 14).
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from data_contracts.case.confirmed import OF_LIFTING, OF_PLAN, OF_RESTORING, RECEIPTS, Confirmed, is_covered
from data_contracts.case.confirming import MARK
from data_contracts.case.plan import Plan, is_empty, plan_facts
from data_contracts.errors import ActRefused, ContractMismatch
from data_contracts.evidence.records import Facts, Record
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import CaseState, Decision, Gate, Right
from tasks.case.changed_plan import CHANGED, is_same, keep_contracts, rows_by_table, what_changed
from tasks.case.leavers import asked_again, leavers_at, question_digest
from tasks.case.parts import PARTS
from tasks.rules.people.gates import FOUR_EYES
from tasks.rules.people.leavers import said_of, still_approved
from tasks.services import services
from tasks.steps.step import step

_SHOWN: Final = 16
"""Hexadecimal digits by which the ledger names a plan."""


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
    keep_contracts()
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


def asked_about(plan_digest: str) -> Mapping[str, str]:
    """What the question at the gate is made of, so that an answer counts for this plan alone (law 5)."""
    return {"plan": plan_digest}


def plan_gate(case_id: str) -> GateEntry | None:
    """The newest gate, where people are asked about the plan as it stands; None where it asks something else."""
    gate = services().register.gate(case_id, Gate.APPROVAL)
    asked = question_digest(case_id, Gate.APPROVAL, asked_about(planned(case_id)))
    return gate if gate is not None and gate.digest == asked else None


def confirm(fresh: Plan, parts: Collection[str]) -> bool:
    """Whether the plan that was approved still holds; if not, it is forgotten and must be made and shown anew.

    Args:
        fresh: the plan as it would be made now.
        parts: names of what was sealed for it, which acting and proving need.

    Raises:
        ActRefused: when it holds, and people have not approved it.
    """
    register, case_id = services().register, fresh.case_id
    approved, shown = planned(case_id), plan_receipt(case_id)["plan"]
    if approved == fresh.digest or is_same(shown, fresh):
        if _ask_anew(case_id):
            return False
        _confirm(case_id, "plan confirmed", parts)
        return True
    lines = what_changed(shown, fresh)
    noted = {"found": fresh.digest, "lines": lines, "rows": rows_by_table(shown)}
    register.complete(case_id, CHANGED, approved[:_SHOWN], receipt=noted, record=None)
    register.reopen(
        case_id,
        ["rehearse", "plan", "approve"],
        Record(CHANGED, "", {"approved": approved, "found": fresh.digest, "changes": lines}),
        (CaseState.LOCATED, "the plan changed after approval"),
    )
    return False


@step("confirm")
def confirm_staged(case_id: str) -> bool:
    """Confirm the approved plan of what is disclosed; it is made of what is sealed, so that it holds.

    False when its approval does not hold any more: it must be shown anew.

    Raises:
        ActRefused: when people have not approved it.
    """
    if "confirm" not in _receipts(case_id, OF_PLAN):
        if _ask_anew(case_id):
            return False
        _confirm(case_id, "package is built")
    return True


def confirmed(case_id: str) -> Confirmed:
    """What an act of the case takes, read from the register.

    Raises:
        ActRefused: while people have not approved the plan that there is, or it was not confirmed; and when they
            refused it.
    """
    plan_digest = planned(case_id)
    if not is_covered(plan_digest, _receipts(case_id, OF_PLAN)):
        raise _refused(case_id, "its plan is not approved and confirmed")
    _require_approved(case_id)
    return Confirmed(case_id, plan_digest, mark=MARK)


def confirm_lifting(case_id: str) -> Confirmed:
    """What lifting a restriction takes, once a person decided so (Art. 18(3)).

    Raises:
        ActRefused: when nobody decided to lift it, or somebody decided not to.
    """
    gate = services().register.gate(case_id, Gate.APPROVAL, OF_LIFTING)
    if gate is None or gate.outcome is not Decision.APPROVE:
        raise _refused(case_id, "nobody decided to lift the restriction")
    record = Record("confirm", OF_LIFTING, {"digest": gate.digest})
    services().register.complete(case_id, "confirm", OF_LIFTING, receipt={"digest": gate.digest}, record=record)
    return Confirmed(case_id, gate.digest, OF_LIFTING, mark=MARK)


def confirm_restoring(case_id: str) -> Confirmed:
    """What giving back takes, once two people decided that it was erased by mistake.

    Raises:
        ActRefused: when they did not.
    """
    gate = services().register.gate(case_id, Gate.RESTORATION)
    people = {answer.operator for answer in gate.answers if answer.decision is Decision.APPROVE} if gate else set()
    if gate is None or gate.outcome is not Decision.APPROVE or len(people) < FOUR_EYES:
        raise _refused(case_id, "two people have not decided to give back what was erased")
    record = Record("confirm", OF_RESTORING, {"digest": gate.digest})
    services().register.complete(case_id, "confirm", OF_RESTORING, receipt={"digest": gate.digest}, record=record)
    return Confirmed(case_id, gate.digest, OF_RESTORING, mark=MARK)


def _ask_anew(case_id: str) -> bool:
    """Whether people who approved may not any more, so that the same plan is asked about again."""
    gate = plan_gate(case_id)
    if gate is None or gate.outcome is not Decision.APPROVE or "confirm" in _receipts(case_id, OF_PLAN):
        return False
    lost = leavers_at(gate)
    if still_approved(gate, lost):
        return False
    facts: Facts = {"approved": planned(case_id), "left": [said_of(one) for one in lost]}
    asked = asked_about(planned(case_id))
    services().register.reopen(
        case_id,
        ["rehearse", "plan", "approve"],
        Record("approval lapsed", "", facts),
        (CaseState.LOCATED, "who approved may not any more"),
    )
    asked_again(case_id, asked)
    return True


def _confirm(case_id: str, cause: str, parts: Collection[str] = ()) -> None:
    _require_approved(case_id)
    plan_digest = planned(case_id)
    services().register.complete(
        case_id,
        "confirm",
        receipt={"digest": plan_digest, **({PARTS: sorted(parts)} if parts else {})},
        record=Record("confirm", "", {"digest": plan_digest}),
        move=(CaseState.ACTING, cause),
    )


def _require_approved(case_id: str) -> None:
    """That people approved the very plan that there is; of an objection, that the law or what was weighed did."""
    register, plan_digest = services().register, planned(case_id)
    settled = _receipts(case_id, OF_PLAN).get("approve", {})
    is_settled = settled.get("approved") is True and settled.get("plan", plan_digest) == plan_digest
    gate = plan_gate(case_id)
    by_people = gate is not None and gate.outcome is Decision.APPROVE
    # Art. 21: nobody approves that plan, it follows from the law or from what was weighed.
    by_law = "why" in settled and register.case(case_id).right is Right.OBJECTION
    has_nothing = bool(plan_digest) and is_empty(plan_receipt(case_id)["plan"])
    if not plan_digest or not is_settled or not (by_people or by_law or has_nothing):
        raise _refused(case_id, "people have not approved this plan")


def _receipts(case_id: str, subject: str) -> dict[str, Mapping[str, object]]:
    steps = {name: services().register.step(case_id, name, subject) for name in RECEIPTS[subject]}
    return {name: entry.receipt for name, entry in steps.items() if entry is not None and entry.state == "done"}


def _refused(case_id: str, what: str) -> ActRefused:
    return ActRefused(
        f"the case must not act: {what}", where=case_id, remedy=f"carry it on with `rightsflow run {case_id}`"
    )
