"""``rightsflow recover``: a register that was put back to an earlier state goes on, case by case."""

from typing import Annotated, Any

import typer

from flows.commands.options import Code, Json
from flows.operator import recovering
from flows.terminal import our_errors, show, table


@our_errors
def recover(  # noqa: PLR0913  # options of a command
    case: Annotated[str, typer.Argument(help="One case: it goes on, or with --ended is closed.")] = "",
    *,
    operator: Annotated[str, typer.Option("--as", help="Your operator name; without it, it is only looked.")] = "",
    code: Code = "",
    reference: Annotated[str, typer.Option(help="Of what shows what was done since.")] = "",
    ended: Annotated[str, typer.Option(help="It was answered: close it with this outcome, and write to nobody.")] = "",
    as_json: Json = False,
) -> None:
    """Show what a register that was put back does not know; with --as, take it, and hold every open case."""
    facts = recovering.recovered(case, operator=operator, code=code, reference=reference, ended=ended)
    show(facts, as_json, _print)


def _print(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    for file, what in facts["unknown"].items():
        print(f"{file}: the register does not know {what}")
    table(facts["cases"], ("case", "right", "state", "held", "signs", "since"))
    if facts["lost"]:
        print("cases that the register does not know any more:")
        table(facts["lost"], ("case", "right", "done"))
    print(facts["said"])
