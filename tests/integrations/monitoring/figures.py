"""Figures in which everything occurs that can be told."""

from datetime import UTC, datetime, timedelta

from data_contracts.evidence.time_stamps import StampRefusal, StampTrouble
from data_contracts.officer.figures import (
    AGES,
    DEADLINES,
    STEP_BOUNDS,
    Figures,
    FindingCount,
    GateWait,
    LastRun,
    OpenIncident,
    Queue,
    Retained,
    StepTime,
)
from data_contracts.vocabulary import CaseState, Duty, Gate, Right

NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)


def figures() -> Figures:
    """Trouble everywhere."""
    return Figures(
        at=NOW,
        cases={(right, state): 3 for right in Right for state in CaseState},
        to_deadline={(right, days): 2 for right in Right for days in DEADLINES},
        ages={(right, days): 2 for right in Right for days in AGES},
        soonest=-4,
        gates=tuple(GateWait(gate, 2, NOW - timedelta(days=9)) for gate in Gate),
        steps=tuple(StepTime(step, 9, 40.0, tuple(range(1, len(STEP_BOUNDS) + 1))) for step in ("locate", "notice")),
        failures={"crm": 40, "billing": 1},
        runs=tuple(LastRun(duty, "incomplete", NOW - timedelta(days=20)) for duty in Duty),
        retention={"crm": Retained(over=10, spared=3, left=2), "billing": Retained(over=1, spared=0, left=0)},
        findings=(FindingCount("drift", "low", 2, 1), FindingCount("evidence_broken", "critical", 1, 0)),
        incidents=(OpenIncident("attack", NOW - timedelta(hours=60), is_told=False),),
        unasked=Queue(4, NOW - timedelta(hours=2)),
        outbox=Queue(7, NOW - timedelta(hours=3)),
        arrivals=Queue(2, NOW - timedelta(days=6)),
        operators={"locked": 2},
        stamp_trouble=StampTrouble(NOW - timedelta(days=3), NOW, 800, StampRefusal.UNREACHABLE),
    )
