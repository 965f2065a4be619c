"""What operators read at gates and in the Prefect UI: Markdown without personal data.

The dialog of the Prefect UI is narrow and does not wrap a table's cells: what decides stands on the left and is short.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from data_contracts.case.case import Case
from data_contracts.connectors.rehearsing import WHY_NOT, NotRehearsed

_MOST_CHANGES = 40
_NOTES = {
    "hold_over": "its hold is over",
    "other_basis": "also used on another legal basis, which the ground does not reach",
    "made_public": "was public: others who show it are to be told (Art. 17(2))",
    "shared": "others' data depend on it, or may: kept for several people",
    "reference": "others' rows, which stay and lose their reference to a row that goes",
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


def plan_table(case: Case, plan: Any) -> str:  # noqa: ANN401  # JSON of data_contracts.case.plan.plan_facts
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
    return f"{head}{rows}{hand}{_rehearsed(plan)}{_beside(plan)}"


def changes_told(lines: Sequence[str]) -> str:
    """Why people are asked again about a plan that they approved; empty where they are not.

    >>> changes_told(["contract: crm.t.c: erase was `clear`, is `mask`"]).splitlines()[2]
    "- contract: crm.t.c: erase was 'clear', is 'mask'"
    """
    if not lines:
        return ""
    listed = "".join(f"\n- {line.replace('`', chr(39)).replace('|', '/')}" for line in lines[:_MOST_CHANGES])
    more = (
        f"\n- and {len(lines) - _MOST_CHANGES} more: `rightsflow contracts diff`" if len(lines) > _MOST_CHANGES else ""
    )
    return f"**You are asked again: what was approved is not what would be done now.**\n{listed}{more}\n\n"


def _rehearsed(plan: Mapping[str, Any]) -> str:
    """What the systems said of the orders when they were tried; empty where none was."""
    tried = plan.get("rehearsed", ())
    if not tried:
        return ""
    tables, accepted = (sum(one[name] for one in tried) for name in ("tables", "accepted"))
    told = f"\n\n**Rehearsed: {accepted} of {tables} tables** accepted the orders; nothing was committed."
    for one in tried:
        for table, code, about in one["left_out"]:
            what = f" ({_shown(about)})" if about else ""
            told += f"\n- not rehearsed: {_shown(one['system'] + '.' + table)}: {WHY_NOT[NotRehearsed(code)]}{what}"
        for table, rows in one["appeared"]:
            told += (
                f"\n- {rows} rows appear in {_shown(one['system'] + '.' + table)}, which no contract declares: "
                "a trigger copies there what is erased. Declare the table, or the data subject stays in it"
            )
        if one["partial"]:
            told += f"\n- {_shown(one['system'])}: of its files types and values alone were tried"
    return told


def _beside(plan: Mapping[str, Any]) -> str:
    """What the witness saw beside the contracts, by place and count; empty when it saw nothing."""
    places, unseen = plan.get("unreached", ()), plan.get("not_looked", ())
    told = ""
    if places:
        rows = "\n".join(
            f"| {rows} | {system}: {_shown(place)} | {_what(kinds, check)} |"
            for system, place, rows, kinds, check in places
        )
        more = "1 more place holds" if len(places) == 1 else f"{len(places)} more places hold"
        told = (
            f"\n\n**{more} something of the data subject; no contract leads there.** It stays as it is. Whose rows "
            "these are is for you to find out before you approve; the verdict will name each place.\n\n"
            f"| rows | place | what |\n|---:|---|---|\n{rows}"
        )
    if unseen:
        listed = "; ".join(f"{_shown(place)} ({why.replace('_', ' ')})" for place, why in unseen)
        told += f"\n\n**Not looked at beside the contracts:** {listed}."
    return told


def _what(kinds: Sequence[str], check: str) -> str:
    words = ", ".join(kinds).replace("_", " ")
    return {"undeclared": "not declared", "copies": f"copies stay: {words}"}.get(check, f"holds a key: {words}")


def _shown(place: str) -> str:
    """A name of a system as text, whatever signs it has."""
    return "`" + place.replace("`", "'").replace("|", "/").replace("\n", " ") + "`"


def unserved(places: Sequence[str]) -> str:
    """What is said of searches that no index serves; empty where an index serves each.

    >>> unserved(["crm.customer.email"]).strip()
    'No index serves a search by `crm.customer.email`: it reads the whole table.'
    """
    if not places:
        return ""
    named = ", ".join(f"`{place}`" for place in places)
    return f"\n\nNo index serves a search by {named}: it reads the whole table."


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


def table_of(line: Mapping[str, Any]) -> str:
    """The table of a plan's line, and which of its rows the line tells of where it is not all.

    >>> table_of({"table": "usermeta", "when": "meta_key: email"}), table_of({"table": "usermeta"})
    ('usermeta (meta_key: email)', 'usermeta')
    """
    when = str(line.get("when", "")).replace("|", "\\|")
    return f"{line['table']} ({when})" if when else str(line["table"])


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
        f"{line['system']}.{table_of(line)}",
        why(line),
        ", ".join(line["columns"]) or "all",
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"
