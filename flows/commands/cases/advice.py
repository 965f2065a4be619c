"""``rightsflow advise``: the DPO's advice, sealed with the case (charter 7a)."""

from pathlib import Path
from typing import Annotated

import typer

from data_contracts.errors import RequestInvalid
from flows.terminal import OPTION_JSON, our_errors, show


def register(app: typer.Typer) -> None:
    """Add the command to ``rightsflow``."""
    app.command("advise")(advise)


@our_errors
def advise(
    case: Annotated[str, typer.Argument(help="A case, or a run such as R-20261126-7K3M.")],
    *,
    file: Annotated[Path, typer.Option("--file", help="The advice, as text.")],
    operator: Annotated[str, typer.Option("--as", help="Your operator name.")],
    code: Annotated[str, typer.Option("--code", help="Six digits from your authenticator.")],
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Advise on a case: sealed, noted in evidence, and told to whoever decides at its gates."""
    from flows import wiring  # noqa: PLC0415  # pays for what it uses
    from tasks.officer.advice import give_advice  # noqa: PLC0415  # as above

    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise RequestInvalid("the advice cannot be read", where=str(file), remedy="give a text file in UTF-8") from None
    with wiring.opened():
        number = give_advice(case, text, operator=operator, code=code)
    show({"case": case, "advice": number}, as_json, lambda f: print(f"advice {f['advice']} on {case} is sealed"))
