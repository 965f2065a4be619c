"""``rightsflow deploy``: tell a Prefect server of our flows, queues, schedules and automations."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from flows.settings import settings
from flows.terminal import OPTION_JSON, our_errors, show


def register(app: typer.Typer) -> None:
    """Add the command to ``rightsflow``."""
    app.command("deploy")(deploy_all)


@our_errors
def deploy_all(as_json: Annotated[bool, OPTION_JSON] = False) -> None:
    """Make the work pool, its queues, deployments, schedules and automations on the server of PREFECT_API_URL."""
    from flows.server.deploying import deploy  # noqa: PLC0415  # pays for what it uses

    show(deploy(settings()), as_json, _print)


def _print(facts: Mapping[str, Any]) -> None:
    print(f"Deployed to {facts['server']}: pool {facts['pool']}, queues {', '.join(facts['queues'])}")
    for name in facts["automations"]:
        print(f"automation {name}")
