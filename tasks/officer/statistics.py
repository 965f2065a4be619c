"""The statistics of a period, put together from the register's counts."""

from collections import Counter
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from data_contracts.officer.statistics import PeriodStatistics, ToldCase
from data_contracts.vocabulary import COUNTED_DUTIES, Right
from tasks.case.clock import GROUND, IDENTITY, pauses_of_timeline, today
from tasks.life.endings import refusal_of
from tasks.proof.judge import PROVE
from tasks.rules.officer.statistics import days_stood_still, month_of, months_before, response_times
from tasks.services import services

_KEPT_FOR = timedelta(hours=1)
_REFUSED = frozenset({"refused", "identity_failed"})


def statistics_of(start: date, end: date) -> PeriodStatistics:
    """What happened from ``start`` on and before ``end``, days at the place of the organisation."""
    register, zone = services().register, ZoneInfo(services().organisation.time_zone)
    since, until = (datetime.combine(day, time(), tzinfo=zone) for day in (start, end))
    told = told_cases(since, until)
    paused = {case.case_id: _paused(case, zone) for case in told if case.timeline}
    times = {right: response_times((case for case in told if case.right is right), zone, paused) for right in Right}
    runs = [
        (d.value, run.outcome) for d in COUNTED_DUTIES for run in register.runs(d) if since <= run.opened_at < until
    ]
    return PeriodStatistics(
        start=start,
        end=end,
        received=register.received_between(since, until),
        times={right: found for right, found in times.items() if found is not None},
        all_times=response_times(told, zone, paused),
        refused=Counter((case.right, ground) for case in told for ground in _grounds(case)),
        outcomes=Counter((case.right, case.outcome) for case in told),
        verdicts=Counter((case.right, case.verdict) for case in told if case.verdict is not None),
        untold=register.ended_untold_between(since, until),
        open_before=register.open_at(since),
        open_after=register.open_at(until),
        duties=tuple((duty, outcome, n) for (duty, outcome), n in sorted(Counter(runs).items())),
    )


def told_cases(since: datetime, until: datetime) -> list[ToldCase]:
    """Cases whose data subject was told from ``since`` on and before ``until``, by the time of telling."""
    return services().register.told_between(since, until, identity_step=IDENTITY, proof_step=PROVE)


def statistics_of_month(day: date) -> PeriodStatistics:
    """The statistics of the month that the day lies in."""
    return statistics_of(*month_of(day))


def last_months(number: int) -> list[PeriodStatistics]:
    """The statistics of the last months, this one included, the oldest first."""
    return [statistics_of_month(month) for month in months_before(today(), number)]


class MonthsKept:
    """The statistics of months, where those that are over are counted again once an hour and not at each look.

    They change little: a verdict when a recovery copy ends, an outcome when rows are given back.
    """

    def __init__(self) -> None:
        """Nothing is counted yet."""
        self._kept: dict[date, tuple[datetime, PeriodStatistics]] = {}

    def last(self, number: int) -> list[PeriodStatistics]:
        """As :func:`last_months`."""
        months = months_before(today(), number)
        return [*map(self._of, months[:-1]), *map(statistics_of_month, months[-1:])]

    def _of(self, month: date) -> PeriodStatistics:
        now, (at, counted) = services().now(), self._kept.get(month, (None, None))
        if at is None or counted is None or not timedelta() <= now - at < _KEPT_FOR:
            counted = statistics_of_month(month)
            self._kept[month] = now, counted
        return counted


def _paused(case: ToldCase, zone: ZoneInfo) -> int:
    return days_stood_still(case, pauses_of_timeline(case.timeline, case.identity), zone)


def _grounds(case: ToldCase) -> tuple[str, ...]:
    """On which grounds a case was refused; none where it was not."""
    if case.outcome not in _REFUSED:
        return ()
    noted = str(case.identity.get(GROUND) or "")  # as refusal_of, without asking for every case anew
    return (noted,) if noted else refusal_of(case.case_id).reasons
