"""Serves the figures to Prometheus (``rightsflow metrics``)."""

from typing import Any

from data_contracts.officer.figures import Figures
from flows.wiring import Installation
from flows.wiring.metrics import metrics_app
from tasks.officer.figures import current_figures
from tasks.services import use

DEFAULT_PORT = 4600


def metrics_api(installation: Installation) -> Any:  # noqa: ANN401  # an ASGI application
    """``/metrics`` over an installation."""
    provided = installation.services

    def read() -> Figures:
        with use(provided):
            return current_figures()

    return metrics_app(read, token=installation.settings.metrics_token.get_secret_value())
