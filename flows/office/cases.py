"""What the command line does with cases: facts as JSON-ready dictionaries."""

import getpass
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from data_contracts.case.case import Case
from data_contracts.case.documents import Document
from data_contracts.case.runs import is_run
from data_contracts.errors import RequestInvalid, SystemUnavailable
from data_contracts.evidence.records import Facts, Record, canonical, digest
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Channel, Decision, Gate, Right
from flows import wiring
from flows.office.clock import clock_line, clock_row
from flows.office.details import Details
from flows.office.endings import go_on_extending
from flows.office.gate_facts import gate_facts, gate_name, print_gate
from flows.office.verdict_facts import print_copy, print_verdict, verdict_facts
from flows.rights.which import carry_on, require_flow
from flows.runs.case_runs import start_flow, wake_flow
from flows.runs.gates import opened
from flows.runs.starting import wake_run
from flows.runs.wording import shown_lines, table_of, why
from flows.terminal import console, table
from tasks.case.clock_check import back_said, clock_said
from tasks.case.leavers import missing_at
from tasks.case.recovery import copy_facts
from tasks.case.sealed import PACKAGE
from tasks.gates.gates import Answer, answer_gate
from tasks.identity.documents import keep_record
from tasks.identity.verify import identity_question
from tasks.intake.register import TypedRequest, receipt_moment, register_request
from tasks.life.extension import concerns_extension
from tasks.rules.clock.clocks import moves_set_back
from tasks.services import services
from tasks.steps.matters import matter_of


@dataclass(frozen=True, slots=True)
class Typed:
    """A request as typed at the command line."""

    right: Right
    channel: Channel
    language: str
    received: str
    name: str = field(repr=False)
    key: str
    identity: Mapping[str, list[str]] = field(repr=False)
    details: Details = field(default_factory=Details, repr=False)
    scan: Path | None = None
    """Scan of the letter, kept as the case's record."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer as typed at the command line."""

    operator: str
    decision: Decision
    code: str = field(repr=False)
    reason: str = field(repr=False)
    reference: str


def open_request(typed: Typed) -> dict[str, Any]:
    """Register a request and start its flow where a server is; the case is registered either way."""
    require_flow(typed.right)
    scan = None if typed.scan is None else _scanned(typed.scan)
    with wiring.opened() as installation:
        zone = installation.services.organisation.time_zone
        case = register_request(
            TypedRequest(
                right=typed.right,
                channel=typed.channel,
                language=typed.language,
                received_at=receipt_moment(typed.received, installation.now(), zone),
                request_key=f"cli:{typed.key or uuid4()}",
                identity=typed.identity,
                name=typed.name,
                reply_to=typed.details.reply_to,
                postal_address=typed.details.postal_address,
                postal_country=typed.details.postal_country,
                details=typed.details.letter,
                statement=typed.details.statement,
            )
        )
        if scan is not None:
            keep_record(case.case_id, scan, by=getpass.getuser())
        run, note = _started(case)
    return {
        "case": case.case_id,
        "right": case.right.value,
        "response_due": case.response_due.isoformat(),
        "flow_run": run,
        "note": note,
    }


def _scanned(file: Path) -> Document:
    """The scan of a letter, looked at before anything is registered.

    Raises:
        RequestInvalid: when it cannot be read, or is no picture or PDF that can be kept.
    """
    try:
        return wiring.read_document(file.read_bytes())
    except OSError:
        raise RequestInvalid("the scan cannot be read", where=str(file), remedy="check its path and rights") from None
    except wiring.DocumentRefused as refused:
        what = f"the scan is not taken ({refused.code})"
        raise RequestInvalid(what, where=str(file), remedy="give a JPEG, PNG or PDF of at most 10 MB") from None


def run_case(case_id: str) -> dict[str, Any]:
    """Carry a case on in this process."""
    with wiring.opened():
        waiting = carry_on(services().register.case(case_id))
        case = services().register.case(case_id)
    if waiting is None:
        said = f"{case_id} ended: {case.outcome}"
        return {"case": case_id, "state": case.state.value, "outcome": case.outcome, "waits_at": "", "said": said}
    gate = gate_name(waiting.entry)
    said = f"{case_id} waits at gate {gate}: rightsflow approve {case_id} {gate} --as OPERATOR --code CODE"
    return {"case": case_id, "state": case.state.value, "outcome": "", "waits_at": gate, "said": said}


