"""``rightsflow serve-site``, ``serve-desk`` and ``serve-prefect``: what people and operators come to."""

from typing import Annotated

import typer

from flows.commands.options import ProxiedPort
from flows.doors.engine import prefect_door
from flows.doors.operators import operators_desk
from flows.doors.public import public_site
from flows.doors.serving import serve
from flows.settings import settings
from flows.terminal import our_errors


@our_errors
def serve_site(
    port: ProxiedPort = 4400,
    *,
    processes: Annotated[int, typer.Option(help="How many answer side by side, about one for each core.", min=1)] = 1,
) -> None:
    """Serve the intake site until Ctrl-C."""
    _tell_of_proxies(settings().site_url)
    serve(public_site, port, processes=processes)


@our_errors
def serve_desk(
    port: ProxiedPort = 4500,
) -> None:
    """Serve the operators' desk until Ctrl-C."""
    _tell_of_proxies(settings().desk_url)
    serve(operators_desk, port)


@our_errors
def serve_prefect(
    port: ProxiedPort = 4200,
) -> None:
    """Serve the door in front of the Prefect server of PREFECT_API_URL until Ctrl-C."""
    _tell_of_proxies(settings().prefect_url)
    serve(prefect_door, port)


def _tell_of_proxies(address: str) -> None:
    """Tell whoever has a web server in front, and does not say so, that all visitors share its limits."""
    if address.startswith("https:") and not settings().trusted_proxies:
        what = "no proxy is trusted, so all who come through one share its limits"
        typer.echo(f"{what}. Remedy: name it in RIGHTSFLOW_TRUSTED_PROXIES, such as 127.0.0.1", err=True)
