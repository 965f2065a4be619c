"""``rightsflow retention``: what is over its retention period, counted or erased (charter 4.1, 4.2)."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from data_contracts.errors import CaseUnknown, RequestInvalid
from data_contracts.vocabulary import Duty
from flows import wiring
from flows.commands.options import Code, EndedRun, Json, Language, Operator, Report, System
from flows.duties.retention import begin_planned, carry_on, carry_out, retained
from flows.duties.retention_report import retention_report
from flows.runs.gates import WaitingForPerson
from flows.terminal import our_errors, show, table
from tasks.services import services

_COLUMNS = ("system", "table", "rule", "erases", "over", "spared", "due", "left")


@our_errors
def retain(  # noqa: PLR0913  # the options of a run
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing.")] = False,
    ask: Annotated[
        bool, typer.Option("--ask", help="Do what the schedule does: carry out what is known, ask about the rest.")
    ] = False,
    run: Annotated[str, typer.Option(help="Carry this run on, once its gate was answered.")] = "",
    system: System = "",
    operator: Operator = "",
    code: Code = "",
    report: Report = None,
    as_json: Json = False,
) -> None:
    """Erase in every system what is over its retention period, and prove it; with --dry-run only count."""
    if not (dry_run or ask or run or operator):
        raise RequestInvalid(
            "erasing needs a person", where="--as", remedy="give --as and --code, --ask to be asked, or --dry-run"
        )
    with wiring.opened():
        if dry_run or operator:
            done = carry_out(system, "" if dry_run else operator, code)
            facts = done.facts() | {"waits_at": ""}
        else:
            done, facts = _asking(run or begin_planned(system))
        if report is not None:
            report.write_bytes(services().reports.pdf(retention_report(done)))
    show(facts, as_json, _print)
    if done.failed:
        raise typer.Exit(1)


@our_errors
def report(
    run: EndedRun = "",
    *,
    pdf: Report = None,
    language: Language = "",
    as_json: Json = False,
) -> None:
    """What a run of retention found and did: before and after, by rule, and who decided; nothing is changed."""
    with wiring.opened():
        done = retained(run or _last())
        if pdf is not None:
            pdf.write_bytes(services().reports.pdf(retention_report(done, language)))
    show(done.facts() | {"waits_at": ""}, as_json, _print)


def _asking(run_id: str) -> tuple[Any, dict[str, Any]]:
    """Carry a run on to its end or its gate; what it did by now, as it is and as JSON."""
    try:
        done = carry_on(run_id)
    except WaitingForPerson:
        done = retained(run_id)
        then = f"rightsflow approve {run_id} approval --as NAME --code CODE, then rightsflow retention --run {run_id}"
        return done, done.facts() | {"waits_at": "approval", "said": f"{run_id} waits at gate approval: {then}"}
    return done, done.facts() | {"waits_at": ""}


def _last() -> str:
    for run in services().register.runs(Duty.RETENTION):
        if run.outcome:
            return run.run_id
    raise CaseUnknown("no run of retention has ended", where="retention-report", remedy="name a run")


def _print(facts: Mapping[str, Any]) -> None:
    lines = [line | {"erases": _in_short(line["erases"])} for line in facts["lines"] if line["over"]]
    table(lines, _COLUMNS, title="Over the retention period")
    if facts["untouched"]:
        table(facts["untouched"], ("place", "due", "why"), title="Not carried out")
    if facts["unread"]:
        table(facts["unread"], ("place", "columns", "rows"), title="Held: the date cannot be read")
    for name in facts["endless"]:
        print(f"{name}: personal data that no period ends")
    print(facts["said"])
    for text in facts["failed"].values():
        print(text)


def _in_short(erases: str) -> str:
    """Rows, or how many columns: a list of names would fill the table."""
    return erases if erases == "rows" else f"{len(erases.split(', '))} columns"
