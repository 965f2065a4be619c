"""Where cases stand, as facts and as a person reads them."""

from typing import Any

from data_contracts.case.case import Case
from data_contracts.gates.gates import GateEntry
from flows import wiring
from flows.operator.clock import clock_line, clock_row
from flows.operator.gate_facts import gate_facts, gate_name, print_gate
from flows.operator.verdict_facts import print_copy, print_verdict, verdict_facts
from flows.runs.wording import shown_lines, table_of, why
from flows.terminal import console, table
from tasks.case.clock_check import back_said, clock_said
from tasks.case.recovery import copy_facts
from tasks.rules.clock.clocks import moves_set_back
from tasks.services import services


def case_facts(case_id: str, *, faults: bool = False) -> dict[str, Any]:
    """Everything about a case that is no personal data; with ``faults`` also what was sealed when a step broke."""
    with wiring.opened():
        register = services().register
        case = register.case(case_id)
        plan = register.step(case_id, "plan")
        facts = _case_row(case) | {
            "outcome": case.outcome,
            "channel": case.channel.value,
            "language": case.language,
            "timeline": [
                {"at": m.at.isoformat(), "to": m.to.value, "cause": m.cause, "actor": m.actor}
                | ({"clock": back_said(back)} if back else {})
                for m, back in moves_set_back(register.timeline(case_id))
            ],
            "plan": dict(plan.receipt).get("plan") if plan else None,
            "verdict": verdict_facts(case_id),
            "recovery": copy_facts(case_id),
            "gates": [gate_facts(entry) for entry in _standing_gates(case_id)],
            "steps": {
                f"{step} {system}".strip(): {"state": entry.state, "receipt": dict(entry.receipt)}
                for (step, system), entry in register.steps(case_id).items()
            },
        }
        if faults:
            facts["faults"] = _faults(case_id)
    return facts


def cases_facts(*, open_only: bool) -> dict[str, Any]:
    """Cases, the one due first on top."""
    with wiring.opened():
        rows = [_case_row(case) for case in services().register.cases(open_only=open_only)]
        said = clock_said()
        return {"cases": rows, **({"clock": said} if said else {})}


def print_case(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    """Tell a person where a case stands."""
    console.print(f"[bold]{facts['case']}[/]  {facts['right']}, by {facts['channel']}, received {facts['received']}")
    console.print(f"{facts['state']} {facts['outcome']}  {clock_line(facts)}")
    is_back = any("clock" in line for line in facts["timeline"])
    table(facts["timeline"], ("at", "to", "cause", "actor", *(("clock",) if is_back else ())), title="Timeline")
    print_plan(facts["plan"])
    print_verdict(facts["verdict"])
    print_copy(facts["recovery"])
    waiting = [gate for gate in facts["gates"] if not gate["outcome"] and facts["waits_at"]]
    if waiting:
        table(waiting, ("gate", "roles", "people", "answered_by", "note"), title="Open gates")
    for gate in waiting:
        print_gate(gate)
    for name, text in facts.get("faults", {}).items():
        console.rule(name)
        print(text)


def print_plan(plan: Any) -> None:  # noqa: ANN401  # JSON of plan_facts, or None
    """Tell a person what happens where, to how many rows, and on which ground."""
    if plan:
        lines = shown_lines(plan["lines"])
        rows = [
            {**line, "table": table_of(line), "columns": ", ".join(line["columns"]) or "all", "why": why(line)}
            for line in lines
        ]
        table(rows, ("system", "table", "action", "rows", "columns", "why"), title="Plan")


def _standing_gates(case_id: str) -> list[GateEntry]:
    """Gates that were decided, and those that can be answered: not the ones that another question took the place of."""
    waiting = {(g.gate, g.subject, g.digest) for g in services().register.gates(case_id, open_only=True)}
    gates = services().register.gates(case_id)
    return [g for g in gates if g.outcome or (g.gate, g.subject, g.digest) in waiting]


def _case_row(case: Case) -> dict[str, Any]:
    gates = [] if case.is_ended else services().register.gates(case.case_id, open_only=True)
    return {
        "case": case.case_id,
        "right": case.right.value,
        "state": case.state.value,
        **clock_row(case),
        "linked_to": case.linked_to,
        "waits_at": ", ".join(gate_name(gate) for gate in gates),
    }


def _faults(case_id: str) -> dict[str, str]:
    vault = services().vault
    texts: dict[str, str] = {}
    for name in vault.names(case_id):
        if name.startswith("fault."):
            with vault.read(case_id, name) as blob:
                texts[name] = blob.read().decode()
    return texts
