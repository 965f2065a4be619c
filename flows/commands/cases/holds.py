"""``rightsflow hold``: data of one person that must be kept for legal claims (Art. 17(3)(e))."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from data_contracts.case.holds import LitigationHold
from flows import wiring
from flows.commands.options import Code, Identity, Json, Operator
from flows.operator.identities import pairs
from flows.terminal import our_errors, show, table
from tasks.search.holds import lift_hold, set_hold
from tasks.services import services


@our_errors
def add(  # noqa: PLR0913  # the options of a hold
    *,
    identity: Identity,
    reference: Annotated[str, typer.Option(help="Of the claim or the lawyer's letter.")],
    operator: Operator,
    code: Code,
    system: Annotated[list[str] | None, typer.Option(help="Covers this system alone; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Have the data of a person kept until the hold is lifted: no erasure reaches them. Prints the hold's id."""
    with wiring.opened():
        hold = set_hold(pairs(identity), reference.strip(), system or [], operator=operator, code=code)
    show(_facts(hold), as_json, lambda f: print(f["hold"]))


@our_errors
def list_holds(as_json: Json = False, everything: Annotated[bool, typer.Option("--all")] = False) -> None:
    """Holds in force; with --all those that were lifted too. Nobody is named: who is meant is kept as digests."""
    with wiring.opened():
        facts = {"holds": [_facts(hold) for hold in services().register.holds(open_only=not everything)]}
    show(facts, as_json, lambda f: table(f["holds"], ("hold", "reference", "systems", "set_by", "set", "lifted")))


@our_errors
def lift(
    hold: Annotated[str, typer.Argument(help="The hold's id.")],
    *,
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Lift a hold: what it kept of somebody whose data were erased is erased by a case of its own."""
    with wiring.opened():
        case_id = lift_hold(hold, operator=operator, code=code)
    show({"hold": hold, "lifted_by": operator, "case": case_id}, as_json, _print_lifted)


def _print_lifted(facts: Mapping[str, Any]) -> None:
    print(f"{facts['hold']} is lifted")
    if facts["case"]:
        print(f"{facts['case']} erases what it kept: rightsflow run {facts['case']}")


def _facts(hold: LitigationHold) -> dict[str, Any]:
    return {
        "hold": hold.hold_id,
        "reference": hold.reference,
        "systems": ", ".join(hold.systems) or "all",
        "keys": sorted({key.kind for key in hold.keys}),
        "set_by": hold.set_by,
        "set": hold.set_at.isoformat(),
        "lifted_by": hold.lifted_by,
        "lifted": hold.lifted_at.isoformat() if hold.lifted_at else "",
    }
