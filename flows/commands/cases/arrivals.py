"""``rightsflow mailbox``, ``arrivals``, ``arrival``, ``assign`` and ``set-aside``: mails that are no case yet."""

from pathlib import Path
from typing import Annotated, Any

import typer

from data_contracts.errors import RequestInvalid
from data_contracts.vocabulary import Right
from flows.terminal import OPTION_JSON, our_errors, show

app = typer.Typer()
Json = Annotated[bool, OPTION_JSON]
Operator = Annotated[str, typer.Option("--as", help="Your operator name.")]
Code = Annotated[str, typer.Option("--code", help="Six digits from your authenticator.")]


@app.command("mailbox")
@our_errors
def read_mailbox(*, as_json: Json = False) -> None:
    """Take in what waits in the mailbox (RIGHTSFLOW_IMAP_HOST); the flow *mailbox* does it every two minutes."""
    from flows.office import arrivals  # noqa: PLC0415  # pays for what it uses

    show(arrivals.read_now(), as_json, lambda f: print(f["taken_in"] or "nothing waits"))


@app.command("arrivals")
@our_errors
def list_arrivals(
    *,
    everything: Annotated[bool, typer.Option("--all", help="Those that were settled, too.")] = False,
    as_json: Json = False,
) -> None:
    """List mails that a person has to read, the one due first on top."""
    from flows.office import arrivals  # noqa: PLC0415  # pays for what it uses

    show(arrivals.arrivals(everything=everything), as_json, _print_arrivals)


@app.command("arrival")
@our_errors
def take_arrival_out(
    arrival: str,
    *,
    to: Annotated[Path, typer.Option("--to", help="Folder to write to.")],
    operator: Operator,
    code: Code,
    as_json: Json = False,
) -> None:
    """Unseal what somebody wrote; who did is remembered. Delete the file afterwards."""
    from flows.office import arrivals  # noqa: PLC0415  # pays for what it uses

    facts = arrivals.take_out(arrival, to, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f["file"]))


@app.command("assign")
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
    from flows.office import arrivals  # noqa: PLC0415  # pays for what it uses
    from tasks.intake.arrivals import Reading  # noqa: PLC0415  # as above

    pairs = [entry.partition("=") for entry in identity or ()]
    if not all(separator for _, separator, _ in pairs):
        raise RequestInvalid("a key is not written as kind=value", where="--identity", remedy="write customer_no=…")
    keys = {kind: value for kind, _, value in pairs}
    reading = Reading(right, keys, language)
    facts = arrivals.assign_now(arrival, reading, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f"{f['case']}, due {f['due']}"))


@app.command("set-aside")
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
    from flows.office import arrivals  # noqa: PLC0415  # pays for what it uses

    facts = arrivals.set_aside_now(arrival, reason, operator=operator, code=code)
    show(facts, as_json, lambda f: print(f"{f['arrival']}: {f['state']}"))


def _print_arrivals(facts: Any) -> None:  # noqa: ANN401  # JSON facts
    for one in facts["arrivals"]:
        print(f"{one['arrival']}  due {one['due']}  {one['state']}  {one['note']}".rstrip())
    if not facts["arrivals"]:
        print("nothing waits")
