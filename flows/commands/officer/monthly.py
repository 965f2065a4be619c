"""``rightsflow report``: the DPO's monthly report."""

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.terminal import OPTION_JSON, our_errors, show


def register(app: typer.Typer) -> None:
    """Add the command to ``rightsflow``."""
    app.command("report")(report)


@our_errors
def report(
    month: Annotated[str, typer.Option(help="YYYY-MM; empty: this month so far.")] = "",
    *,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Write it as PDF to this file.")] = None,
    language: Annotated[str, typer.Option(help="fr, en or nl; empty: the organisation's first.")] = "",
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Requests, response times, refusals by right and ground, backlog and duties of a month."""
    from flows import wiring  # noqa: PLC0415  # pays for what it uses
    from flows.duties.monthly import month_named, monthly_facts, monthly_pdf, this_month  # noqa: PLC0415  # as above

    with wiring.opened() as installation:
        day = month_named(month, this_month())
        if pdf is not None:
            pdf.write_bytes(monthly_pdf(installation, day, language))
        facts = monthly_facts(day)
    if as_json or pdf is None:
        show(facts, as_json, _print)


def _print(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    print(f"{facts['start']} to {facts['end']}")
    print(f"received: {sum(one['number'] for one in facts['received'])}")
    times = facts["all_times"]
    if times:
        days = f"median {times['median']}, 90 of 100 within {times['ninetieth']}, longest {times['longest']}"
        print(f"answered: {times['answered']}, late {times['late']}; days: {days}")
    for one in facts["refused"]:
        print(f"refused: {one['right']}, {one['ground']}: {one['number']}")
    print(f"open: {sum(one['number'] for one in facts['open_after'])}")
