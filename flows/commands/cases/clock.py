"""``rightsflow extend`` and ``rightsflow withdraw``: what a person does about a case's time."""

from typing import Annotated

import typer

from data_contracts.grounds import ExtensionReason
from flows.commands.options import Code, Json, Operator
from flows.operator.endings import extend_case, withdraw_case
from flows.terminal import our_errors, show


@our_errors
def extend(  # noqa: PLR0913  # the options of an extension
    case: str,
    *,
    operator: Operator,
    code: Code,
    reason: Annotated[ExtensionReason, typer.Option(help="The law knows these two (Art. 12(3)).")],
    text: Annotated[str, typer.Option(help="What it consists in; the data subject reads it.")],
    as_json: Json = False,
) -> None:
    """Tell the data subject that the answer takes two months longer, and why; once, and within the first month."""
    facts = extend_case(case, operator=operator, code=code, reason=reason.value, text=text)
    show(facts, as_json, lambda f: print(f["said"]))


@our_errors
def withdraw(case: str, *, operator: Operator, code: Code, as_json: Json = False) -> None:
    """End a case because the data subject takes the request back; before anything was done."""
    facts = withdraw_case(case, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f["said"]))
