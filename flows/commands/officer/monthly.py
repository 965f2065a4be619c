"""``rightsflow report``: the DPO's monthly report."""

from typing import Annotated, Any

import typer

from flows import wiring
from flows.commands.options import Json, Language, Pdf
from flows.duties.monthly import month_named, monthly_facts, monthly_pdf, this_month
from flows.terminal import our_errors, show


@our_errors
def report(
    month: Annotated[str, typer.Option(help="YYYY-MM; empty: this month so far.")] = "",
    *,
    pdf: Pdf = None,
    language: Language = "",
    as_json: Json = False,
) -> None:
    """Requests, response times, refusals by right and ground, backlog and duties of a month."""
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
