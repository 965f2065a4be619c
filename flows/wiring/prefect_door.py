"""The door in front of the Prefect server."""

from integrations.intake.prefect_door.app import Doors, prefect_app
from integrations.intake.prefect_door.upstream import PrefectServer

__all__ = ["Doors", "PrefectServer", "prefect_app"]
