"""The door in front of the Prefect server as a web application."""

from typing import Any

from data_contracts.errors import SettingsInvalid
from flows.doors.desk import OperatorsDoor
from flows.doors.prefect import PrefectHouse
from flows.server.places import AUTH
from flows.settings import variable
from flows.wiring import Installation
from flows.wiring.prefect_door import Doors, PrefectServer, prefect_app
from flows.wiring.web import BehindProxies, read_networks

__all__ = ["prefect_door"]


def prefect_door(installation: Installation) -> Any:  # noqa: ANN401  # an ASGI application
    """The door in front of the Prefect server that this process's environment names.

    Raises:
        SettingsInvalid: when it names none.
    """
    url = variable("PREFECT_API_URL")
    if not url.rstrip("/").endswith("/api"):
        remedy = "set it to the address of the server's API, which ends with /api"
        raise SettingsInvalid("no Prefect server is configured", where="PREFECT_API_URL", remedy=remedy)
    server = PrefectServer(url, variable(AUTH), variable("PREFECT_API_KEY"))
    doors = Doors(OperatorsDoor(installation), PrefectHouse(installation))
    chosen = installation.settings
    door = prefect_app(doors, server, key=installation.services.door_key(), address=chosen.prefect_url)
    return BehindProxies(door, read_networks(chosen.trusted_proxies))
