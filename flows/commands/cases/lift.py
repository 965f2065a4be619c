"""``rightsflow lift``: a restriction ends (Art. 18(3))."""

from typing import Annotated

import typer

from data_contracts.errors import RequestInvalid
from flows.terminal import OPTION_JSON, our_errors, show

app = typer.Typer()


@app.command("lift")
@our_errors
def lift(
    case: str,
    *,
    operator: Annotated[str, typer.Option("--as", help="Your operator name.")],
    code: Annotated[str, typer.Option(help="Six digits from your authenticator.")],
    reason: Annotated[str, typer.Option(help="The data subject reads it.")],
    as_json: Annotated[bool, OPTION_JSON] = False,
) -> None:
    """Lift the restriction that a case carried out; the data subject is told first."""
    from flows.office import lifting  # noqa: PLC0415  # pays for what it uses

    if not reason.strip():
        raise RequestInvalid("no reason is given", where="--reason", remedy="write it for the data subject")
    facts = lifting.lift_restriction(case, operator=operator, code=code, reason=reason)
    show(facts, as_json, lambda f: print(f["said"]))
