"""The figures of this moment, put together from the register's counts."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from data_contracts.officer.figures import Figures, LastRun, Retained
from data_contracts.vocabulary import COUNTED_DUTIES, Duty
from tasks.case.clock import cases_standing_still, today
from tasks.rules.officer.figures import by_age, by_deadline, running, standing_of
from tasks.services import services

__all__ = ["current_figures"]


def current_figures() -> Figures:
    """What is counted now.

    Raises:
        SystemUnavailable: when the register cannot be reached; half of the figures would be a lie.
    """
    provided = services()
    register, now, day = provided.register, provided.now(), today()
    still = [(case.right, case.response_due) for case in cases_standing_still()]
    due = running(register.open_by_day(due=True), still)
    runs = [(duty, found[0]) for duty in COUNTED_DUTIES if (found := register.runs(duty))]
    standing = Counter(standing_of(operator, now) for operator in register.operators())
    return Figures(
        at=now,
        cases=register.count_cases(),
        to_deadline=by_deadline(due, day, still),
        ages=by_age(register.open_by_day(due=False), day),
        soonest=min(((one.day - day).days for one in due), default=None),
        gates=tuple(register.gate_waits()),
        steps=tuple(register.step_times()),
        failures={name: number for name, number in register.failed_attempts().items() if name in _systems()},
        runs=tuple(LastRun(duty, run.outcome, run.opened_at) for duty, run in runs),
        retention=_retention(next((run.run_id for duty, run in runs if duty is Duty.RETENTION), "")),
        findings=tuple(register.count_findings(day)),
        incidents=tuple(register.open_incidents()),
        unasked=register.unasked_queue(),
        outbox=register.outbox_queue(),
        arrivals=register.arrivals_queue(),
        operators=standing,
        stamp_trouble=register.stamp_trouble(),
    )


def _systems() -> frozenset[str]:
    """Systems and recipients: steps are noted for both."""
    contracts = services().contracts
    return frozenset(contracts.systems) | frozenset(contracts.vocabulary.parties)


def _retention(run_id: str) -> Mapping[str, Retained]:
    """What the last run of retention did, by system."""
    if not run_id:
        return {}
    steps = services().register.steps(run_id)
    done = {system: entry.receipt for (step, system), entry in steps.items() if step == Duty.RETENTION and system}
    return {system: _summed(receipt) for system, receipt in done.items() if "lines" in receipt}


def _summed(receipt: Mapping[str, Any]) -> Retained:
    lines: list[Mapping[str, int]] = list(receipt["lines"])
    over, spared, left, again = (
        sum(line.get(name, 0) for line in lines) for name in ("over", "spared", "left", "again")
    )
    return Retained(over - again, spared, left)
