"""``rightsflow verify`` and ``rightsflow approve``: gates are answered outside the Prefect UI."""

from typing import Annotated

import typer

from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Decision, Gate
from flows.commands.options import Code, Json, Operator
from flows.operator import answering
from flows.terminal import our_errors, show
from tasks.rules.people.eligibility import reference_of


@our_errors
def verify_identity(  # noqa: PLR0913  # the options of a check
    case: str,
    *,
    method: Annotated[str, typer.Option(help="How identity was checked.")],
    operator: Operator,
    code: Code,
    received: Annotated[str, typer.Option(help="Day the proof came, YYYY-MM-DD; the clock runs on from it.")] = "",
    as_json: Json = False,
) -> None:
    """Record an identity check made by a person."""
    facts = answering.verify_identity(case, reference_of(method, received), operator=operator, code=code)
    show(facts, as_json, lambda f: print(f["said"]))


@our_errors
def approve_gate(  # noqa: PLR0913  # the options of an answer
    case: str,
    gate: Annotated[str, typer.Argument(help="Name of the gate; of several, gate:subject, e.g. outage:billing.")],
    *,
    operator: Operator,
    code: Code,
    refuse: Annotated[bool, typer.Option("--refuse", help="Refuse; needs --reason.")] = False,
    reason: Annotated[str, typer.Option(help="The data subject reads it.")] = "",
    decision: Annotated[Decision | None, typer.Option(help="Another answer the gate offers.")] = None,
    reference: Annotated[str, typer.Option(help="Of what was done by hand, or how identity was checked.")] = "",
    ground: Annotated[str, typer.Option("--reason-code", help="Ground of a refusal, e.g. excessive.")] = "",
    as_json: Json = False,
) -> None:
    """Answer a gate outside the Prefect UI; the same rules hold."""
    chosen = Decision.REFUSE if refuse else decision or Decision.APPROVE
    answer = answering.Answered(operator, chosen, code, reason, ground or reference)
    name, _, subject = gate.partition(":")
    facts = answering.answer(case, _gate(name), subject, answer)
    show(facts, as_json, lambda f: print(f["said"]))


def _gate(name: str) -> Gate:
    try:
        return Gate(name)
    except ValueError:
        known = ", ".join(gate.value for gate in Gate)
        raise RequestInvalid("no such gate", where=name, remedy=f"use one of: {known}") from None
