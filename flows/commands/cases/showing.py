"""``rightsflow case`` and ``rightsflow cases``: where cases stand."""

from typing import Annotated

import typer

from flows.commands.options import Json
from flows.operator import cases
from flows.terminal import note, our_errors, show, table


@our_errors
def show_case(
    case: str,
    as_json: Json = False,
    faults: Annotated[bool, typer.Option("--faults", help="Unseal what broke; may show personal data.")] = False,
) -> None:
    """Where a case stands: its clock, timeline, plan and open gates."""
    show(cases.case_facts(case, faults=faults), as_json, cases.print_case)


@our_errors
def show_cases(as_json: Json = False, everything: Annotated[bool, typer.Option("--all")] = False) -> None:
    """Open cases, the one due first on top."""
    columns = ("case", "right", "state", "response_due", "days_left", "clock", "waits_at")
    facts = cases.cases_facts(open_only=not everything)
    if "clock" in facts:
        note(facts["clock"])
    show(facts, as_json, lambda f: table(f["cases"], columns))
