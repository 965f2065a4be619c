"""Whoever is not the data subject shows that they may act, after their identity was verified (LIL Art. 85).

A person of legal or the DPO answers the gate: what was shown and, for heirs, for which purpose; or that more proof is
needed; or that it is refused. What was shown lies in the vault as ``proof.requester.*`` and is destroyed once checked.
The clock runs on: only a doubt about identity stops it (Art. 12(6)).
"""

from data_contracts.evidence.records import Facts, Record
from data_contracts.gates.gates import GateEntry
from data_contracts.told.notices import Content
from data_contracts.vocabulary import CaseState, Decision, Gate, HeirPurpose, NoticeKind, Requester, Right
from tasks.case.sealed import subject_request
from tasks.gates.gates import Question, deciding_people
from tasks.identity.proofs import CAPACITY_PROOF
from tasks.notices.notify_subject import send_notice
from tasks.rules.people.requesters import Capacity, accepted_capacities, check_capacity, why_not
from tasks.services import services
from tasks.steps.step import always, step

REQUESTER = "requester"
"""The step's name in the ledger."""

_WHO = {
    Requester.AGENT: "an agent, who needs a special mandate of the data subject",
    Requester.HEIR: "an heir. Look for directives of the deceased first: they come before what heirs may ask for",
    Requester.TRUSTED_THIRD_PARTY: "a trusted third party, who may do what directives of the deceased say and no more",
}


def requester_of(case_id: str) -> Requester:
    """Who exercises the right."""
    return subject_request(case_id).statement.requester


def requester_question(case_id: str, requester: Requester, right: Right, attempt: int) -> Question:
    """What the requester gate asks; each time more proof was asked for it is a new question."""
    enough = "\n".join(f"- `{name}`" for name in accepted_capacities(services().policy, requester, right))
    return Question(
        gate=Gate.REQUESTER,
        subject=f"{requester.value}:{attempt}",
        description=(
            f"**Case {case_id}: may this person exercise {right.value} for the data subject?** It is {_WHO[requester]}."
            f"\n\nAnswer *approve* with what you saw as the reference, one of:\n\n{enough}\n\n"
            "*ask_more* to ask for further proof (the clock runs on), or *refuse* with the reason."
        ),
        facts={"case": case_id, "right": right.value, "requester": requester.value, "attempt": attempt},
        options=(Decision.APPROVE, Decision.ASK_MORE, Decision.REFUSE),
    )


@step("check right of requester")
def refuse_by_rule(case_id: str, requester: Requester) -> bool:
    """Refuse a right that nobody has after death (LIL Art. 84); whether it was refused."""
    why = why_not(requester, services().register.case(case_id).right)
    if not why:
        return False
    _destroy_proofs(case_id)
    facts: Facts = {"requester": requester.value, "may_act": False, "reason": why, "proofs_destroyed": True}
    services().register.complete(
        case_id,
        REQUESTER,
        receipt={"requester": requester.value, "may_act": False, "reasons": [why]},
        record=Record(REQUESTER, "", facts),
        move=(CaseState.REFUSED, why),
        outcome="refused",
    )
    return True


@step("verify requester", watched=always)
def settle_requester(case_id: str, requester: Requester, attempt: int) -> str:
    """Carry out what was decided at the requester gate; returns the decision.

    Proofs are destroyed first: were the process killed in between, they are gone and the decision stands.
    """
    gate = services().register.gate(case_id, Gate.REQUESTER, f"{requester.value}:{attempt}")
    if gate is None or gate.outcome is None:
        return ""
    if gate.outcome is Decision.ASK_MORE:
        send_notice(case_id, NoticeKind.REQUESTER_PROOF, Content(), number=attempt)
        return gate.outcome.value
    _destroy_proofs(case_id)
    if gate.outcome is Decision.APPROVE:
        right = services().register.case(case_id).right
        capacity = check_capacity(services().policy, requester, right, gate.answers[-1].reference)
        _record(case_id, requester, gate, capacity)
    else:
        _record(case_id, requester, gate, None)
    return gate.outcome.value


def why_requester(case_id: str) -> list[str]:
    """Codes of why a rule, and not a person, refused who acts for the data subject; empty when none did."""
    entry = services().register.step(case_id, REQUESTER)
    reasons = entry.receipt.get("reasons", ()) if entry else ()
    return [str(code) for code in reasons]  # type: ignore[attr-defined]  # a list, written above


def purpose_of(case_id: str) -> HeirPurpose | None:
    """What heirs ask for, as a person approved it; None where the whole right is exercised."""
    entry = services().register.step(case_id, REQUESTER)
    purpose = str(entry.receipt.get("purpose", "")) if entry else ""
    return HeirPurpose(purpose) if purpose else None


def _record(case_id: str, requester: Requester, gate: GateEntry, capacity: Capacity | None) -> None:
    people = list(deciding_people(gate))
    shown: Facts = {
        "requester": requester.value,
        "may_act": capacity is not None,
        "proofs": list(capacity.proofs) if capacity else [],
        "purpose": capacity.purpose.value if capacity and capacity.purpose else "",
    }
    services().register.complete(
        case_id,
        REQUESTER,
        receipt=shown,
        record=Record(REQUESTER, "", {**shown, "checked_by": people, "proofs_destroyed": True}, actor=people[-1]),
        move=None if capacity else (CaseState.REFUSED, f"decided at gate by {', '.join(people)}"),
        actor=", ".join(people),
        outcome=None if capacity else "refused",
    )


def _destroy_proofs(case_id: str) -> None:
    vault = services().vault
    for name in vault.names(case_id):
        if name.startswith(CAPACITY_PROOF):
            vault.remove(case_id, name)
