"""The clock of a case as the command line tells it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from data_contracts.case.case import Case
from tasks.case.clock import day_of, standing


def clock_row(case: Case) -> dict[str, Any]:
    """When the case arrived, when its answer is due, and what moved that day; none while the clock stands still."""
    now = standing(case)
    return {
        "received": day_of(case.received_at).isoformat(),
        "response_due": _iso(now.response_due),
        "days_left": now.days_left,
        "paused": now.is_paused,
        "extended": case.is_extended,
        "notice_by": _iso(now.notice_by),
        "clock": "paused" if now.is_paused else "extended" if case.is_extended else "",
    }


def clock_line(facts: Mapping[str, Any]) -> str:
    """The clock in one line, for a person.

    >>> clock_line({"outcome": "", "paused": True, "extended": False, "linked_to": ""})
    'the clock stands still: a proof of identity is awaited'
    """
    if facts["paused"]:
        return "the clock stands still: a proof of identity is awaited"
    parts = [f"answer due {facts['response_due']}"]
    if not facts["outcome"] and facts["days_left"] is not None:
        parts[0] += f" ({facts['days_left']} days left)"
    if facts["extended"]:
        parts.append("extended by two months")
    elif facts["notice_by"]:
        parts.append(f"more time can be told until {facts['notice_by']}")
    if facts["linked_to"]:
        parts.append(f"handled in {facts['linked_to']}")
    return ", ".join(parts)


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None
