"""What ``rightsflow lift`` does: answers the question with a proof of who decided, and carries the lifting on."""

from typing import Any

from data_contracts.vocabulary import Decision, Gate
from flows import wiring
from flows.rights.lift import carry_out
from flows.runs.gates import WaitingForPerson, opened
from flows.runs.leases import carrying
from tasks.act.lifting import is_lifted, lift_question, require_restriction
from tasks.gates.gates import Answer, answer_as_proven, prove_for
from tasks.steps.step import guarded


def lift_restriction(case_id: str, *, operator: str, code: str, reason: str) -> dict[str, Any]:
    """Decide that a restriction is lifted, tell the data subject, and lift it.

    Raises:
        RequestInvalid: when the case carried out no restriction that is in force.
        AnswerRefused: when the operator may not decide, or the code is wrong.
    """
    with wiring.opened():
        guarded(require_restriction, "lift")(case_id)
        who = prove_for(case_id, Gate.APPROVAL, operator, code, what="lift")
        if not is_lifted(case_id):
            entry = opened(case_id, lift_question(case_id))
            if entry.outcome is None:
                answer_as_proven(entry, Answer(who, Decision.APPROVE, reason=reason), proof="totp")
        try:
            with carrying(case_id):
                outcome = guarded(carry_out, "lift")(case_id)
        except WaitingForPerson as waiting:
            gate = f"{waiting.entry.gate.value}:{waiting.entry.subject}".rstrip(":")
            stands = "is lifted, a recipient is to be told" if is_lifted(case_id) else "is in force until then"
            said = f"{case_id} waits at gate {gate}; the restriction {stands}"
            return {"case": case_id, "outcome": "", "waits_at": gate, "said": said}
    return {"case": case_id, "outcome": outcome, "waits_at": "", "said": f"the restriction of {case_id} is {outcome}"}
