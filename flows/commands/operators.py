"""``rightsflow operator`` and ``rightsflow keys``: who may decide, and the installation's master key."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import OperatorRole
from flows.showing import OPTION_JSON, our_errors, show, table

app = typer.Typer(no_args_is_help=True, help="People who may answer gates.")
keys = typer.Typer(no_args_is_help=True, help="The master key that wraps every data key.")

Json = Annotated[bool, OPTION_JSON]
Day = Annotated[str, typer.Option(help="YYYY-MM-DD; empty: without end.")]


@app.command("add")
@our_errors
def add(
    name: Annotated[str, typer.Argument(help="Letters, digits, dot, dash, @.")],
    role: Annotated[list[OperatorRole], typer.Option(help="May be repeated.")],
    *,
    until: Day = "",
    trained_until: Day = "",
    as_json: Json = False,
) -> None:
    """Enrol an operator, or give one a new secret; prints what the authenticator app needs, once."""
    from flows.people import enrol  # noqa: PLC0415  # pays for what it uses

    facts = enrol(name, tuple(role), valid_until=_day(until), training_until=_day(trained_until))
    show(facts, as_json, _print_enrolled)


@app.command("list")
@our_errors
def list_operators(as_json: Json = False) -> None:
    """All operators, what they may do and until when."""
    from flows.people import operators_facts  # noqa: PLC0415  # pays for what it uses

    columns = ("name", "roles", "active", "valid_until", "training_until", "locked_until")
    show(operators_facts(), as_json, lambda f: table(f["operators"], columns))


@app.command("lapse")
@our_errors
def lapse(name: str, as_json: Json = False) -> None:
    """Take an operator out of force at once."""
    from flows.people import lapse as take_out  # noqa: PLC0415  # pays for what it uses

    show(take_out(name), as_json, lambda f: print(f"{f['name']} may not answer gates any more"))


@keys.command("rotate")
@our_errors
def rotate(as_json: Json = False) -> None:
    """Make a new master key and wrap every data key and operator secret with it; the old one is gone afterwards."""
    from flows import wiring  # noqa: PLC0415  # pays for what it uses

    with wiring.opened() as installation:
        done = installation.rotate_master_key()
    show({"rotated": str(done)}, as_json, lambda f: print(f["rotated"]))


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise RequestInvalid("that is no date", where=text, remedy="write it as YYYY-MM-DD") from None


def _print_enrolled(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    print(f"{facts['name']} is enrolled as {', '.join(facts['roles'])}.")
    print(f"Secret for the authenticator app, shown once: {facts['secret']}")
    print(facts["uri"])
