"""A case is carried on in this process."""

from typing import Any

from flows import wiring
from flows.operator.gate_facts import gate_name
from flows.rights.which import carry_on
from tasks.services import services


def run_case(case_id: str) -> dict[str, Any]:
    """Carry a case on in this process."""
    with wiring.opened():
        waiting = carry_on(services().register.case(case_id))
        case = services().register.case(case_id)
    if waiting is None:
        said = f"{case_id} ended: {case.outcome}"
        return {"case": case_id, "state": case.state.value, "outcome": case.outcome, "waits_at": "", "said": said}
    gate = gate_name(waiting.entry)
    said = f"{case_id} waits at gate {gate}: rightsflow approve {case_id} {gate} --as OPERATOR --code CODE"
    return {"case": case_id, "state": case.state.value, "outcome": "", "waits_at": gate, "said": said}
