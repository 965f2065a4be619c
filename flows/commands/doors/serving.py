"""``rightsflow serve-site``, ``serve-desk`` and ``serve-prefect``: what people and operators come to."""

from typing import Annotated

import typer

from flows.settings import settings
from flows.terminal import our_errors

app = typer.Typer()


@app.command("serve-site")
@our_errors
def serve_site(
    port: Annotated[int, typer.Option(help="Port on this machine; a proxy in front speaks https.")] = 4400,
    *,
    processes: Annotated[int, typer.Option(help="How many answer side by side, about one for each core.", min=1)] = 1,
) -> None:
    """Serve the intake site until Ctrl-C."""
    from flows.doors.serving import public_site, serve  # noqa: PLC0415  # pays for what it uses

    _tell_of_proxies(settings().site_url)
    serve(public_site, port, processes=processes)


@app.command("serve-desk")
@our_errors
def serve_desk(
    port: Annotated[int, typer.Option(help="Port on this machine; a proxy in front speaks https.")] = 4500,
) -> None:
    """Serve the operators' desk until Ctrl-C."""
    from flows.doors.serving import operators_desk, serve  # noqa: PLC0415  # pays for what it uses

    _tell_of_proxies(settings().desk_url)
    serve(operators_desk, port)


@app.command("serve-prefect")
@our_errors
def serve_prefect(
    port: Annotated[int, typer.Option(help="Port on this machine; a proxy in front speaks https.")] = 4200,
) -> None:
    """Serve the door in front of the Prefect server of PREFECT_API_URL until Ctrl-C."""
    from flows.doors.serving import prefect_door, serve  # noqa: PLC0415  # pays for what it uses

    _tell_of_proxies(settings().prefect_url)
    serve(prefect_door, port)


def _tell_of_proxies(address: str) -> None:
    """Tell whoever has a web server in front, and does not say so, that all visitors share its limits."""
    if address.startswith("https:") and not settings().trusted_proxies:
        what = "no proxy is trusted, so all who come through one share its limits"
        typer.echo(f"{what}. Remedy: name it in RIGHTSFLOW_TRUSTED_PROXIES, such as 127.0.0.1", err=True)
