"""The command ``rightsflow``. Names and options are scripted against: add, do not rename.

Every command prints an error as what failed, where, and the remedy, and exits 0 only on success. What prints facts
takes ``--json``. This module imports no command: help and completion of names read tables (``flows.commands``), and a
command is imported when it is called.
"""

from importlib.metadata import version
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from flows.commands import cases, doors, installation, officer
from flows.commands.lazy import grown
from flows.commands.packages import foreign_package


def _begin() -> None:
    """What is done before a command is imported."""
    if place := foreign_package():
        typer.echo(f"What failed: another package has the name of one of ours.\nWhere: {place}", err=True)
        typer.echo("Remedy: install Rightsflow into an environment of its own, and call it from there.", err=True)
        raise typer.Exit(1)
    from flows.commands.beginning import begin  # noqa: PLC0415  # help and completion read no settings

    begin()


class _Rightsflow(TyperGroup):
    """All commands, none of them imported."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # whatever Typer gives
        super().__init__(*args, **kwargs)
        grown(self, (*cases.COMMANDS, *doors.COMMANDS, *installation.COMMANDS, *officer.COMMANDS), _begin)


app = typer.Typer(cls=_Rightsflow, no_args_is_help=True, pretty_exceptions_enable=False)


def _tell_version(asked: bool) -> None:  # noqa: FBT001  # the value of an option
    if asked:
        print(version("rightsflow"))
        raise typer.Exit


@app.callback()
def main(
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_tell_version, is_eager=True)
    ] = False,
) -> None:
    """Carry out people's data-protection rights across a company's systems."""


if __name__ == "__main__":
    app()
