"""``rightsflow deploy``: tell a Prefect server of our flows, queues, schedules and automations."""

from collections.abc import Mapping
from typing import Any

from flows.commands.options import Json
from flows.server.deploying import deploy
from flows.settings import settings
from flows.terminal import our_errors, show


@our_errors
def deploy_all(as_json: Json = False) -> None:
    """Make the work pool, its queues, deployments, schedules and automations on the server of PREFECT_API_URL."""
    show(deploy(settings()), as_json, _print)


def _print(facts: Mapping[str, Any]) -> None:
    print(f"Deployed to {facts['server']}: pool {facts['pool']}, queues {', '.join(facts['queues'])}")
    for name in facts["automations"]:
        print(f"automation {name}")
