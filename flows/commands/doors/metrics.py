"""``rightsflow metrics``: the figures for Prometheus, its alert rules, and a dashboard for Grafana."""

from typing import Annotated

import typer

from data_contracts.errors import RequestInvalid
from flows.terminal import our_errors


def register(app: typer.Typer) -> None:
    """Add the command to ``rightsflow``."""
    app.command("metrics")(show_metrics)


@our_errors
def show_metrics(
    port: Annotated[int, typer.Option(help="Port on this machine that /metrics is served on.")] = 4600,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print the figures and end.")] = False,
    alerts: Annotated[bool, typer.Option("--alerts", help="Print alert rules for Prometheus.")] = False,
    dashboard: Annotated[bool, typer.Option("--dashboard", help="Print a dashboard for Grafana to import.")] = False,
) -> None:
    """Serve the figures to Prometheus until Ctrl-C, or print them, the alert rules or the dashboard."""
    from flows import wiring  # noqa: PLC0415  # pays for what it uses
    from flows.doors.metrics import metrics_api  # noqa: PLC0415  # as above
    from flows.doors.serving import serve_alone  # noqa: PLC0415  # as above

    if once + alerts + dashboard > 1:
        raise RequestInvalid("one thing is printed at a time", where="metrics", remedy="choose one of the options")
    if alerts or dashboard:
        print((wiring.ALERTS if alerts else wiring.DASHBOARD).read_text("utf-8"), end="")
    elif once:
        from tasks.officer.figures import current_figures  # noqa: PLC0415  # as above

        with wiring.opened():
            print(wiring.metrics_text(current_figures()).decode(), end="")
    else:
        serve_alone(metrics_api, port)
