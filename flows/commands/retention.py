"""``rightsflow retention``: what is over its retention period, counted or erased (charter 4.1, 4.2)."""

from typing import Annotated, Any

import typer

from data_contracts.errors import RequestInvalid
from flows.showing import OPTION_JSON, our_errors, show, table

_COLUMNS = ("system", "table", "rule", "erases", "over", "spared", "due", "left")


def register(app: typer.Typer) -> None:
    """Add the command to ``rightsflow``."""
    app.command("retention")(retain)


@our_errors
def retain(
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and change nothing.")] = False,
    system: Annotated[str, typer.Option(help="One system; default all.")] = "",
    operator: Annotated[str, typer.Option("--as", help="Your operator name.")] = "",
    code: Annotated[str, typer.Option("--code", help="Six digits from your authenticator.")] = "",
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Erase in every system what is over its retention period, and prove it; with --dry-run only count."""
    from flows import wiring  # noqa: PLC0415  # pays for what it uses
    from flows.retention import carry_out  # noqa: PLC0415  # as above

    if not dry_run and not operator:
        raise RequestInvalid(
            "erasing needs a person", where="--as", remedy="give --as and --code, or --dry-run to count only"
        )
    with wiring.opened():
        done = carry_out(system, "" if dry_run else operator, code)
    show(done.facts(), as_json, _print)
    if done.failed:
        raise typer.Exit(1)


def _print(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    lines = [line | {"erases": _in_short(line["erases"])} for line in facts["lines"] if line["over"]]
    table(lines, _COLUMNS, title="Over the retention period")
    print(facts["said"])
    for text in facts["failed"].values():
        print(text)


def _in_short(erases: str) -> str:
    """Rows, or how many columns: a list of names would fill the table."""
    return erases if erases == "rows" else f"{len(erases.split(', '))} columns"
