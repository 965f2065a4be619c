"""``rightsflow agent``: authorised agents of the Data Rights Protocol."""

from typing import Annotated, Any

import typer

from flows import wiring
from flows.commands.options import Json
from flows.terminal import our_errors, show, table
from tasks.intake.agents import end_agent, put_agent


@our_errors
def add(
    agent: Annotated[str, typer.Argument(help="Its id, as in the network's directory.")],
    *,
    name: Annotated[str, typer.Option(help="Whom people know it as.")],
    verify_key: Annotated[str, typer.Option(help="Its Ed25519 public key, base64 or hex, from the directory.")],
    as_json: Json = False,
) -> None:
    """Enter an agent, or its new key; an older token of it ends."""
    with wiring.opened():
        made = put_agent(agent, name, verify_key)
    show({"agent": made.agent_id, "name": made.name}, as_json, lambda f: print(f"entered {f['agent']}"))


@our_errors
def show_agents(as_json: Json = False) -> None:
    """Who may make requests for people."""
    with wiring.opened() as installation:
        found: list[dict[str, Any]] = [
            {
                "agent": one.agent_id,
                "name": one.name,
                "set_up": "yes" if one.token_digest else "not yet",
                "in_force": "yes" if one.is_active else "ended",
            }
            for one in installation.register.agents()
        ]
    show({"agents": found}, as_json, lambda f: table(f["agents"], ("agent", "name", "set_up", "in_force")))


@our_errors
def end(agent: str, as_json: Json = False) -> None:
    """Take an agent out of force; its cases go on."""
    with wiring.opened():
        end_agent(agent)
    show({"agent": agent}, as_json, lambda f: print(f"ended {f['agent']}"))
