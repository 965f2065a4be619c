"""Figures for those who watch, as Prometheus reads them; alert rules and a Grafana dashboard lie beside."""

from pathlib import Path
from typing import Final

ALERTS: Final = Path(__file__).with_name("alerts.yaml")
"""Alert rules of Prometheus."""
DASHBOARD: Final = Path(__file__).with_name("dashboard.json")
"""A dashboard for Grafana to import."""
