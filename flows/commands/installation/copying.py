"""``rightsflow backup`` and ``rightsflow restore``: a copy of register and vault, and the way back."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import Json
from flows.home.copying import copy_made, copy_put_back
from flows.settings import settings
from flows.terminal import our_errors, show


@our_errors
def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder, on another disk.")],
    *,
    as_json: Json = False,
) -> None:
    """Copy register and vault into a new folder, while everything works; back up keys apart from it."""
    facts = copy_made(settings(), folder)
    show(facts, as_json, lambda f: print(f"{f['folder']}: register and vault, {f['files']} files; keys are not in it"))


@our_errors
def restore(
    folder: Annotated[Path, typer.Argument(help="That `rightsflow backup` made.")],
    *,
    as_json: Json = False,
) -> None:
    """Put a copy into a home that has no register; what was done since is then told by `rightsflow recover`."""
    facts = copy_put_back(settings(), folder)
    said = f"the copy of {facts['made_at']} is in {facts['home']}; run `rightsflow recover`"
    show(facts, as_json, lambda _: print(said))
