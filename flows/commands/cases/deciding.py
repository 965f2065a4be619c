"""``rightsflow questions`` and ``rightsflow decide``: several gates in one file, answered with one code."""

from pathlib import Path
from typing import Annotated

import typer

from data_contracts.vocabulary import Gate
from flows.commands.options import Code, Json, Operator
from flows.operator import deciding
from flows.terminal import note, our_errors, show, table


@our_errors
def write_questions(
    *,
    to: Annotated[Path, typer.Option("--to", help="File to write; a new one.")],
    gate: Annotated[list[Gate] | None, typer.Option(help="Of this kind alone; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Write the questions that wait to a file, to be read and filled in."""
    show(deciding.write_questions(to, gate or ()), as_json, lambda f: print(f"{f['gates']} questions in {f['file']}"))


@our_errors
def decide(
    file: Annotated[Path, typer.Argument(help="The filled-in file of `questions`.")],
    *,
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Answer the gates of a filled-in file with one code; each question is named in what is signed."""
    facts = deciding.decide(file, operator=operator, code=code)
    for told in facts["notes"].values():
        note(str(told))
    show(facts, as_json, lambda f: table(f["gates"], ("case", "gate", "outcome")))
