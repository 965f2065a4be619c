"""``rightsflow lift``: a restriction ends (Art. 18(3))."""

from typing import Annotated

import typer

from data_contracts.errors import RequestInvalid
from flows.commands.options import Code, Json, Operator
from flows.operator import lifting
from flows.terminal import our_errors, show


@our_errors
def lift(
    case: str,
    *,
    operator: Operator,
    code: Code,
    reason: Annotated[str, typer.Option(help="The data subject reads it.")],
    as_json: Json = False,
) -> None:
    """Lift the restriction that a case carried out; the data subject is told first."""
    if not reason.strip():
        raise RequestInvalid("no reason is given", where="--reason", remedy="write it for the data subject")
    facts = lifting.lift_restriction(case, operator=operator, code=code, reason=reason)
    show(facts, as_json, lambda f: print(f["said"]))
