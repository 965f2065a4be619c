"""``rightsflow init``: a new installation says so, and one whose keys are lost for good gets others."""

import getpass
from typing import Annotated

import typer

from flows.commands.options import Json
from flows.settings import settings
from flows.terminal import our_errors, show
from flows.wiring import Installation


@our_errors
def init(
    *,
    keys_lost: Annotated[
        bool, typer.Option("--keys-lost", help="Make keys anew whose files are lost, backups included.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the register and the keys of a new installation; changes nothing where they are there."""
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
