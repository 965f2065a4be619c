"""What operators see beside the flow run of a case in the Prefect UI: its plan, its result, and its evidence.

Counts, names of systems, of the law and of steps. What a person typed (references, reasons) and operators' names stay
in the register: an artifact cannot be wiped (law 1).
"""

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from data_contracts.gates.decided import SOFTWARE
from flows import wiring
from flows.runs.artifacts import Row, show_table
from flows.runs.wording import shown_lines, table_of, why
from tasks.case.clock_check import back_said
from tasks.rules.clock.clocks import moves_set_back
from tasks.services import services

_BY_HAND: Final = "by_hand"


def show_case_plan(case_id: str, plan: Mapping[str, Any]) -> None:
    """What will happen where, to how many rows, on which ground.

    Args:
        case_id: the case.
        plan: as ``data_contracts.case.plan.plan_facts`` writes it.
    """
    case = services().register.case(case_id)
    rows = [_plan_row(line) for line in shown_lines(plan["lines"])]
    title = (
        f"**{case_id}: {case.right.value}, answer due {case.response_due:%Y-%m-%d}.** What people are asked to approve."
    )
    show_table("plan", case_id, rows, title=title)


def show_case_end(case_id: str) -> None:
    """What a case came to: the proof line by line where something was changed, and the evidence record by record."""
    case = services().register.case(case_id)
    records = list(_records(case_id))
    proof = [{"what was looked at again": line} for record in records for line in _proof(record)]
    title = f"**{case_id}: {case.right.value}, {case.outcome or case.state.value}.**"
    show_table("result", case_id, proof or _timeline(case_id), title=title)
    is_whole = _is_whole(case_id)
    chain = "the chain is whole" if is_whole else f"**the chain is broken: rightsflow evidence verify {case_id}**"
    audit = [_audit_row(number, record) for number, record in enumerate(records)]
    show_table("audit", case_id, audit, title=f"**{case_id}: {len(records)} records of evidence; {chain}.**")


def _plan_row(line: Mapping[str, Any]) -> Row:
    is_by_hand = str(line["note"]).startswith(_BY_HAND)
    return {
        "system": line["system"],
        "table": table_of(line),
        "action": str(line["action"]).replace("_", " "),
        "rows": line["rows"],
        "columns": ", ".join(line["columns"]) or "all",
        "why": "handled by hand" if is_by_hand else why(line),
    }


def _records(case_id: str) -> Iterator[Mapping[str, Any]]:
    """What each record of the case's evidence says, in order."""
    envelopes, _head = services().register.evidence(case_id)
    for envelope in envelopes:
        yield json.loads(base64.b64decode(str(envelope["payload"])))["predicate"]


def _proof(record: Mapping[str, Any]) -> list[str]:
    return list(record["facts"].get("counts", ())) if record["step"] == "prove" else []


def _timeline(case_id: str) -> list[Row]:
    """Where nothing was changed: how the case went."""
    return [
        {"at": f"{move.at:%Y-%m-%d %H:%M}", "state": " · ".join(filter(None, (move.to.value, back_said(back))))}
        for move, back in moves_set_back(services().register.timeline(case_id))
    ]


def _audit_row(number: int, record: Mapping[str, Any]) -> Row:
    by = "software" if record["actor"] == SOFTWARE else "a person"
    return {
        "record": number,
        "at": str(record["at"])[:19].replace("T", " "),
        "step": record["step"],
        "system": record["system"],
        "by": by,
        "follows": str(record["previous"])[:12],
    }


def _is_whole(case_id: str) -> bool:
    with wiring.opened() as installation:
        return installation.verify_case(case_id).is_whole
