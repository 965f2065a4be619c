"""A clerk who knows nothing but what a gate says, and chooses from that alone; walks cases to their end.

The clerk takes an account for the data subject's where its own number was proven, or where it alone holds
a proven key; where that leaves none, the request is refused.
"""

import re
from collections.abc import Collection
from datetime import timedelta

from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate
from tests.flows.company import House

_ACCOUNT = re.compile(r"^\| (A\d+) \| (\S+) [^|]+\| ([^|]+) \| ([^|]+) \|", re.MULTILINE)
_REASON = "It cannot be told whose data these are; write to us which number is yours."
_WHERE_KNOWN = {
    Decision.SENT: "RAR-1",
    Decision.BY_HAND: "TOLD-1",
}


def clerk(text: str, options: Collection[Decision]) -> tuple[Decision, str] | None:
    """What is answered at a gate that shows this text and offers these answers, with its reference; None: wait."""
    if "Nothing is to be done here" in text:
        return None
    if Decision.CHOSEN in options:
        sure = _sure(_ACCOUNT.findall(text))
        return (Decision.CHOSEN, " ".join(sure)) if sure else (Decision.REFUSE, "")
    if Decision.ASK_MORE in options:
        return Decision.REFUSE, ""  # nothing was seen that would show who asks
    for decision, reference in _WHERE_KNOWN.items():
        if decision in options:
            return decision, reference
    return (Decision.APPROVE, "") if Decision.APPROVE in options else (Decision.REFUSE, "")


def _sure(accounts: list[tuple[str, str, str, str]]) -> list[str]:
    proven = [one for one in accounts if "yes" in one[2]]
    by_number = [number for number, kind, _, ways in proven if f"= {kind} (proven)" in ways]
    return by_number or [number for number, *_ in proven if len(proven) == 1]


def carried(house: House, case_id: str) -> tuple[str, list[Gate]]:
    """How a case ended, every gate answered by the clerk, and at which gates that was."""
    met: list[Gate] = []
    while (entry := house.run(case_id)) is not None:
        met.append(entry.gate)
        assert len(met) < 20, f"a case that never ends: {met}"
        answered(house, entry)
    return house.outcome(case_id), met


def answered(house: House, entry: GateEntry) -> None:
    """Answer a gate as the clerk does, or let some days pass."""
    if entry.gate is Gate.REVIEW and Decision.APPROVE not in entry.options:
        house.read_texts(entry.case_id)
        return
    answer = clerk(entry.description, entry.options)
    if answer is None:
        house.clock.advance(timedelta(days=4))
        return
    decision, reference = answer
    who = next(name for name in ("claire", "marc") if name not in {a.operator for a in entry.answers})
    reason = _REASON if decision is Decision.REFUSE else ""
    house.answer(entry, decision, who=who, reference=reference, reason=reason)
