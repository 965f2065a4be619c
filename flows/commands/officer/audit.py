"""``rightsflow audit`` and ``rightsflow findings``: is all as declared, and who does what about it (charter 3.4)."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import typer

from data_contracts.errors import RequestInvalid
from flows import wiring
from flows.commands.options import Code, EndedRun, Json, Language, Operator, Report
from flows.duties.audit import audit_report, audited, carry_out
from flows.officer.findings import Move, finding_facts, findings_facts, move
from flows.terminal import our_errors, show, table
from flows.watch.checkpoints import checkpoint_of_audit
from tasks.services import services

_FOUND = ("finding", "severity", "where", "what", "owner", "due")
_KNOWN = ("finding", "state", "severity", "where", "what", "owner", "due")


@our_errors
def audit(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Look, and keep nothing.")] = False,
    system: Annotated[str, typer.Option(help="One system; default all, and what the company keeps.")] = "",
    report: Report = None,
    language: Language = "",
    as_json: Json = False,
) -> None:
    """Compare systems, registers and evidence with what is declared; exits 1 when not all could be looked at."""
    with wiring.opened() as installation:
        done = carry_out(system, dry_run=dry_run)
        if not dry_run:
            checkpoint_of_audit(installation)
        if report is not None:
            report.write_bytes(services().reports.pdf(audit_report(done, language)))
        show(done.facts(), as_json, _print_audit)
    if not done.is_complete:
        raise typer.Exit(1)


@our_errors
def report(
    run: EndedRun = "",
    *,
    pdf: Report = None,
    language: Language = "",
    as_json: Json = False,
) -> None:
    """What an audit found, with how its findings stand today; nothing is looked at again."""
    with wiring.opened():
        done = audited(run)
        if pdf is not None:
            pdf.write_bytes(services().reports.pdf(audit_report(done, language)))
        show(done.facts(), as_json, _print_audit)


@our_errors
def findings(
    *,
    open_only: Annotated[bool, typer.Option("--open", help="Only those that are not closed.")] = False,
    as_json: Json = False,
) -> None:
    """Findings of audits, the worst on top."""
    show(findings_facts(open_only=open_only), as_json, lambda f: table(f["findings"], _KNOWN))


@our_errors
def finding(  # noqa: PLR0913  # the options of a move
    finding_id: Annotated[str, typer.Argument(metavar="FINDING", help="Its name, F-….")],
    *,
    assign: Annotated[str, typer.Option(help="Hand it to this role or operator.")] = "",
    accept: Annotated[bool, typer.Option("--accept", help="Accept its risk; needs --until and --reason.")] = False,
    close: Annotated[bool, typer.Option("--close", help="Close it; needs --reason.")] = False,
    until: Annotated[str, typer.Option(help="Last day the risk is accepted, YYYY-MM-DD.")] = "",
    reason: Annotated[str, typer.Option(help="Why; no personal data.")] = "",
    operator: Operator = "",
    code: Code = "",
    as_json: Json = False,
) -> None:
    """A finding and what became of it; with --assign, --accept or --close, move it."""
    asked = [name for name, is_asked in (("assign", assign), ("accept", accept), ("close", close)) if is_asked]
    if len(asked) > 1:
        raise RequestInvalid("one thing at a time", where=finding_id, remedy="give one of --assign, --accept, --close")
    if asked:
        move(Move(finding_id, asked[0], assign, _day(until), reason), operator=operator, code=code)
    show(finding_facts(finding_id), as_json, _print_finding)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise RequestInvalid("is no day", where="--until", remedy="write it as YYYY-MM-DD") from None


def _print_audit(facts: Mapping[str, Any]) -> None:
    rows = [one | {"finding": one["finding_id"], "where": one["place"]} for one in facts["findings"]]
    table(rows, _FOUND if facts["run"] else _FOUND[1:], title="Findings")
    print(facts["said"])
    for text in facts["failed"].values():
        print(text)


def _print_finding(facts: Mapping[str, Any]) -> None:
    for name in ("finding", "state", "severity", "where", "what", "remedy", "owner", "due", "first_run", "last_run"):
        print(f"{name.replace('_', ' '):<10} {facts[name]}")
    table(facts["events"], ("at", "event", "actor", "note"))
