"""``rightsflow recipients`` and ``rightsflow acknowledge``: who was told what was done, who answered (Art. 19)."""

import getpass
from typing import Annotated, Any

import typer

from flows import wiring
from flows.commands.options import Json
from flows.terminal import our_errors, show, table
from tasks.recipients.tell import acknowledge_recipient
from tasks.services import services


@our_errors
def show_recipients(case: str, as_json: Json = False) -> None:
    """Recipients of the data that a case touched: how each was told, and whether it has acknowledged."""
    show(_facts(case), as_json, lambda f: table(f["recipients"], tuple(f["recipients"][0]) if f["recipients"] else ()))


@our_errors
def acknowledge(
    case: str,
    party: Annotated[str, typer.Argument(help="Key of the recipient in the vocabulary.")],
    *,
    reference: Annotated[str, typer.Option(help="The recipient's own reference.")],
    as_json: Json = False,
) -> None:
    """Record that a recipient acknowledged what it was told; it is reminded no more."""
    with wiring.opened():
        acknowledge_recipient(case, party, reference.strip(), actor=f"local-account:{getpass.getuser()}")
    said = {"case": case, "party": party, "reference": reference.strip()}
    show(said, as_json, lambda _: print(f"{case}: {party} has acknowledged"))


def _facts(case: str) -> dict[str, Any]:
    with wiring.opened():
        register = services().register
        register.case(case)
        rows = [
            {
                "party": notice.party,
                "state": notice.state,
                "via": notice.via,
                "sent": notice.sent_at.isoformat() if notice.sent_at else "",
                "acknowledged": notice.acknowledged_at.isoformat() if notice.acknowledged_at else "",
                "reference": notice.reference,
                "reminders": notice.chased,
            }
            for notice in register.recipient_notices(case)
        ]
    return {"case": case, "recipients": rows}
