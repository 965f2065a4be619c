"""What an exemption keeps from erasure, and until when (Art. 17(3)).

A hold is in force for a row until the retention period that carries it is over. A row without a date of its own (the
line of an invoice) is held as long as the row that it refers to. A hold without a retention period in either has no end
that a rule can know: what it covers stays, and the plan says so.
"""

from dataclasses import dataclass
from datetime import date

from data_contracts.case.plan import Ground
from data_contracts.company.company import Vocabulary
from data_contracts.company.contract import Contracts, Reference, Retention, Table
from data_contracts.connectors.keys import Cutoff
from data_contracts.vocabulary import Follow, RetentionAction, TableErasure
from tasks.rules.act.retention import cutoff


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


def carrier_of(table: Table, contracts: Contracts) -> Reference | None:
    """The reference to the rows that carry the end of ``table``'s hold, where its own rows have no date for it.

    None when they have, or when no table that they refer to is kept by the same hold and loses rows when it is over.
    """
    if table.erase is not TableErasure.KEEP or period_of(table, table.hold):
        return None
    return next((r for r in table.references if _carries(table, r, contracts)), None)


def _carries(table: Table, reference: Reference, contracts: Contracts) -> bool:
    if reference.to_system != table.system or Follow.FROM not in reference.follow:
        return False
    carrier = contracts.table(reference.to_system, reference.to_table)
    period = period_of(carrier, table.hold)
    is_kept = carrier.erase is TableErasure.KEEP and carrier.hold == table.hold
    return is_kept and period is not None and period.then is RetentionAction.DELETE


def bound(period: Retention, calendar: Calendar, *, over: bool) -> Cutoff:
    """The bound between rows that ``period`` still holds and rows it no longer holds."""
    instant = cutoff(
        period,
        today=calendar.today,
        time_zone=calendar.time_zone,
        financial_year_end=calendar.financial_year_end,
    )
    return Cutoff(period.column, instant, over=over)
