"""``rightsflow letter`` and ``rightsflow posted``: printing a case's letters, and telling that one was posted."""

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.terminal import OPTION_JSON, our_errors, show

app = typer.Typer()


@app.command("letter")
@our_errors
def unseal_letter(  # noqa: PLR0913  # the options of a letter
    case: str,
    notice: Annotated[str, typer.Argument(help="Which one, e.g. answer; empty: all that wait to be posted.")] = "",
    *,
    to: Annotated[Path, typer.Option("--to", help="Folder to write to.")],
    operator: Annotated[str, typer.Option("--as", help="Your operator name.")],
    code: Annotated[str, typer.Option("--code", help="Six digits from your authenticator.")],
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Unseal letters for printing; who did is recorded in evidence."""
    from flows.office import letters  # noqa: PLC0415  # pays for what it uses

    facts = letters.unseal(case, notice, to, operator=operator, code=code)
    show(facts, as_json, _print_files)


@app.command("posted")
@our_errors
def tell_posted(  # noqa: PLR0913  # the options of an answer
    case: str,
    notice: Annotated[str, typer.Argument(help="Which letter, e.g. answer.")],
    *,
    operator: Annotated[str, typer.Option("--as", help="Your operator name.")],
    code: Annotated[str, typer.Option("--code", help="Six digits from your authenticator.")],
    reference: Annotated[str, typer.Option(help="Of the posting, e.g. the number of a registered letter.")],
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Tell that a letter was posted; the case goes on."""
    from flows.office import letters  # noqa: PLC0415  # pays for what it uses

    facts = letters.posted(case, notice, operator=operator, code=code, reference=reference)
    show(facts, as_json, lambda f: print(f["said"]))


def _print_files(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    for file in facts["files"]:
        print(file)
