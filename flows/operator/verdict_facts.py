"""How far a case is proven, as ``rightsflow case`` tells it."""

from typing import Any

from flows.terminal import console, table
from tasks.proof.judge import conclusion, not_looked_at, staying, told_by_people


def verdict_facts(case_id: str) -> dict[str, Any] | None:
    """The verdict of a case and what it leaves open, as JSON-ready facts; None before it was looked at."""
    concluded = conclusion(case_id)
    if concluded is None:
        return None
    return {
        "verdict": concluded.value,
        "but_for": [dict(one) for one in staying(case_id)],
        "told": dict(told_by_people(case_id)),
        "not_looked": [{"place": place, "why": why} for place, why in not_looked_at(case_id)],
    }


def print_verdict(facts: dict[str, Any] | None) -> None:
    """Tell a person how far the case is proven, and what it leaves open."""
    if facts is None:
        return
    console.print(f"Verdict: {facts['verdict'].replace('_', ' ')}")
    if facts["but_for"]:
        rows = [{**one, "by": ", ".join(one["by"])} for one in facts["but_for"]]
        table(rows, ("system", "place", "check", "rows", "why", "by"), title="What stays")
    for system, reference in facts["told"].items():
        console.print(f"Told by a person, not looked at: {system}, {reference}")
    for one in facts["not_looked"]:
        console.print(f"Not looked at: {one['place'] or 'beside the contracts'} ({one['why'].replace('_', ' ')})")


def print_copy(facts: dict[str, Any] | None) -> None:
    """Tell a person of the copy of what was erased, and of its end."""
    if facts is None:
        return
    if facts["state"] == "kept":
        console.print(f"Recovery copy: {facts['rows']} rows sealed until {facts['until']}; then its key is destroyed")
    else:
        console.print(f"Recovery copy: its key is destroyed ({facts['state']})")
    for place, why in facts["not_copied"].items():
        console.print(f"Not in it: {place} ({why.replace('_', ' ')})")
