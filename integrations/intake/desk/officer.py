"""The DPO's pages at the desk: charts without a script, each beside its figures, and lists to drill down into."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams

from data_contracts.areas import Severity
from data_contracts.case.case import ENDED
from data_contracts.case.verdicts import Conclusion
from data_contracts.officer.figures import AGES, DEADLINES, FindingCount
from data_contracts.officer.statistics import PeriodStatistics
from data_contracts.vocabulary import CaseState, Right
from integrations.intake.desk.door import DeskDoor
from integrations.intake.desk.sitting import Desk

_LONGEST = 60
_HOURS = 72


def add_officer(app: FastAPI, desk: Desk) -> None:
    """Add the pages."""

    @app.get("/dpo")
    def overview(call: Request) -> Response:
        """Everything at a glance."""
        _require(desk, call)
        return desk.page(call, "dpo.html.j2", shown=overview_facts(desk))

    @app.get("/dpo/cases")
    def cases(call: Request) -> Response:
        """Cases of a right, a state, a bucket of days; or with a verdict."""
        _require(desk, call)
        asked = {name: _asked(call.query_params, name) for name in ("right", "state", "days")}
        verdict = _asked(call.query_params, "verdict")
        found = desk.door.officer.proven(verdict) if verdict else desk.door.officer.cases(**asked)
        return desk.page(call, "dpo_cases.html.j2", cases=found, asked=asked | {"verdict": verdict})

    @app.get("/dpo/runs")
    def runs(call: Request) -> Response:
        """What was done unasked."""
        _require(desk, call)
        return desk.page(call, "dpo_runs.html.j2", runs=desk.door.officer.runs(), run=None)

    @app.get("/dpo/runs/{run_id}")
    def run(call: Request, run_id: str) -> Response:
        """One run, its steps and its evidence."""
        _require(desk, call)
        return desk.page(call, "dpo_runs.html.j2", runs=(), run=desk.door.officer.run(run_id))

    @app.get("/dpo/report")
    async def report(call: Request) -> Response:
        """The monthly report, to print."""
        _require(desk, call)
        language = desk.words(call, desk.seal.visit(call)).language
        month = _asked(call.query_params, "month")
        name, pages = await run_in_threadpool(desk.door.officer.report, month, language)
        return Response(
            pages, media_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
        )


def officer_page(door: DeskDoor, language: str) -> str:
    """The page as it is now, as a file to read without the desk."""
    desk = Desk(door, key=b"a copy has no form", is_https=False)
    return desk.copy("dpo.html.j2", language, shown=overview_facts(desk))


def overview_facts(desk: Desk) -> dict[str, object]:
    """What the page shows."""
    found = desk.door.officer.overview()
    figures = found.figures
    due = {days: sum(figures.to_deadline.get((right, days), 0) for right in Right) for days in DEADLINES}
    ages = {days: sum(figures.ages.get((right, days), 0) for right in Right) for days in AGES}
    rights = {right.value: sum(n for (one, _), n in figures.to_deadline.items() if one is right) for right in Right}
    incidents = [
        (one.kind, one.is_told, round(_HOURS - (figures.at - one.aware_at) / timedelta(hours=1)))
        for one in figures.incidents
    ]
    states = {
        state.value: sum(figures.cases.get((right, state), 0) for right in Right)
        for state in CaseState
        if state not in ENDED
    }
    waits = [(one.gate.value, one.gates, (figures.at - one.oldest).days) for one in figures.gates]
    return {
        "found": found,
        "figures": figures,
        "due": due,
        "ages": ages,
        "by_right": rights,
        "incidents": incidents,
        "waits": waits,
        "by_state": {state: number for state, number in states.items() if number},
        "refusals": _refusals(found.months),
        "verdicts": _verdicts(found.months),
        "findings": _by_severity(figures.findings),
        "next_due": None if figures.soonest is None else found.today + timedelta(days=figures.soonest),
        "month": found.months[-1],
    }


def _refusals(months: Sequence[PeriodStatistics]) -> list[tuple[str, str, int]]:
    """Right, ground, how many in these months."""
    counted: Counter[tuple[Right, str]] = Counter()
    for month in months:
        counted.update(month.refused)
    return [(right.value, ground, number) for (right, ground), number in sorted(counted.items())]


def _verdicts(months: Sequence[PeriodStatistics]) -> list[tuple[str, int]]:
    """Verdict, how many answers of these months have it; from the best to the worst."""
    counted: Counter[Conclusion] = Counter()
    for month in months:
        for (_, verdict), number in month.verdicts.items():
            counted[verdict] += number
    return [(verdict.value, counted[verdict]) for verdict in Conclusion]


def _by_severity(findings: Sequence[FindingCount]) -> list[tuple[str, int, int]]:
    """Severity, how many, and how many of them are past their day; from the most to the least severe."""
    rows = [(one.value, [count for count in findings if count.severity == one.value]) for one in Severity]
    return [(name, sum(c.findings for c in kept), sum(c.overdue for c in kept)) for name, kept in rows if kept]


def _require(desk: Desk, call: Request) -> None:
    desk.door.officer.require(desk.operator(desk.seal.visit(call)))


def _asked(params: QueryParams, name: str) -> str:
    return str(params.get(name, ""))[:_LONGEST]
