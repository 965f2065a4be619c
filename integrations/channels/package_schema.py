"""``schema.json``: what each file of an answer package holds, column by column, as JSON Schema with labels.

Source: JSON Schema 2020-12. Keys that begin with ``x-`` are ours.
"""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from data_contracts.company import Vocabulary
from data_contracts.contract import Column
from integrations.channels.article15 import purpose_label, table_purposes
from integrations.channels.package_tables import ReadTable, human

__all__ = ["package_schema"]


def package_schema(tables: Sequence[ReadTable], vocabulary: Vocabulary, language: str) -> dict[str, Any]:
    """A schema with one property for each table, named ``system.table``, valid for the table's JSON file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {".".join(t.disclosure.path): _table(t, vocabulary, language) for t in tables},
    }


def _table(table: ReadTable, vocabulary: Vocabulary, language: str) -> dict[str, Any]:
    entry = table.disclosure
    columns = {c.name: _column(table, c, vocabulary=vocabulary, language=language) for c in entry.columns}
    return {
        "type": "array",
        "title": human(entry.path[1]),
        "description": entry.table.description,
        "x-files": [f"{entry.folder}.{ending}" for ending in ("json", "csv", "parquet")],
        "x-rows": table.rows,
        "x-purposes": [purpose_label(key, vocabulary, language) for key in table_purposes(entry)],
        "x-masked": sorted(entry.masked),
        "items": {
            "type": "object",
            "properties": columns,
            "required": list(columns),
            "additionalProperties": False,
        },
    }


def _column(table: ReadTable, column: Column, *, vocabulary: Vocabulary, language: str) -> dict[str, Any]:
    purposes = column.purposes or table.disclosure.table.purposes
    kind = table.schema.field(column.name).type
    return {
        **_json_type(kind),
        "title": table.disclosure.label(column),
        "description": column.description,
        "x-category": column.category,
        "x-source": column.source.value,
        "x-purposes": [purpose_label(key, vocabulary, language) for key in purposes],
        "x-stored-as": str(kind),
        "x-masked": column.name in table.disclosure.masked,
    }


def _json_type(kind: pa.DataType) -> dict[str, Any]:
    """How a value of that type stands in the JSON file."""
    for is_kind, described in _JSON_TYPES:
        if is_kind(kind):
            return described
    return {"type": ["string", "null"]}


_JSON_TYPES: tuple[tuple[Any, dict[str, Any]], ...] = (
    (pa.types.is_boolean, {"type": ["boolean", "null"]}),
    (pa.types.is_integer, {"type": ["integer", "null"]}),
    # Text stands for what is not a number: NaN and the infinities.
    (pa.types.is_floating, {"type": ["number", "string", "null"]}),
    (pa.types.is_date, {"type": ["string", "null"], "format": "date"}),
    (pa.types.is_nested, {"type": ["object", "array", "null"]}),
)
