"""``rightsflow changes``: old and new values of a rectification, for an operator's eyes."""

from pathlib import Path
from typing import Annotated

import typer

from flows.terminal import OPTION_JSON, our_errors, show

Json = Annotated[bool, OPTION_JSON]


def register(app: typer.Typer) -> None:
    """Add the command to ``rightsflow``."""
    app.command("changes")(unseal_changes)


@our_errors
def unseal_changes(
    case: str,
    *,
    to: Annotated[Path, typer.Option("--to", help="Folder to write to; must be empty or new.")],
    operator: Annotated[str, typer.Option("--as", help="Your operator name.")],
    code: Annotated[str, typer.Option("--code", help="Six digits from your authenticator.")],
    as_json: Json = False,
) -> None:
    """Unseal old and new values of a rectification that is planned; that you looked goes into evidence."""
    from flows.office.changes import unseal_changes as unseal  # noqa: PLC0415  # pays for what it uses

    facts = unseal(case, to, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f"{f['places']} places in {f['file']}; delete it when you have compared them"))
