"""Secrets of systems and recipients: from the environment, else from a Prefect Secret block of the same name."""

import os
from typing import cast


def recipient_secret(party: str, what: str) -> str:
    """A recipient's credential, from the environment or a Prefect Secret block; empty where there is none."""
    variable = f"RIGHTSFLOW_RECIPIENT_{party.upper().replace('-', '_')}_{what}"
    return os.environ.get(variable) or secret_block(variable)


def secret_block(name: str) -> str:
    """What a Prefect Secret block holds; empty where there is no server or no such block."""
    if not os.environ.get("PREFECT_API_URL"):
        return ""
    from prefect.blocks.system import Secret  # noqa: PLC0415  # imports Prefect only where a server is configured

    try:
        block = Secret.load(name.lower().replace("_", "-"), _sync=True)  # type: ignore[call-arg]  # Prefect's sync switch
    except ValueError:
        return ""
    return str(cast("Secret[str]", block).get())
