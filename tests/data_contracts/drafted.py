"""Looks into a drafted contract."""

from typing import Any


def column_of(document: dict[str, Any], table: str, name: str) -> dict[str, Any]:
    """A column of a table."""
    found = next(item for item in document["schema"] if item["name"] == table)
    column: dict[str, Any] = next(item for item in found["properties"] if item["name"] == name)
    return column


def dsr_of(element: dict[str, Any]) -> dict[str, Any]:
    """What a contract, table, column or reference says under ``dsr``."""
    value: dict[str, Any] = element["customProperties"][0]["value"]
    return value
