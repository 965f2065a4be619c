"""Who let which rule of retention erase, and which runs ask about which rules (charter 4.1; law 5).

1. A question is asked once: what a run asked about within the last days, and is not answered or was refused, no other
   run asks again.
2. A question that nobody answered in that time is taken back by the next run, which asks with the counts of its day.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from data_contracts.case.runs import Run
from data_contracts.evidence.records import Facts, Record
from data_contracts.gates.gates import GateEntry
from data_contracts.officer.retaining import ApprovedRule, Counted
from data_contracts.vocabulary import Decision, Duty, Gate
from tasks.act.periods.retention import plan_of
from tasks.gates.gates import deciding_people
from tasks.rules.act.retaining import Way
from tasks.services import services

_ASK_AGAIN: Final = timedelta(days=7)
SUPERSEDED: Final = "superseded"


def asked_elsewhere(run_id: str) -> dict[str, str]:
    """By digest of a rule, the other run that asked about it lately and waits, or was refused."""
    since = services().now() - _ASK_AGAIN
    return {
        line.digest: run.run_id
        for run, gate in _asking(but=run_id)
        if run.opened_at > since and gate.outcome in {None, Decision.REFUSE}
        for line in _asked(run.run_id)
    }


def take_back_old(run_id: str) -> list[str]:
    """Close the runs that have waited too long for an answer, so that ``run_id`` asks anew; their names."""
    register, since = services().register, services().now() - _ASK_AGAIN
    old = [run.run_id for run, gate in _asking(but=run_id) if run.opened_at <= since and gate.outcome is None]
    for name in old:
        register.complete(
            name,
            "end",
            receipt={"failed": [], "outcome": SUPERSEDED},
            record=Record("end", "", {"outcome": SUPERSEDED, "by": run_id}),
            outcome=SUPERSEDED,
        )
        register.retire_gate(name, Gate.APPROVAL)
    return old


def settle_approval(run_id: str, asked: Iterable[Counted]) -> bool:
    """Note what people decided about the rules of a run; whether they approved. From then on these rules are known."""
    register = services().register
    entry = register.gate(run_id, Gate.APPROVAL)
    people = deciding_people(entry) if entry is not None else []
    is_approved = entry is not None and entry.outcome is Decision.APPROVE
    rules = list(asked)
    if is_approved:
        approve_rules(run_id, rules, people)
    facts: Facts = {"approved": is_approved, "by": list(people), "rules": [line.digest for line in rules]}
    register.complete(run_id, "approve", receipt=dict(facts), record=Record("approve", "", facts))
    return is_approved


def was_approved(run_id: str) -> bool:
    """Whether people approved what this run asked."""
    entry = services().register.step(run_id, "approve")
    return entry is not None and bool(entry.receipt["approved"])


def approve_rules(run_id: str, lines: Iterable[Counted], people: Iterable[str]) -> None:
    """Remember that people let these rules erase; one that was approved before stays as it is."""
    provided, names = services(), ", ".join(people)
    provided.register.approve_rules(
        ApprovedRule(line.digest, run_id, line.place, names, provided.now()) for line in lines if line.due > 0
    )


def _asking(*, but: str) -> Iterator[tuple[Run, GateEntry]]:
    """Other runs that have asked, newest first, with what became of it."""
    register = services().register
    for run in register.runs(Duty.RETENTION):
        gate = register.gate(run.run_id, Gate.APPROVAL) if run.run_id != but else None
        if gate is not None:
            yield run, gate


def _asked(run_id: str) -> tuple[Counted, ...]:
    plan = plan_of(run_id)
    return () if plan is None else plan.lines(Way.ASK)
