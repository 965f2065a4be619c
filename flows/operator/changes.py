"""Unsealing what a rectification changes: old and new values, for an operator who must compare them (Art. 16)."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data_contracts.errors import RequestInvalid, VaultSealed
from data_contracts.vocabulary import Right
from flows import wiring
from flows.home.own_files import own_folder, write_own
from tasks.act.rectification import values_in
from tasks.case.plans import plan_receipt, planned
from tasks.gates.unsealing import Looker, Sealed, let_look
from tasks.services import services

FILE = "changes.json"
_OWN_FILE = 0o600


def unseal_changes(case_id: str, folder: Path, *, operator: str, code: str) -> dict[str, Any]:
    """Write old and new values of a rectification to a folder; who unsealed them goes into evidence.

    Raises:
        RequestInvalid: when the case is none of rectification, or the folder is not empty.
        AnswerRefused: when the operator may not approve the case, or the code is wrong.
        VaultSealed: when there is no plan yet, or the case has ended and its data are destroyed.
    """
    with wiring.opened():
        return unseal_here(case_id, folder, operator=operator, code=code)


def unseal_here(case_id: str, folder: Path, *, operator: str, code: str) -> dict[str, Any]:
    """The same, with the services that are in use."""
    let_look(case_id, Sealed.VALUES, Looker(operator, code))
    values = values_of(case_id)
    file = _written(folder, {"case": case_id, "changes": values})
    return {"case": case_id, "file": str(file), "places": len(values)}


def values_of(case_id: str) -> list[Mapping[str, Any]]:
    """Values by place, each with what the plan does there.

    Raises:
        RequestInvalid: when the case is none of rectification.
        VaultSealed: when there is no plan yet, or the case has ended and its data are destroyed.
    """
    case = services().register.case(case_id)
    if case.right is not Right.RECTIFICATION:
        raise RequestInvalid(f"this case is about {case.right.value}", where=case_id, remedy="name a rectification")
    if case.is_ended or not planned(case_id):
        raise VaultSealed("there are no values to show", where=case_id, remedy="look while the case is planned")
    lines = {
        (line["system"], line["table"], column, line.get("when", "")): line
        for line in plan_receipt(case_id)["plan"]["lines"]
        for column in line["columns"]
    }
    return [
        {**value, "action": line["action"], "why": line["note"], "rows": line["rows"]}
        for system in services().contracts.systems
        for value in values_in(case_id, system)
        if (line := lines.get((system, value["table"], value["column"], value.get("when", "")))) is not None
    ]


def _written(folder: Path, content: Mapping[str, Any]) -> Path:
    """The file, readable by its owner alone."""
    own_folder(folder, empty=True)
    return write_own(folder / FILE, [json.dumps(content, ensure_ascii=False, indent=2)])
