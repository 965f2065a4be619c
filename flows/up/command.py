"""``rightsflow up``, as it is typed."""

from typing import Annotated

import typer

from flows.demo.seeding import seed_missing_systems
from flows.terminal import our_errors
from flows.up.ports import Ports
from flows.up.starting import up

__all__ = ["run_everything"]


@our_errors
def run_everything(  # noqa: PLR0913, PLR0917  # a port for each thing that is served
    port: Annotated[int, typer.Option(help="Port of the door behind which people open the Prefect UI.")] = 4200,
    seed: Annotated[bool, typer.Option(help="Make the demo company's systems where no system is configured.")] = True,
    permissions_port: Annotated[
        int, typer.Option(help="Port of the API that programs ask before they use data; 0: not served.")
    ] = 4300,
    site_port: Annotated[int, typer.Option(help="Port of the pages that people come to; 0: not served.")] = 4400,
    desk_port: Annotated[int, typer.Option(help="Port of the operators' desk; 0: not served.")] = 4500,
    metrics_port: Annotated[int, typer.Option(help="Port of /metrics for Prometheus; 0: not served.")] = 4600,
) -> None:
    """The whole system on this machine: Prefect server and UI, deployments, worker, sweep; Ctrl-C ends all."""
    ports = Ports(prefect=port, site=site_port, permissions=permissions_port, desk=desk_port, metrics=metrics_port)
    up(ports, seed=seed_missing_systems if seed else None)
