"""``rightsflow review`` and ``rightsflow disclosures``: texts that a person reads, and who has received what."""

from pathlib import Path
from typing import Annotated

import typer

from data_contracts.errors import RequestInvalid
from flows.commands.options import Code, Json, Operator
from flows.officer.disclosures import import_file
from flows.operator import texts
from flows.terminal import note, our_errors, show


@our_errors
def review_texts(  # noqa: PLR0913  # the options of two directions
    case: str,
    *,
    operator: Operator,
    code: Code,
    to: Annotated[
        Path | None, typer.Option("--to", help="Folder to write texts and answers.yaml to; empty or new.")
    ] = None,
    from_: Annotated[Path | None, typer.Option("--from", help="The filled-in answers.yaml.")] = None,
    as_json: Json = False,
) -> None:
    """Read free texts before they go out: take them out with --to, hand the decisions in with --from."""
    if (to is None) == (from_ is None):
        raise RequestInvalid("give one of --to and --from", where="review", remedy="--to writes, --from reads")
    if to is not None:
        facts = texts.take_texts_out(case, to, operator=operator, code=code)
        show(facts, as_json, lambda f: print(f"{f['texts']} texts in {to}; fill in {f['answers']}"))
        return
    assert from_ is not None  # noqa: S101  # one of the two is given
    facts = texts.hand_decisions_in(case, from_, operator=operator, code=code)
    if facts["note"]:
        note(str(facts["note"]))
    show(facts, as_json, lambda f: print(f["said"]))


@our_errors
def import_disclosures(
    file: Annotated[Path, typer.Argument(help="CSV: kind,value,recipient,purpose,at,places,source.")],
    as_json: Json = False,
) -> None:
    """Note who has received what, as a system wrote it down; lines that were noted before stay as they are."""
    facts = import_file(file)
    show(facts, as_json, lambda f: print(f"{f['lines']} lines, {f['new']} of them new"))
