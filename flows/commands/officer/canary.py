"""``rightsflow canary``: a made-up person is found, changed and erased in each system that allows one."""

from collections.abc import Mapping
from typing import Any

import typer

from flows import wiring
from flows.commands.options import Json, System
from flows.duties.canary import carry_out
from flows.terminal import our_errors, show


@our_errors
def canary(
    *,
    system: System = "",
    as_json: Json = False,
) -> None:
    """Plant a made-up person, find her, put a value right, erase her, and look for what is left; exits 1 if any is."""
    with wiring.opened():
        facts = carry_out(system).facts()
    show(facts, as_json, _print)
    if not facts["ok"]:
        raise typer.Exit(1)


def _print(facts: Mapping[str, Any]) -> None:
    for one in facts["systems"]:
        print(one["said"])
