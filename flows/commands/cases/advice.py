"""``rightsflow advise``: the DPO's advice, sealed with the case (charter 7a)."""

from pathlib import Path
from typing import Annotated

import typer

from data_contracts.errors import RequestInvalid
from flows import wiring
from flows.commands.options import Code, Json, Operator
from flows.terminal import our_errors, show
from tasks.officer.advice import give_advice


@our_errors
def advise(
    case: Annotated[str, typer.Argument(help="A case, or a run such as R-20261126-7K3M.")],
    *,
    file: Annotated[Path, typer.Option("--file", help="The advice, as text.")],
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Advise on a case: sealed, noted in evidence, and told to whoever decides at its gates."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise RequestInvalid("the advice cannot be read", where=str(file), remedy="give a text file in UTF-8") from None
    with wiring.opened():
        number = give_advice(case, text, operator=operator, code=code)
    show({"case": case, "advice": number}, as_json, lambda f: print(f"advice {f['advice']} on {case} is sealed"))
