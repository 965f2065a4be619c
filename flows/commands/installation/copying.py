"""``rightsflow backup`` and ``rightsflow restore``: a copy of register and vault, and the way back."""

from pathlib import Path
from typing import Annotated

import typer

from flows.terminal import OPTION_JSON, our_errors, show

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("backup")(backup)
    app.command("restore")(restore)


@our_errors
def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder, on another disk.")],
    *,
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Copy register and vault into a new folder, while everything works; back up keys apart from it."""
    from flows.home.copying import copy_made  # noqa: PLC0415  # pays for what it uses
    from flows.settings import settings  # noqa: PLC0415  # as above

    facts = copy_made(settings(), folder)
    show(facts, as_json, lambda f: print(f"{f['folder']}: register and vault, {f['files']} files; keys are not in it"))


@our_errors
def restore(
    folder: Annotated[Path, typer.Argument(help="That `rightsflow backup` made.")],
    *,
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Put a copy into a home that has no register; what was done since is then told by `rightsflow recover`."""
    from flows.home.copying import copy_put_back  # noqa: PLC0415  # pays for what it uses
    from flows.settings import settings  # noqa: PLC0415  # as above

    facts = copy_put_back(settings(), folder)
    said = f"the copy of {facts['made_at']} is in {facts['home']}; run `rightsflow recover`"
    show(facts, as_json, lambda _: print(said))