def verify_identity(case_id: str, reference: str, *, operator: str, code: str) -> dict[str, Any]:
    """Answer the identity gate: verified, by the method that the reference names."""
    with wiring.opened():
        register = services().register
        case = register.case(case_id)
        gates = register.gates(case_id, kind=Gate.IDENTITY)
        asked = sum(1 for gate in gates if gate.outcome is Decision.ASK_MORE)
        entry = opened(case_id, identity_question(case_id, case.right, asked))
        answer = Answer(operator, Decision.APPROVE, code=code, reference=reference)
        decided = answer_gate(entry, answer)
        _, note = woken(case)
    return {"case": case_id, "outcome": _outcome(decided), "note": note, "said": _said(decided)}


def answer(case_id: str, gate: Gate, subject: str, typed: Answered) -> dict[str, Any]:
    """Answer an open gate of a case.

    Raises:
        RequestInvalid: when no such gate is open, or several are.
        AnswerRefused: when the answer is not accepted; the gate stays open.
    """
    with wiring.opened():
        matter_of(case_id)
        entry = _open_gate(case_id, gate, subject)
        given = Answer(typed.operator, typed.decision, typed.code, typed.reason, typed.reference)
        try:
            decided = answer_gate(entry, given)
        finally:
            # Also after a refused answer: the form in the Prefect UI shows why.
            note = _woken_by_answer(case_id)
        _go_on(decided)
    told = {"outcome": _outcome(decided), "note": note, "said": _said(decided)}
    return {"case": case_id, "gate": gate_name(entry)} | told


def carried_on(decided: GateEntry) -> str:
    """Let the case of a gate that was answered go on; what to tell where nothing carries it on by itself."""
    note = _woken_by_answer(decided.case_id)
    _go_on(decided)
    return note


def _go_on(decided: GateEntry) -> None:
    if concerns_extension(decided):
        go_on_extending(services().register.case(decided.case_id))


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


def unseal_package(case_id: str, folder: Path, *, account: str) -> dict[str, Any]:
    """Write the answer package to a folder; who unsealed it goes into evidence.

    Raises:
        VaultSealed: when there is no package, or its time is over.
    """
    with wiring.opened() as installation:
        provided = services()
        provided.register.case(case_id)
        with provided.vault.read(case_id, PACKAGE) as package:
            files = wiring.unpack_package(package, folder)
        when = installation.now().isoformat()
        facts: Facts = {"by": f"local-account:{account}", "files": len(files)}
        provided.register.complete(
            case_id, "unseal", digest(canonical([account, when]))[:16], receipt={}, record=Record("unseal", "", facts)
        )
    return {"case": case_id, "folder": str(folder), "files": [str(file) for file in files]}


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


def _started(case: Case) -> tuple[str, str]:
    try:
        run = start_flow(case)
    except SystemUnavailable as error:
        return "", str(error)
    if run is None:
        return "", f"No Prefect server is configured: carry it on with 'rightsflow run {case.case_id}'."
    return str(run), ""


def woken(case: Case) -> tuple[str, str]:
    """The flow run that looks at the register again, and what to tell where there is none."""
    try:
        run = wake_flow(case)
    except SystemUnavailable as error:
        return "", str(error)
    if run is None and case.is_ended:
        return "", f"No flow run lifts it: carry on with 'rightsflow lift {case.case_id}'."
    return str(run or ""), ""


def _woken_by_answer(case_id: str) -> str:
    """Let whatever waits for the answer look at the register again; what to tell where nothing does."""
    if not is_run(case_id):
        return woken(services().register.case(case_id))[1]
    try:
        run = wake_run(case_id)
    except SystemUnavailable as error:
        return str(error)
    return "" if run else "No flow run waits for it."


def _standing_gates(case_id: str) -> list[GateEntry]:
    """Gates that were decided, and those that can be answered: not the ones that another question took the place of."""
    waiting = {(g.gate, g.subject, g.digest) for g in services().register.gates(case_id, open_only=True)}
    gates = services().register.gates(case_id)
    return [g for g in gates if g.outcome or (g.gate, g.subject, g.digest) in waiting]


def _open_gate(case_id: str, gate: Gate, subject: str) -> GateEntry:
    open_gates = services().register.gates(case_id, open_only=True)
    found = [g for g in open_gates if g.gate is gate and (not subject or g.subject == subject)]
    if len(found) == 1:
        return found[0]
    names = ", ".join(gate_name(entry) for entry in open_gates) or "none"
    what = "several such gates are open" if found else "no such gate is open"
    raise RequestInvalid(what, where=f"{case_id} {gate.value}", remedy=f"open gates: {names}")


def _outcome(entry: GateEntry) -> str:
    return entry.outcome.value if entry.outcome else ""


def _said(entry: GateEntry) -> str:
    if entry.outcome:
        return f"{entry.case_id}: gate {gate_name(entry)} is decided: {entry.outcome.value}"
    missing = missing_at(entry)
    return f"{entry.case_id}: your answer at gate {gate_name(entry)} counts; {missing} more to answer"


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
