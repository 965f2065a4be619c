"""The monthly report of the DPO: as PDF, and as facts for a program (charter 7b)."""

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from data_contracts.errors import RequestInvalid
from data_contracts.officer.reports import Report
from data_contracts.officer.statistics import PeriodStatistics
from flows.wiring import Installation
from tasks.case.clock import today
from tasks.officer.statistics import statistics_of_month
from tasks.services import services


def month_named(month: str, day: date) -> date:
    """The first day of a month that somebody named; of this one where nobody did.

    Raises:
        RequestInvalid: when it is no month, or lies ahead.
    """
    if not month.strip():
        return day.replace(day=1)
    try:
        found = date.fromisoformat(f"{month.strip()}-01")
    except ValueError:
        raise RequestInvalid("this is no month", where="month", remedy="write it as YYYY-MM") from None
    if found > day:
        raise RequestInvalid("this month lies ahead", where="month", remedy="name this month or an earlier one")
    return found


def monthly_report(installation: Installation, day: date, language: str = "") -> Report:
    """The report of the month that begins that day. Services must be open."""
    found, before = statistics_of_month(day), statistics_of_month(day - timedelta(days=1))
    return installation.pages.monthly.report(found, before, services().now(), language)


def monthly_pdf(installation: Installation, day: date, language: str = "") -> bytes:
    """The same, to print."""
    return services().reports.pdf(monthly_report(installation, day, language))


def monthly_facts(day: date) -> dict[str, Any]:
    """The statistics of the month for a program."""
    return _plain(statistics_of_month(day))


def this_month() -> date:
    """The first day of this month. Services must be open."""
    return today().replace(day=1)


def _plain(found: PeriodStatistics) -> dict[str, Any]:
    def listed(counts: Any, *names: str) -> list[dict[str, object]]:  # noqa: ANN401  # mappings of several shapes
        rows = [((key if isinstance(key, tuple) else (key,)), number) for key, number in counts.items()]
        return [dict(zip((*names, "number"), (*map(str, key), number), strict=True)) for key, number in rows]

    return {
        "start": found.start.isoformat(),
        "end": found.end.isoformat(),
        "received": listed(found.received, "right", "channel"),
        "times": {right.value: asdict(times) for right, times in found.times.items()},
        "all_times": asdict(found.all_times) if found.all_times else None,
        "refused": listed(found.refused, "right", "ground"),
        "outcomes": listed(found.outcomes, "right", "outcome"),
        "untold": listed(found.untold, "right", "outcome"),
        "open_before": listed(found.open_before, "right"),
        "open_after": listed(found.open_after, "right"),
        "duties": [list(one) for one in found.duties],
    }
