"""What ``rightsflow recover`` does, as facts."""

from typing import Any

from data_contracts.vocabulary import OperatorRole
from flows.settings import settings
from flows.wiring import Installation
from tasks.operator_proof import prove_person
from tasks.restored import hold, is_held, let_go_on, signs_of
from tasks.services import services, use

__all__ = ["recovered"]

_ROLES = (OperatorRole.DPO, OperatorRole.ADMIN)


def recovered(case_id: str, *, operator: str, code: str, reference: str) -> dict[str, Any]:
    """Where a restored register stands; with an operator, one step on.

    1. Without an operator nothing changes.
    2. With one and no case, every open case is held, and the register counts as the newest.
    3. With one and a case, that case goes on.

    Raises:
        AnswerRefused: when the person may not, or the code is not theirs.
        RequestInvalid: when the case is not held.
    """
    installation = Installation(settings())
    unknown = {file: f"record {mark.seq} of {mark.case}" for file, mark in installation.ring.unknown_marks().items()}
    installation.ring.recover()
    try:
        with use(installation.services):
            said = _step(case_id, operator, code, reference, is_older=bool(unknown))
            facts = {"unknown": unknown, "cases": _rows(), "said": said}
        if operator and not case_id:
            installation.ring.take_for_newest()
        return facts
    finally:
        installation.close()


def _step(case_id: str, operator: str, code: str, reference: str, *, is_older: bool) -> str:
    if not operator:
        what = "it is older than what was done with it" if is_older else "nothing speaks against it"
        return f"the register was looked at: {what}"
    who = prove_person(operator, code, roles=_ROLES, where=case_id or "register", what="recover")
    if case_id:
        let_go_on(case_id, operator=who, reference=reference)
        return f"{case_id} goes on: run it with `rightsflow run {case_id}`"
    if not is_older:
        return "nothing to recover: the register is not older than what was done with it"
    held = [case.case_id for case in services().register.cases(open_only=True)]
    for one in held:
        hold(one)
    return f"{len(held)} open cases are held until somebody has looked into each"


def _rows() -> list[dict[str, Any]]:
    return [
        {
            "case": case.case_id,
            "right": case.right.value,
            "state": case.state.value,
            "held": "yes" if is_held(case.case_id) else "no",
            "signs": ", ".join(signs_of(case)),
        }
        for case in services().register.cases(open_only=True)
    ]
