"""The demo company."""

from integrations.demo import DemoCompany, seed

__all__ = ["DemoCompany", "seed"]
