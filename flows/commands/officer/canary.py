"""``rightsflow canary``: a made-up person is found, changed and erased in each system that allows one."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from flows.terminal import OPTION_JSON, our_errors, show


def register(app: typer.Typer) -> None:
    """Add the command to ``rightsflow``."""
    app.command("canary")(canary)


@our_errors
def canary(
    *,
    system: Annotated[str, typer.Option(help="One system; default all.")] = "",
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Plant a made-up person, find her, put a value right, erase her, and look for what is left; exits 1 if any is."""
    from flows import wiring  # noqa: PLC0415  # pays for what it uses
    from flows.duties.canary import carry_out  # noqa: PLC0415  # as above

    with wiring.opened():
        facts = carry_out(system).facts()
    show(facts, as_json, _print)
    if not facts["ok"]:
        raise typer.Exit(1)


def _print(facts: Mapping[str, Any]) -> None:
    for one in facts["systems"]:
        print(one["said"])
