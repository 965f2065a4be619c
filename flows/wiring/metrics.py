"""Figures for Prometheus, alert rules and a dashboard."""

from integrations.monitoring import ALERTS, DASHBOARD
from integrations.monitoring.app import metrics_app
from integrations.monitoring.exposition import metrics_text

__all__ = ["ALERTS", "DASHBOARD", "metrics_app", "metrics_text"]
