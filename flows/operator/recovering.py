"""What ``rightsflow recover`` does, as facts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from data_contracts.ports.restores import Noted
from data_contracts.vocabulary import OperatorRole
from flows.home.restores import Journal
from flows.settings import settings
from flows.wiring import Installation
from tasks.gates.operators import note_use, prove_person
from tasks.life.restored import end_as_done, hold, is_held, let_go_on, lost_cases, signs_of, since
from tasks.services import services, use

__all__ = ["recovered"]

_ROLES = (OperatorRole.DPO, OperatorRole.ADMIN)
_Told = Mapping[str, Sequence[Noted]]
_LOST = "tell of a case that was lost with the register"


def recovered(case_id: str, *, operator: str, code: str, reference: str, ended: str = "") -> dict[str, Any]:
    """Where a restored register stands; with an operator, one step on.

    1. Without an operator nothing changes.
    2. With one and no case, every open case is held, and the register counts as the newest.
    3. With one and a case, that case goes on or, where it had ended, is closed.

    Raises:
        AnswerRefused: when the person may not, or the code is not theirs.
        RequestInvalid: when the case is not held, or cases do not end so.
    """
    installation = Installation(settings())
    unknown = {file: f"record {mark.seq} of {mark.case}" for file, mark in installation.ring.unknown_marks().items()}
    installation.ring.recover()
    journal = Journal(installation.ring.places)
    try:
        with use(installation.services):
            done = since(tuple(journal.read())) if unknown else []
            told, lost = _by_case(done), lost_cases(done)
            facts: dict[str, Any] = {
                "unknown": unknown,
                "cases": _rows(told),
                "lost": [_lost(told[one]) for one in lost],
            }
            if operator:
                who = prove_person(operator, code, roles=_ROLES, where=case_id or "register", what="recover")
                facts["said"] = _step(case_id, who, reference, ended) if case_id else _taken(who, unknown, told, lost)
                facts["cases"] = _rows(told)
            else:
                what = "it is older than what was done with it" if unknown else "nothing speaks against it"
                facts["said"] = f"the register was looked at: {what}"
        if operator and not case_id and unknown:
            installation.ring.take_for_newest()
            journal.set_aside()
        return facts
    finally:
        installation.close()


def _step(case_id: str, who: str, reference: str, ended: str) -> str:
    if ended:
        outcome = end_as_done(case_id, ended, operator=who, reference=reference)
        return f"{case_id} is closed as it had ended: {outcome}; nobody was written to"
    let_go_on(case_id, operator=who, reference=reference)
    return f"{case_id} goes on: run it with `rightsflow run {case_id}`"


def _taken(who: str, unknown: Mapping[str, str], told: _Told, lost: Sequence[str]) -> str:
    """Hold every open case; evidence and operator log keep what is known of what was done since."""
    if not unknown:
        return "nothing to recover: the register is not older than what was done with it"
    held = [case.case_id for case in services().register.cases(open_only=True)]
    for one in held:
        hold(one, [str(noted) for noted in told.get(one, ())])
    for one in lost:
        note_use(who, _LOST, one, "")
    more = f"; {len(lost)} cases that came in since are lost with the register" if lost else ""
    return f"{len(held)} open cases are held until somebody has looked into each{more}"


def _by_case(done: Sequence[Noted]) -> _Told:
    found: dict[str, list[Noted]] = defaultdict(list)
    for one in done:
        found[one.case].append(one)
    return found


def _lost(noted: Sequence[Noted]) -> dict[str, str]:
    """A case that the register does not know any more."""
    right = next((one.step for one in noted if one.what == "opened"), "")
    return {"case": noted[0].case, "right": right, "done": ", ".join(map(str, noted))}


def _rows(told: _Told) -> list[dict[str, Any]]:
    return [
        {
            "case": case.case_id,
            "right": case.right.value,
            "state": case.state.value,
            "held": "yes" if is_held(case.case_id) else "no",
            "signs": ", ".join(signs_of(case)),
            "since": ", ".join(map(str, told.get(case.case_id, ()))),
        }
        for case in services().register.cases(open_only=True)
    ]
