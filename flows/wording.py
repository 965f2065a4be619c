"""What operators read at gates and in the Prefect UI: Markdown without personal data.

The dialog of the Prefect UI is narrow and does not wrap a table's cells: what decides stands on the left and is short.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from data_contracts.case import Case

_NOTES = {
    "hold_over": "its hold is over",
    "other_basis": "also used on another legal basis, which the ground does not reach",
    "made_public": "was public: others who show it are to be told (Art. 17(2))",
    "shared": "shared with other people",
    "masked": "shown masked",
    "review": "free text, left out until a person has read it",
    "omitted": "left out as the contract says",
    "about_employee": "about an employee",
    "about_third_party": "about somebody else",
    "redacted": "free text, released in part",
    "withheld": "free text, read and withheld",
    "not_portable": "not provided, or not based on consent or a contract",
    "not_automated": "not processed by automated means",
    "other_controller": "another controller's",
    "protected": "protects others or our security",
    "served_by_list": "no marker in this table: our list restricts it",
    "by_ledger": "no marker in this table: our ledger stops it",
    "restricted_own_request": "restricted (Art. 18): the request to erase must be the data subject's consent to it",
}


def plan_table(case: Case, plan: Any) -> str:  # noqa: ANN401  # JSON of data_contracts.plan.plan_facts
    """The plan as Markdown: in one line, then as a table of what happens where, to how many rows, and why."""
    lines = shown_lines(plan["lines"])
    head = (
        f"**Case {case.case_id}: {case.right.value}, received {case.received_at:%Y-%m-%d}, answer due "
        f"{case.response_due:%Y-%m-%d}.** Most sensitive data: {plan['sensitivity']}.\n\n"
        f"{_sent(plan)}{_summary(lines)}\n\n"
        "| action | rows | table | why | columns |\n|---|---:|---|---|---|\n"
    )
    rows = "\n".join(_row(line) for line in lines)
    hand = "".join(f"\n\n- `{system}` is handled by hand: {reference}" for system, reference in plan["by_hand"])
    return f"{head}{rows}{hand}"


def shown_lines(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Lines that tell a person something: no rows is told only where the whole table has none.

    >>> shown_lines([{"system": "crm", "table": "t", "rows": 0}, {"system": "crm", "table": "t", "rows": 2}])
    [{'system': 'crm', 'table': 't', 'rows': 2}]
    """
    filled = {(line["system"], line["table"]) for line in lines if line["rows"]}
    return [line for line in lines if line["rows"] or (line["system"], line["table"]) not in filled]


def why(line: Mapping[str, Any]) -> str:
    """The ground or the note of a plan's line, for a person."""
    ground = line["ground"]
    if ground:
        until = {"per_row": ", each row until its own date", "": ""}.get(ground["until"], f", until {ground['until']}")
        letter = f"Art. 17(3)({ground['art17_3']}), " if ground["art17_3"] else ""
        return f"{letter}{ground['law']}{until}"
    return _NOTES.get(line["note"], str(line["note"]).replace("_", " "))


def _sent(plan: Mapping[str, Any]) -> str:
    """Who the data go to, where that is not the data subject alone (Art. 20(2))."""
    return f"**Goes to the party `{plan['send_to']}` too.** " if plan.get("send_to") else ""


def _summary(lines: Sequence[Mapping[str, Any]]) -> str:
    """How many tables each action concerns; a table may have several."""
    tables = Counter(action for action, _, _ in {(x["action"], x["system"], x["table"]) for x in lines if x["rows"]})
    told = [f"{action.replace('_', ' ')} in {count}" for action, count in sorted(tables.items())]
    return f"Tables by action: {', '.join(told)}." if told else "Nothing was found."


def _row(line: Mapping[str, Any]) -> str:
    cells = (
        line["action"].replace("_", " "),
        line["rows"],
        f"{line['system']}.{line['table']}",
        why(line),
        ", ".join(line["columns"]) or "all",
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"
