"""``rightsflow init``: a new installation says so, and one whose keys are lost for good gets others."""

import getpass
from typing import Annotated

import typer

from flows.terminal import OPTION_JSON, our_errors, show

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("init")(init)


@our_errors
def init(
    *,
    keys_lost: Annotated[
        bool, typer.Option("--keys-lost", help="Make keys anew whose files are lost, backups included.")
    ] = False,
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Make the register and the keys of a new installation; changes nothing where they are there."""
    from flows.settings import settings  # noqa: PLC0415  # pays for what it uses
    from flows.wiring import Installation  # noqa: PLC0415  # as above

    installation = Installation(settings())
    try:
        lost = installation.ring.give_up(getpass.getuser()) if keys_lost else []
        _ = installation.register  # with keys that are its own
        made = installation.ring.make(installation.own_key)
    finally:
        installation.close()
    said = f"made {', '.join(made)}" if made else "the installation is there, with its keys"
    facts = {"home": str(settings().state), "made": made, "lost": lost, "said": said}
    show(facts, as_json, lambda f: print(f["said"]))
