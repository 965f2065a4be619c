"""``rightsflow letter`` and ``rightsflow posted``: printing a case's letters, and telling that one was posted."""

from typing import Annotated, Any

import typer

from flows.commands.options import Code, Folder, Json, Operator
from flows.operator import letters
from flows.terminal import our_errors, show


@our_errors
def unseal_letter(  # noqa: PLR0913  # the options of a letter
    case: str,
    notice: Annotated[str, typer.Argument(help="Which one, e.g. answer; empty: all that wait to be posted.")] = "",
    *,
    to: Folder,
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Unseal letters for printing; who did is recorded in evidence."""
    facts = letters.unseal(case, notice, to, operator=operator, code=code)
    show(facts, as_json, _print_files)


@our_errors
def tell_posted(  # noqa: PLR0913  # the options of an answer
    case: str,
    notice: Annotated[str, typer.Argument(help="Which letter, e.g. answer.")],
    *,
    operator: Operator,
    code: Code,
    reference: Annotated[str, typer.Option(help="Of the posting, e.g. the number of a registered letter.")],
    as_json: Json = False,
) -> None:
    """Tell that a letter was posted; the case goes on."""
    facts = letters.posted(case, notice, operator=operator, code=code, reference=reference)
    show(facts, as_json, lambda f: print(f["said"]))


def _print_files(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    for file in facts["files"]:
        print(file)
