"""``schema.json``: what each file of an answer package holds, column by column, as JSON Schema with labels.

Source: JSON Schema 2020-12. Keys that begin with ``x-`` are ours.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from data_contracts.company.company import Vocabulary
from data_contracts.company.contract import Column
from data_contracts.connectors.stored_types import is_json, stored_as
from integrations.channels.package.article15 import purpose_label, table_purposes
from integrations.channels.package.tables import ReadTable, column_label, table_description, table_title
from integrations.channels.templating import words

__all__ = ["PackageSchema"]

_REMEMBERED = 1024
_HEAD = (
    '{{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": {title}, '
    '"type": "object", "properties": {{\n'
)


class PackageSchema:
    """Describes the tables of packages; what it said of a table is remembered, for the next data subject."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._said: dict[object, str] = {}

    def document(self, tables: Sequence[ReadTable], right: str, language: str) -> bytes:
        """A schema, titled after the right, with one property for each table, valid for the table's JSON file."""
        described = (f"{json.dumps(table.disclosure.name)}: {self._table(table, language)}" for table in tables)
        said = words(language)["rights"]
        title = "{title} ({article})".format_map(said.get(right, said["any"]))
        head = _HEAD.format(title=json.dumps(title, ensure_ascii=False))
        return "".join((head, ",\n".join(described), "\n}}\n")).encode()

    def _table(self, table: ReadTable, language: str) -> str:
        entry = table.disclosure
        key = (entry.key, table.schema, _said(table.schema), language)
        if key not in self._said:
            if len(self._said) >= _REMEMBERED:
                self._said.clear()
            self._said[key] = json.dumps(self._describe(table, language), ensure_ascii=False)
        return self._said[key]

    def _describe(self, table: ReadTable, language: str) -> dict[str, Any]:
        entry = table.disclosure
        columns = {column.name: self._column(table, column, language) for column in entry.columns}
        return {
            "type": "array",
            "title": table_title(entry.table, language),
            "description": table_description(entry.table, language),
            "x-labels": dict(entry.table.labels),
            "x-files": [f"{entry.folder}.{ending}" for ending in ("json", "csv", "parquet")],
            "x-purposes": self._purposes(table_purposes(entry), language),
            "x-masked": sorted(entry.masked),
            "items": {
                "type": "object",
                "properties": columns,
                "required": list(columns),
                "additionalProperties": False,
            },
        }

    def _column(self, table: ReadTable, column: Column, language: str) -> dict[str, Any]:
        stored = table.schema.field(column.name)
        return {
            **({} if is_json(stored) else _json_type(stored.type)),
            "title": column_label(column, language),
            "description": column.description,
            "x-labels": dict(column.labels),
            "x-category": column.category,
            "x-source": column.source.value,
            "x-purposes": self._purposes(column.purposes or table.disclosure.table.purposes, language),
            "x-stored-as": stored_as(stored),
            "x-masked": column.name in table.disclosure.masked,
        }

    def _purposes(self, keys: Iterable[str], language: str) -> list[str]:
        return [purpose_label(key, self._vocabulary, language) for key in keys]


def _said(schema: pa.Schema) -> tuple[object, ...]:
    """What systems say of the types; two schemas are equal that differ in that alone."""
    return tuple((stored_as(field), is_json(field)) for field in schema)


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
