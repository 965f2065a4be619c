"""``rightsflow dossier``: what the supervisory authority asked for (Art. 31, 58(1); charter 7d)."""

from pathlib import Path
from typing import Annotated

import typer

from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Right
from flows.commands.options import Code, Json, Language, Operator
from flows.officer import dossiers
from flows.operator.identities import pairs
from flows.terminal import note, our_errors, show


@our_errors
def make_dossier(  # noqa: PLR0913  # the options of a dossier
    case: Annotated[str, typer.Argument(help="The case; else give --identity, or --from and --to.")] = "",
    *,
    file: Annotated[Path, typer.Option("--file", help="The ZIP to write; must not be there yet.")],
    identity: Annotated[list[str] | None, typer.Option(help="A person: kind=value; may be repeated.")] = None,
    since: Annotated[str, typer.Option("--from", help="First day of a period, YYYY-MM-DD.")] = "",
    until: Annotated[str, typer.Option("--to", help="Last day of a period, YYYY-MM-DD.")] = "",
    right: Annotated[Right | None, typer.Option(help="Of a period, one right alone.")] = None,
    letters: Annotated[
        bool, typer.Option("--with-letters", help="Of a case, put its notices in, in clear; the DPO alone may.")
    ] = False,
    language: Language = "",
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Write a signed dossier of a case, a person or a period; `rightsflow evidence verify FILE` verifies it offline."""
    if file.exists():
        raise RequestInvalid("the file is there already", where=str(file), remedy="choose another name")
    asked = dossiers.Asked(case, pairs(identity or []), since, until, right, letters)
    facts = dossiers.write(asked, file, language, operator=operator, code=code)
    for unproven in facts["unproven"]:
        note(f"not proven: {unproven}; look at it with 'rightsflow evidence verify'")
    show(
        facts, as_json, lambda f: print(f"{f['dossier']}: {f['cases']} cases, {f['runs']} runs, written to {f['file']}")
    )
