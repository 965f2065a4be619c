"""How ``rightsflow case`` tells of gates: the question, its answers, and the exact command for each."""

import re
from typing import Any, Final

from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate
from flows.terminal import console

_MORE: Final = {
    Decision.REFUSE: '--refuse --reason "…"',
    Decision.APPROVE: "",
    Decision.BY_HAND: "--decision by_hand --reference REFERENCE",
    Decision.STAYS: "--decision stays --reference mention|obligation|technical",
    Decision.SENT: "--decision sent --reference REFERENCE",
    Decision.CHOSEN: '--decision chosen --reference "A1 K1"',
}
_BREAK: Final = re.compile(r"<br ?/?>")


def gate_name(entry: GateEntry) -> str:
    """What the gate is called at the command line."""
    has_subject = entry.subject and entry.gate is not Gate.IDENTITY
    return f"{entry.gate.value}:{entry.subject}" if has_subject else entry.gate.value


def gate_facts(entry: GateEntry) -> dict[str, Any]:
    """A gate as JSON-ready facts."""
    return {
        "gate": gate_name(entry),
        "digest": entry.digest,
        "options": [option.value for option in entry.options],
        "roles": ", ".join(entry.roles),
        "people": entry.people,
        "answered_by": ", ".join(f"{a.operator}: {a.decision.value}" for a in entry.answers),
        "outcome": entry.outcome.value if entry.outcome else "",
        "reference": entry.reference,
        "note": entry.note,
        "description": entry.description,
        "answers": [] if entry.outcome else [answer_facts(entry, option) for option in entry.options],
    }


def answer_facts(entry: GateEntry, option: Decision) -> dict[str, str]:
    """An answer that a gate offers, and the command that gives it."""
    more = _MORE.get(option, f"--decision {option.value}")
    if entry.gate is Gate.IDENTITY and option is Decision.APPROVE:
        command = f"rightsflow verify {entry.case_id} --method METHOD --as OPERATOR --code CODE"
    else:
        command = f"rightsflow approve {entry.case_id} {gate_name(entry)} {more} --as OPERATOR --code CODE"
    return {"answer": option.value, "command": " ".join(command.split())}


def print_gate(gate: Any) -> None:  # noqa: ANN401  # JSON facts
    """Tell a person what an open gate asks, and how to answer it."""
    console.rule(f"Gate {gate['gate']}: {gate['roles']}, {gate['people']} to answer", align="left")
    if gate["note"]:
        console.print(f"The last answer was not accepted. {gate['note']}", markup=False)
    from rich.markdown import Markdown  # noqa: PLC0415  # a quarter of what listing cases costs

    console.print(Markdown(_BREAK.sub("; ", gate["description"])))
    for answer in gate["answers"]:
        console.print(f"  {answer['answer']:<10}{answer['command']}", markup=False)
