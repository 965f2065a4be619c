"""How the command line shows facts and errors."""

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data_contracts.errors import ContractInvalid, RightsflowError

P = ParamSpec("P")

OPTION_JSON = typer.Option("--json", help="Print facts as JSON.")
console = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def show(facts: Mapping[str, Any], as_json: bool, human: Callable[[Mapping[str, Any]], None]) -> None:  # noqa: FBT001  # the flag of --json
    """Print facts for a program or for a person."""
    if as_json:
        print(json.dumps(facts, indent=2, default=str, ensure_ascii=False))
    else:
        human(facts)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, title: str = "") -> None:
    """Print rows as a table, columns in that order."""
    grid = Table(title=title or None, title_justify="left", header_style="bold")
    for column in columns:
        grid.add_column(column.replace("_", " "), justify="right" if column in {"rows", "days_left"} else "left")
    for row in rows:
        grid.add_row(*(escape(str(row.get(column, ""))) for column in columns))
    console.print(grid)


def quiet() -> None:
    """Keep libraries from writing between our lines; what matters is told by our own words and errors."""
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "ERROR")
    os.environ.setdefault("DO_NOT_TRACK", "1")


def note(text: str) -> None:
    """Tell a person something that a script does not read."""
    _errors.print(escape(text), style="dim")


def our_errors(command: Callable[P, None]) -> Callable[P, None]:
    """Print our errors as what failed, where and the remedy, and exit with 1; without a stack trace."""

    @wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except RightsflowError as error:
            _print_error(error, as_json=bool(kwargs.get("as_json")))
            raise typer.Exit(1) from None
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(1) from None

    return guarded


def _print_error(error: RightsflowError, *, as_json: bool) -> None:
    if as_json:
        faults = [str(fault) for fault in error.faults] if isinstance(error, ContractInvalid) else []
        told = {"what": error.what, "where": error.where, "remedy": error.remedy, "kind": type(error).__name__}
        print(json.dumps({"error": told | ({"faults": faults} if faults else {})}, indent=2, ensure_ascii=False))
        return
    _errors.print(f"[bold red]What failed:[/] {escape(error.what)}")
    if error.where:
        _errors.print(f"[bold]Where:[/] {escape(error.where)}")
    if isinstance(error, ContractInvalid):
        for fault in error.faults:
            _errors.print(f"- {escape(str(fault))}")
    if error.remedy:
        _errors.print(f"[bold]Remedy:[/] {escape(error.remedy)}")
