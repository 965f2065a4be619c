"""``rightsflow recipients`` and ``rightsflow acknowledge``: who was told what was done, who answered (Art. 19)."""

import getpass
from typing import Annotated, Any

import typer

from flows.terminal import OPTION_JSON, our_errors, show, table

Json = Annotated[bool, OPTION_JSON]


def register(app: typer.Typer) -> None:
    """Add both commands to ``rightsflow``."""
    app.command("recipients")(show_recipients)
    app.command("acknowledge")(acknowledge)


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
    from flows import wiring  # noqa: PLC0415  # pays for what it uses
    from tasks.recipients.tell import acknowledge_recipient  # noqa: PLC0415  # as above

    with wiring.opened():
        acknowledge_recipient(case, party, reference.strip(), actor=f"local-account:{getpass.getuser()}")
    said = {"case": case, "party": party, "reference": reference.strip()}
    show(said, as_json, lambda _: print(f"{case}: {party} has acknowledged"))


def _facts(case: str) -> dict[str, Any]:
    from flows import wiring  # noqa: PLC0415  # pays for what it uses
    from tasks.services import services  # noqa: PLC0415  # as above

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
