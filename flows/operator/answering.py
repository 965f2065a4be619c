"""Gates answered at the command line, and the case that goes on then."""

from dataclasses import dataclass, field
from typing import Any

from data_contracts.errors import RequestInvalid
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate
from flows import wiring
from flows.operator.gate_facts import gate_name
from flows.operator.waking import woken, woken_by_answer
from tasks.case.leavers import missing_at
from tasks.gates.gates import Answer, answer_gate, open_gate
from tasks.identity.verify import identity_question
from tasks.life.extension import concerns_extension
from tasks.services import services
from tasks.steps.matters import matter_of


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as typed at the command line."""

    operator: str
    decision: Decision
    code: str = field(repr=False)
    reason: str = field(repr=False)
    reference: str


def verify_identity(case_id: str, reference: str, *, operator: str, code: str) -> dict[str, Any]:
    """Answer the identity gate: verified, by the method that the reference names."""
    with wiring.opened():
        register = services().register
        case = register.case(case_id)
        gates = register.gates(case_id, kind=Gate.IDENTITY)
        asked = sum(1 for gate in gates if gate.outcome is Decision.ASK_MORE)
        entry = open_gate(case_id, identity_question(case_id, case.right, asked))
        answer = Answer(operator, Decision.APPROVE, code=code, reference=reference)
        decided = answer_gate(entry, answer)
        _, note = woken(case)
    return {"case": case_id, "outcome": _outcome(decided), "note": note, "said": _said(decided)}


def answer(case_id: str, gate: Gate, subject: str, typed: Answered) -> dict[str, Any]:
    """Answer an open gate of a case.

    Raises:
        RequestInvalid: when no such gate is open, or several are.
        AnswerRefused: when the answer is not accepted; the gate stays open.
    """
    with wiring.opened():
        matter_of(case_id)
        entry = _open_gate(case_id, gate, subject)
        given = Answer(typed.operator, typed.decision, typed.code, typed.reason, typed.reference)
        try:
            decided = answer_gate(entry, given)
        finally:
            # Also after a refused answer: the form in the Prefect UI shows why.
            note = woken_by_answer(case_id)
        _go_on(decided)
    told = {"outcome": _outcome(decided), "note": note, "said": _said(decided)}
    return {"case": case_id, "gate": gate_name(entry)} | told


def carried_on(decided: GateEntry) -> str:
    """Let the case of a gate that was answered go on; what to tell where nothing carries it on by itself."""
    note = woken_by_answer(decided.case_id)
    _go_on(decided)
    return note


def _go_on(decided: GateEntry) -> None:
    if concerns_extension(decided):
        from flows.operator.endings import go_on_extending  # noqa: PLC0415  # imports Prefect

        go_on_extending(services().register.case(decided.case_id))


def _open_gate(case_id: str, gate: Gate, subject: str) -> GateEntry:
    open_gates = services().register.gates(case_id, open_only=True)
    found = [g for g in open_gates if g.gate is gate and (not subject or g.subject == subject)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(gate_name(entry) for entry in open_gates) or "none"
    what = "several such gates are open" if found else "no such gate is open"
    raise RequestInvalid(what, where=f"{case_id} {gate.value}", remedy=f"open gates: {names}")


def _outcome(entry: GateEntry) -> str:
    return entry.outcome.value if entry.outcome else ""


def _said(entry: GateEntry) -> str:
    if entry.outcome:
        return f"{entry.case_id}: gate {gate_name(entry)} is decided: {entry.outcome.value}"
    missing = missing_at(entry)
    return f"{entry.case_id}: your answer at gate {gate_name(entry)} counts; {missing} more to answer"
