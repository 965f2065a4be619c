"""``rightsflow mailbox``, ``arrivals``, ``arrival``, ``assign`` and ``set-aside``: mails that are no case yet."""

from typing import Annotated, Any

import typer

from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Right
from flows.commands.options import Code, Folder, Json, Operator
from flows.operator import arrivals
from flows.terminal import our_errors, show
from tasks.intake.arrivals import Reading


@our_errors
def read_mailbox(*, as_json: Json = False) -> None:
    """Take in what waits in the mailbox (RIGHTSFLOW_IMAP_HOST); the flow *mailbox* does it every two minutes."""
    show(arrivals.read_now(), as_json, lambda f: print(f["taken_in"] or "nothing waits"))


@our_errors
def list_arrivals(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that were settled, too.")] = False,
    as_json: Json = False,
) -> None:
    """List mails that a person has to read, the one due first on top."""
    show(arrivals.arrivals(everything=everything), as_json, _print_arrivals)


@our_errors
def take_arrival_out(
    arrival: str,
    *,
    to: Folder,
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Unseal what somebody wrote; who did is remembered. Delete the file afterwards."""
    facts = arrivals.take_out(arrival, to, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f["file"]))


@our_errors
def assign_arrival(  # noqa: PLR0913  # the options of a request
    arrival: str,
    right: Right,
    *,
    identity: Annotated[
        list[str] | None, typer.Option(help="A key beside the sender's address, as kind=value; again for more.")
    ] = None,
    language: Annotated[str, typer.Option(help="To answer in; empty: the organisation's first.")] = "",
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Open the case of a mail: which right it exercises, as you read it."""
    pairs = [entry.partition("=") for entry in identity or ()]
    if not all(separator for _, separator, _ in pairs):
        raise RequestInvalid("a key is not written as kind=value", where="--identity", remedy="write customer_no=…")
    keys = {kind: value for kind, _, value in pairs}
    reading = Reading(right, keys, language)
    facts = arrivals.assign_now(arrival, reading, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f"{f['case']}, due {f['due']}"))


@our_errors
def set_arrival_aside(
    arrival: str,
    reason: Annotated[str, typer.Argument(help="no_request, spam, automatic, answer_to_case or other.")],
    *,
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Say that a mail is no request; its words are destroyed, the reason stays."""
    facts = arrivals.set_aside_now(arrival, reason, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f"{f['arrival']}: {f['state']}"))


def _print_arrivals(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    for one in facts["arrivals"]:
        print(f"{one['arrival']}  due {one['due']}  {one['state']}  {one['note']}".rstrip())
    if not facts["arrivals"]:
        print("nothing waits")
