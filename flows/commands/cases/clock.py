"""``rightsflow extend`` and ``rightsflow withdraw``: what a person does about a case's time."""

from typing import Annotated

import typer

from data_contracts.grounds import ExtensionReason
from flows.terminal import OPTION_JSON, our_errors, show

app = typer.Typer()

Operator = Annotated[str, typer.Option("--as", help="Your operator name.")]
Code = Annotated[str, typer.Option("--code", help="Six digits from your authenticator.")]
Json = Annotated[bool, OPTION_JSON]


@app.command("extend")
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
    from flows.office.endings import extend_case  # noqa: PLC0415  # pays for what it uses

    facts = extend_case(case, operator=operator, code=code, reason=reason.value, text=text)
    show(facts, as_json, lambda f: print(f["said"]))


@app.command("withdraw")
@our_errors
def withdraw(case: str, *, operator: Operator, code: Code, as_json: Json = False) -> None:
    """End a case because the data subject takes the request back; before anything was done."""
    from flows.office.endings import withdraw_case  # noqa: PLC0415  # pays for what it uses

    facts = withdraw_case(case, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f["said"]))
