"""The operators' desk as a web application."""

from typing import Any

from flows.doors.desk import OperatorsDoor
from flows.wiring import Installation
from flows.wiring.desk import desk_app
from flows.wiring.web import BehindProxies, read_networks

__all__ = ["operators_desk"]


def operators_desk(installation: Installation) -> Any:  # noqa: ANN401  # an ASGI application
    """The operators' desk over an installation; https where its address says so."""
    provided = installation.services
    is_https = provided.desk_url.startswith("https:")
    key, address = provided.door_key(), provided.desk_url
    desk = desk_app(OperatorsDoor(installation), key=key, is_https=is_https, address=address)
    return BehindProxies(desk, read_networks(installation.settings.trusted_proxies))
