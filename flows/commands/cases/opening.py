"""``rightsflow open``: a request that came by letter, e-mail or telephone is registered."""

from pathlib import Path
from typing import Annotated

import typer

from data_contracts.vocabulary import Channel, Right
from flows.commands.options import Identity, Json
from flows.operator.details import read_details
from flows.operator.identities import pairs
from flows.operator.opening import Typed
from flows.operator.opening import open_request as register
from flows.terminal import note, our_errors, show


@our_errors
def open_request(  # noqa: PLR0913  # the options of a request
    right: Annotated[Right, typer.Argument(help="Which right is exercised.")],
    *,
    identity: Identity,
    channel: Channel = Channel.LETTER,
    received: Annotated[str, typer.Option(help="Day of receipt, YYYY-MM-DD; default now.")] = "",
    language: str = "fr",
    name: Annotated[str, typer.Option(help="How the answer addresses the data subject.")] = "",
    details: Annotated[
        Path | None, typer.Option(help="What the data subject wrote: a text, or YAML that says what the right asks.")
    ] = None,
    scan: Annotated[Path | None, typer.Option(help="Scan of the letter (JPEG, PNG, PDF), the case's record.")] = None,
    key: Annotated[str, typer.Option(help="The same key registers the same request once.")] = "",
    as_json: Json = False,
) -> None:
    """Register a request durably, before anything else, and start its flow; prints the case id."""
    said = read_details(details)
    typed = Typed(right, channel, language, received, name, key, pairs(identity), said, scan)
    facts = register(typed)
    if facts["note"]:
        note(str(facts["note"]))
    show(facts, as_json, lambda f: print(f["case"]))
