"""The figures in Prometheus' text form, with names after its conventions; labels are of closed lists or the contracts.

Source: https://prometheus.io/docs/practices/naming/ and https://prometheus.io/docs/instrumenting/exposition_formats/.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from data_contracts.officer.figures import AGES, DEADLINES, STEP_BOUNDS, Figures, Queue
from data_contracts.vocabulary import Right

__all__ = ["CONTENT_TYPE", "metrics_text"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_AUTHORITY_HOURS = 72
"""Art. 33(1)."""
_STANDINGS = ("in_force", "locked", "untrained", "lapsed")


def metrics_text(figures: Figures) -> bytes:
    """What a scrape answers."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(figures))
    return generate_latest(registry)


class _Once(Collector):
    """Gives the figures of one moment."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        """Every family."""
        figures = self._figures
        yield from _of_cases(figures)
        yield from _of_gates(figures)
        yield from _of_steps(figures)
        yield from _of_duties(figures)
        yield from _of_incidents(figures)
        yield from _of_queues(figures)
        yield from _of_stamps(figures)
        yield _gauge("operators", "Operators by whether they can decide now.", "standing").add(
            {(name,): figures.operators.get(name, 0) for name in _STANDINGS}
        )


class _Gauge(GaugeMetricFamily):
    """A family of gauges that is filled at once."""

    def add(self, values: dict[tuple[str, ...], float]) -> "_Gauge":
        """The family with these values by label values."""
        for labels, value in values.items():
            self.add_metric(labels, value)
        return self


def _gauge(name: str, said: str, *labels: str) -> _Gauge:
    return _Gauge(f"rightsflow_{name}", said, labels=labels)


def _of_cases(figures: Figures) -> Iterator[Metric]:
    cases = _gauge("cases", "Cases by right and state.", "right", "state")
    yield cases.add({(right.value, state.value): number for (right, state), number in figures.cases.items()})
    days = _gauge("open_cases_by_deadline", "Open cases by right and days to the last day to answer.", "right", "days")
    every = [(right, name) for right in Right for name in DEADLINES]
    yield days.add({(right.value, name): figures.to_deadline.get((right, name), 0) for right, name in every})
    ages = _gauge("open_cases_by_age", "Open cases by right and days since receipt.", "right", "days")
    aged = [(right, name) for right in Right for name in AGES]
    yield ages.add({(right.value, name): figures.ages.get((right, name), 0) for right, name in aged})
    if figures.soonest is not None:
        soonest = _gauge("next_deadline_days", "Days to the next last day to answer; below 0 when it is over.")
        yield soonest.add({(): figures.soonest})


def _of_gates(figures: Figures) -> Iterator[Metric]:
    waiting = _gauge("open_gates", "Gates that wait for a person, by kind.", "gate")
    yield waiting.add({(one.gate.value,): one.gates for one in figures.gates})
    oldest = _gauge("gate_oldest_wait_seconds", "How long the oldest open gate of a kind waits.", "gate")
    yield oldest.add({(one.gate.value,): _seconds(figures.at, one.oldest) for one in figures.gates})


def _of_steps(figures: Figures) -> Iterator[Metric]:
    took = HistogramMetricFamily(
        "rightsflow_step_duration_seconds", "How long steps took, from the first claim to their end.", labels=("step",)
    )
    for one in figures.steps:
        bounds = [(str(bound), float(number)) for bound, number in zip(STEP_BOUNDS, one.within, strict=True)]
        took.add_metric((one.step,), [*bounds, ("+Inf", float(one.done))], one.seconds)
    yield took
    again = CounterMetricFamily(
        "rightsflow_step_retries", "Attempts at a step beyond the first, by system.", labels=("system",)
    )
    for system, number in figures.failures.items():
        again.add_metric((system,), number)
    yield again


def _of_duties(figures: Figures) -> Iterator[Metric]:
    last = _gauge("duty_last_run_timestamp_seconds", "When a duty was last carried out.", "duty")
    yield last.add({(run.duty.value,): run.at.timestamp() for run in figures.runs})
    bad = _gauge("duty_last_run_incomplete", "1 where the last run of a duty did not come to its end.", "duty")
    yield bad.add({(run.duty.value,): float(run.outcome in {"", "incomplete"}) for run in figures.runs})
    rows = _gauge("retention_rows", "Rows over their period in the last run, by what became of them.", "system", "rows")
    values: dict[tuple[str, ...], float] = {}
    for system, one in figures.retention.items():
        values |= {(system, "erased"): one.erased, (system, "spared"): one.spared, (system, "left"): one.left}
    yield rows.add(values)
    findings = _gauge("findings_open", "Findings of audits that are not closed.", "kind", "severity")
    yield findings.add({(one.kind, one.severity): one.findings for one in figures.findings})
    late = _gauge("findings_overdue", "Findings of audits that are past their day.")
    yield late.add({(): sum(one.overdue for one in figures.findings)})


def _of_incidents(figures: Figures) -> Iterator[Metric]:
    yield _gauge("incidents_open", "Incidents that are not closed.").add({(): len(figures.incidents)})
    untold = [one for one in figures.incidents if not one.is_told]
    if untold:
        left = timedelta(hours=_AUTHORITY_HOURS) - (figures.at - min(one.aware_at for one in untold))
        hours = _gauge("incident_hours_left", "Hours left to tell the authority of an incident (Art. 33(1)).")
        yield hours.add({(): left / timedelta(hours=1)})


def _of_queues(figures: Figures) -> Iterator[Metric]:
    for name, what, queue in (
        ("unasked_cases", "that a flow run has to carry on, since nobody is asked about them", figures.unasked),
        ("outbox", "that the outbox has still to do", figures.outbox),
        ("arrivals", "that arrived by mail and nobody has read", figures.arrivals),
    ):
        yield _gauge(f"{name}_waiting", f"Things {what}.").add({(): queue.waiting})
        oldest = _gauge(f"{name}_oldest_wait_seconds", f"How long the oldest of the things waits {what}.")
        yield oldest.add({(): _waits(figures, queue)})


def _of_stamps(figures: Figures) -> Iterator[Metric]:
    trouble = figures.stamp_trouble
    tries = _gauge("time_stamp_tries_failed", "Tries to have a checkpoint stamped that failed since the last stamp.")
    yield tries.add({(): 0.0 if trouble is None else trouble.tries})
    since = _gauge("time_stamp_failing_seconds", "How long no checkpoint could be stamped, by the last reason.", "why")
    yield since.add({} if trouble is None else {(trouble.why.value,): _seconds(figures.at, trouble.since)})


def _waits(figures: Figures, queue: Queue) -> float:
    return 0.0 if queue.oldest is None else _seconds(figures.at, queue.oldest)


def _seconds(now: datetime, since: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)
