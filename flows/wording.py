"""What operators read at gates and in the Prefect UI: Markdown without personal data."""

from collections.abc import Mapping, Sequence
from typing import Any

from data_contracts.case import Case


def plan_table(case: Case, plan: Any) -> str:  # noqa: ANN401  # JSON of data_contracts.plan.plan_facts
    """The plan as a Markdown table: what happens where, to how many rows, and on which ground."""
    head = (
        f"**Case {case.case_id}: {case.right.value}, received {case.received_at:%Y-%m-%d}, answer due "
        f"{case.response_due:%Y-%m-%d}.** Most sensitive data: {plan['sensitivity']}.\n\n"
        "| system | table | action | rows | columns | ground or note |\n|---|---|---|---:|---|---|\n"
    )
    rows = "\n".join(_row(line) for line in shown_lines(plan["lines"]))
    hand = "".join(f"\n\n- `{system}` is handled by hand: {reference}" for system, reference in plan["by_hand"])
    return f"{head}{rows}{hand}"


def shown_lines(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Lines that tell a person something: no rows is told only where the whole table has none.

    >>> shown_lines([{"system": "crm", "table": "t", "rows": 0}, {"system": "crm", "table": "t", "rows": 2}])
    [{'system': 'crm', 'table': 't', 'rows': 2}]
    """
    filled = {(line["system"], line["table"]) for line in lines if line["rows"]}
    return [line for line in lines if line["rows"] or (line["system"], line["table"]) not in filled]


def _row(line: Mapping[str, Any]) -> str:
    columns = ", ".join(line["columns"]) or "all"
    return f"| {line['system']} | {line['table']} | {line['action']} | {line['rows']} | {columns} | {why(line)} |"


def why(line: Mapping[str, Any]) -> str:
    """The ground or the note of a plan's line, for a person."""
    ground = line["ground"]
    if ground:
        until = {"per_row": ", each row until its own date", "": ""}.get(ground["until"], f", until {ground['until']}")
        return f"Art. 17(3)({ground['art17_3']}), {ground['law']}{until}"
    return str(line["note"]).replace("_", " ")
