"""How long answers took and which were late; pure (Art. 12(3)).

>>> month_of(date(2026, 12, 5))
(datetime.date(2026, 12, 1), datetime.date(2027, 1, 1))
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from data_contracts.officer.statistics import ResponseTimes, ToldCase
from tasks.rules.clock.deadlines import Pause


def month_of(day: date) -> tuple[date, date]:
    """The first day of the month, and of the next one."""
    first = day.replace(day=1)
    return first, (first + timedelta(days=32)).replace(day=1)


def months_before(day: date, number: int) -> list[date]:
    """The first days of so many months, the last one that of ``day``."""
    found = [day.replace(day=1)]
    while len(found) < number:
        found.append((found[-1] - timedelta(days=1)).replace(day=1))
    return found[::-1]


def days_taken(case: ToldCase, zone: ZoneInfo) -> int:
    """Calendar days from receipt to telling, at the place of the organisation."""
    return (case.told_at.astimezone(zone).date() - case.received_at.astimezone(zone).date()).days


def is_late(case: ToldCase, zone: ZoneInfo) -> bool:
    """Whether it was told after the last day, as the clock had moved it by then."""
    return case.told_at.astimezone(zone).date() > case.response_due


def days_stood_still(case: ToldCase, pauses: Iterable[Pause], zone: ZoneInfo) -> int:
    """Calendar days of the pauses, up to the telling."""
    told_on = case.told_at.astimezone(zone).date()
    return sum((min(pause.proved_on or told_on, told_on) - pause.asked_on).days for pause in pauses)


def response_times(
    cases: Iterable[ToldCase], zone: ZoneInfo, paused: Mapping[str, int] = MappingProxyType({})
) -> ResponseTimes | None:
    """How long answers took; None when there was none.

    Args:
        cases: that were answered.
        zone: of the organisation.
        paused: days on which the clock stood still, by case; those without are left out.
    """
    told = list(cases)
    if not told:
        return None
    days = sorted(days_taken(case, zone) for case in told)
    running = sorted(days_taken(case, zone) - paused.get(case.case_id, 0) for case in told)
    return ResponseTimes(
        answered=len(told),
        late=sum(is_late(case, zone) for case in told),
        extended=sum(case.is_extended for case in told),
        median=_rank(days, 50),
        median_running=_rank(running, 50),
        ninetieth=_rank(days, 90),
        longest=days[-1],
    )


def _rank(days: Sequence[int], percent: int) -> int:
    """The smallest number of days in which so many of 100 answers were given (nearest rank)."""
    return days[math.ceil(len(days) * percent / 100) - 1]
