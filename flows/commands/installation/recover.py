"""``rightsflow recover``: a register that was put back to an earlier state goes on, case by case."""

from typing import Annotated, Any

import typer

from flows.terminal import OPTION_JSON, our_errors, show, table

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("recover")(recover)


@our_errors
def recover(  # noqa: PLR0913  # options of a command
    case: Annotated[str, typer.Argument(help="One case: it goes on, or with --ended is closed.")] = "",
    *,
    operator: Annotated[str, typer.Option("--as", help="Your operator name; without it, it is only looked.")] = "",
    code: Annotated[str, typer.Option("--code", help="Six digits from your authenticator.")] = "",
    reference: Annotated[str, typer.Option(help="Of what shows what was done since.")] = "",
    ended: Annotated[str, typer.Option(help="It was answered: close it with this outcome, and write to nobody.")] = "",
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Show what a register that was put back does not know; with --as, take it, and hold every open case."""
    from flows.office import recovering  # noqa: PLC0415  # pays for what it uses

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
