"""``rightsflow operator`` and ``rightsflow keys``: who may decide, and the installation's master key."""

import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import segno
import typer

from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import OperatorRole
from flows import wiring
from flows.commands.options import Code, Json
from flows.officer.operators import (
    enrol,
    is_enrolled,
    operators_facts,
    passkeys_facts,
    reset,
    set_mail,
    set_password,
    uses_facts,
)
from flows.officer.operators import lapse as take_out
from flows.officer.operators import link as linked
from flows.officer.operators import unlock as let_in
from flows.settings import settings
from flows.terminal import our_errors, show, table

keys = typer.Typer(no_args_is_help=True, help="The master key that wraps every data key.")

Day = Annotated[str, typer.Option(help="YYYY-MM-DD; empty: without end.")]


@our_errors
def add(  # noqa: PLR0913  # the options of one command
    name: Annotated[str, typer.Argument(help="Letters, digits, dot, dash, @.")],
    role: Annotated[list[OperatorRole], typer.Option(help="May be repeated.")],
    *,
    until: Day = "",
    trained_until: Annotated[str, typer.Option(help="Last day, YYYY-MM-DD; goes into the register of training.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Give who has the name a new secret, unasked.")] = False,
    as_json: Json = False,
) -> None:
    """Enrol an operator; prints what the authenticator app needs, once. Asks before somebody gets a new secret."""
    if not replace and not as_json and _is_terminal() and is_enrolled(name):
        question = f"{name} is enrolled already. Give them a new secret, and end the one that is in use?"
        replace = typer.confirm(question, abort=True, err=True)
    facts = enrol(name, tuple(role), valid_until=_day(until), trained_until=trained_until, instead=replace)
    show(facts, as_json, _print_enrolled)


@our_errors
def list_operators(as_json: Json = False) -> None:
    """All operators, what they may do and until when."""
    columns = ("name", "roles", "active", "valid_until", "training_until", "locked_until")
    show(operators_facts(), as_json, lambda f: table(f["operators"], columns))


@our_errors
def lapse(name: str, as_json: Json = False) -> None:
    """Take an operator out of force at once."""
    show(take_out(name), as_json, lambda f: print(f"{f['name']} may not answer gates any more"))


@our_errors
def password(
    name: str,
    *,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from the first line of the input.")] = False,
    as_json: Json = False,
) -> None:
    """Give an operator a password for the desk; it is asked for twice and shown nowhere."""
    typed = (
        sys.stdin.readline().rstrip("\n")
        if stdin
        else typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    show(set_password(name, typed), as_json, lambda f: print(f"{f['name']} has a password now"))


@our_errors
def unlock(name: str, as_json: Json = False) -> None:
    """Let an operator in again who was locked out after failed codes."""
    show(let_in(name), as_json, lambda f: print(f"{f['name']} may try again"))


@our_errors
def mail(name: str, address: str, as_json: Json = False) -> None:
    """Say where an operator gets mail about their passkeys."""
    show(set_mail(name, address), as_json, lambda f: print(f"{f['name']} gets mail there now"))


@our_errors
def link(
    name: str,
    account: Annotated[str, typer.Argument(help="Value of the claim that names operators, by default `sub`.")],
    as_json: Json = False,
) -> None:
    """Say whose account of the organisation's sign-in (OpenID Connect) an operator has."""
    show(linked(name, account), as_json, lambda f: print(f"{f['name']} signs in with that account"))


@our_errors
def passkeys(name: str, as_json: Json = False) -> None:
    """The passkeys of an operator, with the fingerprints of their keys, to be compared with evidence."""
    show(passkeys_facts(name), as_json, _print_passkeys)


@our_errors
def reset_passkeys(
    name: Annotated[str, typer.Argument(help="Who lost them.")],
    *,
    operator: Annotated[str, typer.Option("--as", help="Your operator name: an admin or DPO, another person.")],
    code: Code,
    as_json: Json = False,
) -> None:
    """Remove every passkey of somebody who lost them; the person is written to."""
    show(reset(name, operator=operator, code=code), as_json, _print_reset)


@our_errors
def log(
    name: Annotated[str, typer.Argument(help="Of one operator alone.")] = "",
    *,
    since: Annotated[str, typer.Option(help="From that day on, YYYY-MM-DD.")] = "",
    as_json: Json = False,
) -> None:
    """What operators did, and what was tried in their names, newest first."""
    columns = ("at", "operator", "what", "where", "proof", "accepted", "note")
    show(uses_facts(name, _day(since)), as_json, lambda f: table(f["uses"], columns))


@our_errors
def rotate(as_json: Json = False) -> None:
    """Make a new master key and wrap every data key and operator secret with it; the old one is gone afterwards."""
    with wiring.opened() as installation:
        done = installation.rotate_master_key()
    show({"rotated": str(done)}, as_json, lambda f: print(f["rotated"]))


@our_errors
def renew_signing(as_json: Json = False) -> None:
    """Make a new key that signs evidence; what the old one signed goes on to verify."""
    with wiring.opened() as installation:
        keyid = installation.rotate_signing_key()
    said = f"evidence is signed with {keyid} now; processes that run sign with the old key until they start again"
    show({"keyid": keyid, "said": said}, as_json, lambda f: print(f["said"]))


@our_errors
def close(as_json: Json = False) -> None:
    """Have a key management service close the master key's file, so that no copy of it opens anything."""
    wiring.Installation(settings()).close_master_key()
    said = "the file is closed; earlier copies of it are not: run `rightsflow keys rotate` now"
    show({"closed": True, "said": said}, as_json, lambda f: print(f["said"]))


def _is_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def _day(text: str) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise RequestInvalid("that is no date", where=text, remedy="write it as YYYY-MM-DD") from None


def _print_passkeys(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    table(facts["passkeys"], ("label", "added", "used", "key"))
    print("codes are accepted as well" if facts["codes"] else "no codes are accepted")


def _print_reset(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    told = "a mail tells so" if facts["mailed"] else "nobody was written to: tell the person"
    print(f"{facts['removed']} passkeys of {facts['name']} are removed; {told}")
    if not facts["codes"]:
        print(f"no codes of {facts['name']} are accepted: give a secret with `rightsflow operator add --replace`")


def _print_enrolled(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    print(f"{facts['name']} is enrolled as {', '.join(facts['roles'])}.")
    print("Scan this with the authenticator app; it is shown once:\n")
    segno.make(facts["uri"], error="m").terminal(compact=True)
    print(f"Or type the secret: {facts['secret']}")
    print(facts["uri"])
