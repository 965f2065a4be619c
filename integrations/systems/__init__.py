"""Connectors: how we talk to the systems that hold personal data."""

from integrations.systems.directory import DirectorySystems, open_connector
from integrations.systems.drafting import look_at
from integrations.systems.memory import MemoryConnector
from integrations.systems.parquet.connector import ParquetConnector
from integrations.systems.sql.connector import SqlConnector

__all__ = ["DirectorySystems", "MemoryConnector", "ParquetConnector", "SqlConnector", "look_at", "open_connector"]
