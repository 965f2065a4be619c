"""``rightsflow secret``: what connects us to systems and recipients, kept sealed."""

import sys
from typing import Annotated

import typer

from flows.commands.options import Json
from flows.engineer import credentials
from flows.terminal import our_errors, show, table

Name = Annotated[str, typer.Argument(help="As the environment variable, e.g. RIGHTSFLOW_SYSTEM_CRM_URL.")]


@our_errors
def keep(
    name: Name,
    *,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from the input.")] = False,
    as_json: Json = False,
) -> None:
    """Seal a credential with the master key; it is typed or piped in, shown nowhere, and no argument."""
    typed = sys.stdin.read() if stdin else typer.prompt("Credential", hide_input=True)
    show(credentials.keep(name, typed), as_json, lambda f: print(f"{f['name']} is kept sealed"))


@our_errors
def listed(as_json: Json = False) -> None:
    """Names of what is kept; no values."""
    show(credentials.listed(), as_json, lambda f: table(f["credentials"], ("name", "set", "by")))


@our_errors
def remove(name: Name, as_json: Json = False) -> None:
    """Remove a credential."""
    show(credentials.remove(name), as_json, lambda f: print(f"{f['name']} is kept no more"))
