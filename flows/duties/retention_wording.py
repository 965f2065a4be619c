"""What operators read of a run of retention in the Prefect UI: Markdown and rows of tables, without personal data."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from data_contracts.company.contract import Contracts, Retention
from data_contracts.officer.retaining import Counted
from tasks.act.periods.retention import Planned
from tasks.rules.act.expiry import CARRIED
from tasks.rules.act.retaining import Course, Way, Why

_UNITS: Final[Mapping[str, str]] = {"d": "day", "mo": "month", "y": "year"}
_WAYS: Final[Mapping[Way, str]] = {
    Way.NOTHING: "nothing is due",
    Way.AT_ONCE: "goes at once",
    Way.ASK: "waits for your answer",
    Way.ELSEWHERE: "left to another run",
}
_SHORT: Final[Mapping[Why, str]] = {
    Why.FIRST: "new",
    Why.ROWS: "many",
    Why.SHARE: "share",
    Why.TOGETHER: "with it",
}
"""What stands in the narrow table; :data:`_WHY` is its legend."""
_WHY: Final[Mapping[Why, str]] = {
    Why.FIRST: "nobody has approved this rule yet",
    Why.ROWS: "many rows",
    Why.SHARE: "a large share of the table",
    Why.TOGETHER: "goes with a rule you are asked about",
}


def question_text(run_id: str, plan: Planned, contracts: Contracts) -> str:
    """What people are asked about, as Markdown."""
    asked = [course for course in plan.courses if course.way is Way.ASK]
    rows = sum(course.line.due for course in asked)
    short = {why: None for course in asked for why in course.why}
    head = (
        f"**Retention {run_id}: may {rows} rows be erased by {len(asked)} rules?** They were over their period on "
        f"{day(plan.as_of)}; what became over since is left to a later run. What was erased cannot be brought back.\n\n"
        f"Why you are asked: {'; '.join(f'*{_SHORT[why]}*: {_WHY[why]}' for why in short)}.\n\n"
        "| due | why | table | share | rule | over | spared | erases | period |\n"
        "|---:|---|---|---:|---|---:|---:|---|---|\n"
    )
    lines = "\n".join(_row(course, contracts) for course in asked)
    return (
        f"{head}{lines}\n\n*Spared: restricted (Art. 18), held for claims, or part of an open case. Once approved, a "
        "rule goes by itself each night as long as it reads the same and little is due.* Approve, or refuse with the "
        "reason: then these rules are left, and nobody is asked about them for a week."
    )


def plan_rows(plan: Planned, contracts: Contracts) -> list[dict[str, str | int]]:
    """The plan as rows of a table: every rule by which something is over."""
    return [
        {
            "system": course.line.system,
            "table": course.line.table,
            "rule": course.line.rule,
            "period": period_text(course.line, contracts),
            "over": course.line.over,
            "spared": course.line.spared,
            "due": course.line.due,
            "share": share_text(course.line),
            "date cannot be read": course.line.unread,
            "what happens": way_text(course),
        }
        for course in plan.courses
        if course.line.over or course.line.unread
    ]


def way_text(course: Course) -> str:
    """What becomes of a rule, and why, in words."""
    reasons = "; ".join(_WHY[why] for why in course.why) or (f"see {course.run}" if course.run else "")
    return f"{_WAYS[course.way]}: {reasons}" if reasons else _WAYS[course.way]


def share_text(line: Counted) -> str:
    """Which share of the table's rows is due.

    >>> share_text(Counted("crm", "t", "r", "rows", 1, 0, rows=3)), share_text(Counted("crm", "t", "r", "rows", 1, 0))
    ('33 %', '–')
    """
    return f"{100 * line.due / line.rows:.2g} %" if line.rows else "–"


def period_text(line: Counted, contracts: Contracts) -> str:
    """How long rows are kept, from which date: all that must be over."""
    said = [f"{p.value} {_UNITS[p.unit]}{'s' * (p.value > 1)} after `{p.column}`" for p in _periods(line, contracts)]
    return " and ".join(said) or "–"


def day(of: date) -> str:
    """A day as the UI shows it."""
    return of.isoformat()


def _periods(line: Counted, contracts: Contracts) -> Iterator[Retention]:
    """The period of the rule: its table's own, or that of the rows that its rows go with."""
    tables = contracts.systems[line.system].tables
    root = line.rule.removeprefix(CARRIED)
    yield from (period for table in tables for period in table.retentions if period.id == root)


def _row(course: Course, contracts: Contracts) -> str:
    """What decides stands on the left and is short: the dialog is narrow and does not wrap cells."""
    line = course.line
    cells = (
        line.due,
        ", ".join(_SHORT[why] for why in course.why),
        f"{line.system}.{line.table}",
        share_text(line),
        line.rule,
        line.over,
        line.spared,
        line.erases,
        period_text(line, contracts),
    )
    return f"| {' | '.join(str(cell) for cell in cells)} |"
