"""``rightsflow statement``: a letter that names no field is read, and put into terms."""

from pathlib import Path
from typing import Annotated

import typer

from data_contracts.errors import RequestInvalid
from flows.commands.options import Code, Json, Operator
from flows.operator import statements
from flows.terminal import note, our_errors, show


@our_errors
def put_into_terms(  # noqa: PLR0913  # the options of two directions
    case: str,
    *,
    operator: Operator,
    code: Code,
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder to write letter.txt and statement.yaml to; empty or new.")
    ] = None,
    details: Annotated[Path | None, typer.Option(help="The filled-in statement.yaml.")] = None,
    as_json: Json = False,
) -> None:
    """Say what a letter asks to be put right: take it out with --to, hand its terms in with --details."""
    if (to is None) == (details is None):
        raise RequestInvalid("give one of --to and --details", where="statement", remedy="--to writes, --details reads")
    if to is not None:
        facts = statements.take_letter_out(case, to, operator=operator, code=code)
        show(facts, as_json, lambda f: print(f"read {f['letter']}, fill in {f['statement']}; delete both afterwards"))
        return
    assert details is not None  # noqa: S101  # one of the two is given
    facts = statements.hand_terms_in(case, details, operator=operator, code=code)
    if facts["note"]:
        note(str(facts["note"]))
    show(facts, as_json, lambda f: print(f["said"]))
