"""``rightsflow metrics``: the figures for Prometheus, its alert rules, and a dashboard for Grafana."""

from typing import Annotated

import typer

from data_contracts.errors import RequestInvalid
from flows import wiring
from flows.doors.metrics import metrics_api
from flows.doors.serving import serve_alone
from flows.terminal import our_errors
from flows.wiring.metrics import ALERTS, DASHBOARD, metrics_text
from tasks.officer.figures import current_figures


@our_errors
def show_metrics(
    port: Annotated[int, typer.Option(help="Port on this machine that /metrics is served on.")] = 4600,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print the figures and end.")] = False,
    alerts: Annotated[bool, typer.Option("--alerts", help="Print alert rules for Prometheus.")] = False,
    dashboard: Annotated[bool, typer.Option("--dashboard", help="Print a dashboard for Grafana to import.")] = False,
) -> None:
    """Serve the figures to Prometheus until Ctrl-C, or print them, the alert rules or the dashboard."""
    if once + alerts + dashboard > 1:
        raise RequestInvalid("one thing is printed at a time", where="metrics", remedy="choose one of the options")
    if alerts or dashboard:
        print((ALERTS if alerts else DASHBOARD).read_text("utf-8"), end="")
    elif once:
        with wiring.opened():
            print(metrics_text(current_figures()).decode(), end="")
    else:
        serve_alone(metrics_api, port)
