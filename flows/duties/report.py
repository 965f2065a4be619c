"""The monthly report, unasked: on the first of each month the DPO is written to (charter 7b; Art. 39(1)(b)).

Once for each month, however often the flow runs. Counts alone leave: the mail says where the whole report is.
"""

from datetime import date, timedelta

from prefect import flow

from data_contracts.officer.statistics import PeriodStatistics
from flows import wiring
from flows.duties.monthly import month_named, monthly_report, this_month
from flows.runs.artifacts import show_text
from flows.runs.report_markdown import markdown
from flows.wiring import Installation
from tasks.case.clock import today
from tasks.notices.letters import tell_officer
from tasks.officer.statistics import statistics_of_month
from tasks.services import services
from tasks.steps.step import guarded

__all__ = ["report", "tell_month"]


@flow(name="report", persist_result=False)
def report(month: str = "") -> str:
    """Show the report of a month beside the run, and write to the DPO that it is there; once for each month.

    Args:
        month: YYYY-MM; empty: the month before this one.
    """
    with wiring.opened() as installation:
        return guarded(lambda _: tell_month(installation, month), "report")("")


def tell_month(installation: Installation, month: str = "") -> str:
    """Show it and tell the DPO; what was done, in a line. Services must be open.

    Raises:
        RequestInvalid: when it is no month, or lies ahead.
        SystemUnavailable: when the mail server cannot be reached; trying again helps.
        StepFailed: when it refuses the mail for good.
    """
    day = month_named(month, today()) if month.strip() else _month_before(this_month())
    name, said = f"{day:%Y-%m}", _said(statistics_of_month(day))
    show_text("monthly-report", name, markdown(monthly_report(installation, day)), title=f"**{name}.** {said}")
    where = f"{services().desk_url}/dpo" if services().desk_url else "the DPO's page at the desk"
    lines = [said, f"The whole report: {where}, or: rightsflow monthly-report --month {name} --pdf FILE"]
    told = tell_officer(f"report:{name}", f"Data protection rights in {name}", lines)
    return f"{name}: {'the DPO was told' if told else 'the DPO was told before, or has no address'}"


def _month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _said(found: PeriodStatistics) -> str:
    times = found.all_times
    answers = "nothing was answered"
    if times is not None:
        answers = f"{times.answered} answered in {times.median} days (median), {times.late} of them late"
    received, refused, left = (sum(one.values()) for one in (found.received, found.refused, found.open_after))
    return f"{received} requests received, {answers}, {refused} refused, {left} open at the end."
