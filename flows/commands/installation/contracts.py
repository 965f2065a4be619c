"""``rightsflow contracts``: lint contracts, draft new ones, and show how a search would run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from flows.commands.options import Json
from flows.engineer.contracts import check_facts, traversal_facts
from flows.engineer.diff import diff_facts, said
from flows.engineer.drafts import draft_facts, import_facts
from flows.terminal import console, note, our_errors, show, table


@our_errors
def check(
    as_json: Json = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not look at the live systems.")] = False,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Erase a made-up person where nothing can be committed.")
    ] = False,
) -> None:
    """Every fault of the contracts at once, and every difference from the live schemas; exit 1 when there are any.

    Keys that several accounts hold in a live system are warnings. With --rehearse a made-up row is inserted into each
    table and erased as the contract says, in a transaction that is rolled back.
    """
    facts = check_facts(live=not offline, rehearse=rehearse and not offline)
    show(facts, as_json, _print_check)
    if not facts["ok"]:
        raise typer.Exit(1)


@our_errors
def plan(
    identity: Annotated[list[str], typer.Option(help="Identity kind, or kind=value of which the kind is used.")],
    as_json: Json = False,
) -> None:
    """The traversal: which tables a request with these identity kinds reaches, in which wave, and by what."""
    facts = traversal_facts([given.partition("=")[0].strip() for given in identity])
    show(facts, as_json, lambda f: table(f["tables"], ("wave", "system", "table", "reached_by", "erasure")))


@our_errors
def diff(
    case: Annotated[str, typer.Argument(help="A case with a plan; default: every open one.")] = "",
    *,
    to: Annotated[Path | None, typer.Option("--to", help="Another contracts folder to compare with.")] = None,
    as_json: Json = False,
) -> None:
    """What contracts say otherwise than when a case was planned, or than another folder.

    Where bytes alone differ (comments, order, white space), nobody is asked again. Where they say something else, a
    plan that people approved is made and shown anew before it is acted on.
    """
    show(diff_facts(case, folder=to), as_json, _print_diff)


@our_errors
def draft(  # noqa: PLR0913  # one argument an option
    url: Annotated[str, typer.Argument(help="Of the live system, as for RIGHTSFLOW_SYSTEM_<NAME>_URL.")],
    *,
    name: Annotated[str, typer.Option(help="The system's name; default: the database's or folder's.")] = "",
    tables: Annotated[str, typer.Option(help="Which tables, with commas between; default: all.")] = "",
    sample: Annotated[
        int, typer.Option(help="Values looked at in each text column; none is kept.", min=0, max=200)
    ] = 200,
    fides: Annotated[
        Path | None, typer.Option("--fides", help="Fides datasets of the same system, laid beside what is live.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print a draft of a contract for a live system, in which a person has to confirm every guess and TODO."""
    chosen = [part.strip() for part in tables.split(",") if part.strip()]
    facts = draft_facts(url, name=name, tables=chosen, sample=sample, fides=fides)
    show(facts, as_json, lambda f: print(f["contract"], end=""))
    note(f"{facts['tables']} tables, {facts['columns']} columns: {facts['guesses']} guesses, {facts['todos']} TODO.")
    if facts["elsewhere"]:
        note(f"Not drafted, but readable with this account: {', '.join(facts['elsewhere'])}.")
    if facts["not_live"]:
        note(f"Declared for Fides, but not in the live system: {', '.join(facts['not_live'])}.")


@our_errors
def import_fides(
    file: Annotated[Path, typer.Argument(help="YAML with one or several Fides datasets.")],
    *,
    to: Annotated[Path | None, typer.Option("--to", help="Folder to write a file for each dataset to.")] = None,
    as_json: Json = False,
) -> None:
    """Turn Fides datasets into drafts of contracts, in which a person has to confirm every guess and TODO."""
    facts = import_facts(file, to=to)
    show(facts, as_json, _print_import)
    for found in facts["datasets"]:
        note(f"{found['system']}: {found['columns']} columns, {found['guesses']} guesses, {found['todos']} TODO.")


def _print_diff(facts: Mapping[str, Any]) -> None:
    for one in facts["compared"]:
        print(said(one))
        for line in one["changes"]:
            print(f"  {line}")
    if not facts["compared"]:
        print("no open case has a plan")


def _print_import(facts: Mapping[str, Any]) -> None:
    if not facts["files"]:
        print(facts["contract"], end="")
    for file in facts["files"]:
        print(file)


def _print_check(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    for fault in facts["faults"]:
        console.print(f"[red]fault[/] {escape(fault)}")
    for told in facts["warnings"]:
        console.print(f"[yellow]warning[/] {escape(told)}")
    for drift in facts["drift"]:
        console.print(f"[yellow]{drift['effect']}[/] {escape(drift['said'])}")
    for held in facts["held_by_several"]:
        console.print(f"[yellow]warning[/] {escape(held['said'])}")
    for system, why in facts["not_looked_at"].items():
        console.print(f"[yellow]not looked at[/] {system}: {escape(why)}")
    for system, tried in facts["rehearsed"].items():
        for refused in tried["refused"]:
            console.print(f"[red]refused[/] {escape(refused)}")
        for left_out in tried["not_rehearsed"]:
            console.print(f"[yellow]not rehearsed[/] {escape(left_out)}")
        print(f"{system}: rehearsed, {tried['accepted']} of {tried['tables']} tables")
    print(f"{facts['systems']} systems, {facts['tables']} tables: " + ("no fault" if facts["ok"] else "not in order"))
