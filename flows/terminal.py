"""How the command line shows facts and errors."""

import json
import logging
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Literal, ParamSpec

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data_contracts.errors import ContractInvalid, RightsflowError, SettingsInvalid

P = ParamSpec("P")

_WHOLE = frozenset(
    {"action", "at", "case", "gate", "key", "name", "received", "response_due", "right", "rows"}
    | {"state", "system", "table", "to", "waits_at", "wave"}
    | {
        "standing",
        "authorised_from",
        "authorised_until",
        "done_on",
        "review_on",
        "valid_from",
        "valid_until",
        "withdrawn",
    }
)
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEADS = {"response_due": "answer due", "days_left": "days"}
_NUMBERS = frozenset({"rows", "days_left"})

OPTION_JSON = typer.Option("--json", help="Print facts as JSON.")
HUSHED = "RIGHTSFLOW_HUSHED"
"""Set where this process alone was made quiet: the processes it starts log as usual, for the logs in the Prefect UI."""

console = Console(highlight=False, soft_wrap=True)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)


def show(facts: Mapping[str, Any], as_json: bool, human: Callable[[Mapping[str, Any]], None]) -> None:  # noqa: FBT001  # the flag of --json
    """Print facts for a program or for a person."""
    if as_json:
        print(json.dumps(facts, indent=2, default=str, ensure_ascii=False))
    else:
        human(facts)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, title: str = "") -> None:
    """Print rows as a table, columns in that order. What is typed again or is a time is never cut off."""
    grid = Table(title=title or None, title_justify="left", header_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        justify: Literal["left", "right"] = "right" if column in _NUMBERS else "left"
        grid.add_column(
            _HEADS.get(column, column.replace("_", " ")), justify=justify, no_wrap=column in _WHOLE, overflow="fold"
        )
        if column in _WHOLE:
            grid.columns[-1].min_width = max((len(_cell(row, column)) for row in rows), default=0)
    for row in rows:
        grid.add_row(*(escape(_cell(row, column)) for column in columns))
    console.print(grid)


def _cell(row: Mapping[str, Any], column: str) -> str:
    """A value for a person: times to the second, of a digest as much as tells it from others."""
    value = row.get(column)
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value[:12]
    if column == "at" and value:
        return f"{datetime.fromisoformat(str(value)).astimezone(UTC):%Y-%m-%d %H:%M:%SZ}"
    return "" if value is None else str(value)


def quiet() -> None:
    """Keep libraries from writing between our lines; what matters is told by our own words and errors."""
    if "PREFECT_LOGGING_LEVEL" not in os.environ:
        os.environ |= {"PREFECT_LOGGING_LEVEL": "ERROR", HUSHED: "1"}
        # Prefect's services log under names of their own, which its level does not reach.
        for service in ("EventsWorker", "APILogWorker"):
            logging.getLogger(service).setLevel(logging.ERROR)
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
        except OSError as error:
            _print_error(_of_the_system(error), as_json=bool(kwargs.get("as_json")))
            raise typer.Exit(1) from None

    return guarded


def _of_the_system(error: OSError) -> RightsflowError:
    """What the operating system refused: no room, no right, no such folder."""
    return SettingsInvalid(
        f"the operating system refused: {(os.strerror(error.errno) if error.errno else 'no reason given').lower()}",
        where=str(error.filename or "RIGHTSFLOW_HOME"),
        remedy="see that the folder is there, has room and can be written by this account",
    )


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
