"""What an exemption keeps from erasure, and until when (Art. 17(3)).

A hold is in force for a row until the retention period that carries it is over. A hold without a retention period in
its system has no end that a rule can know: what it covers stays, and the plan says so.
"""

from dataclasses import dataclass
from datetime import date

from data_contracts.company import Vocabulary
from data_contracts.contract import Retention, Table
from data_contracts.keys import Cutoff
from data_contracts.plan import Ground
from tasks.rules.retention import cutoff


@dataclass(frozen=True, slots=True)
class Calendar:
    """What a rule must be told about time: nothing here reads a clock."""

    today: date
    time_zone: str
    financial_year_end: str
    """``MM-DD``."""


def ground_of(hold: str, vocabulary: Vocabulary, *, until: str) -> Ground:
    """The ground that a hold stands for."""
    entry = vocabulary.holds[hold]
    return Ground(hold=hold, art17_3=entry.art17_3, law=entry.law, until=until)


def period_of(table: Table, hold: str) -> Retention | None:
    """The retention period that ends ``hold`` in ``table``; None when no rule ends it."""
    return next((r for r in table.retentions if r.hold == hold), None)


def bound(period: Retention, calendar: Calendar, *, over: bool) -> Cutoff:
    """The bound between rows that ``period`` still holds and rows it no longer holds."""
    instant = cutoff(
        period,
        today=calendar.today,
        time_zone=calendar.time_zone,
        financial_year_end=calendar.financial_year_end,
    )
    return Cutoff(period.column, instant, over=over)
