"""The DPO's pages at the desk: charts without a script, each beside its figures, and lists to drill down into."""

from datetime import timedelta

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams

from data_contracts.figures import AGES, DEADLINES
from data_contracts.vocabulary import Right
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
        """Cases of a right, a state, a bucket of days."""
        _require(desk, call)
        asked = {name: _asked(call.query_params, name) for name in ("right", "state", "days")}
        found = desk.door.officer.cases(**asked)
        return desk.page(call, "dpo_cases.html.j2", cases=found, asked=asked)

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
    waits = [(one.gate.value, one.gates, (figures.at - one.oldest).days) for one in figures.gates]
    return {
        "found": found,
        "figures": figures,
        "due": due,
        "ages": ages,
        "by_right": rights,
        "incidents": incidents,
        "waits": waits,
        "month": found.months[-1],
    }


def _require(desk: Desk, call: Request) -> None:
    desk.door.officer.require(desk.operator(desk.seal.visit(call)))


def _asked(params: QueryParams, name: str) -> str:
    return str(params.get(name, ""))[:_LONGEST]
