"""Columns of a Parquet dataset that hold several values, or values with names: lists, maps, structs.

All are given as the text of :func:`data_contracts.inside.values.container_text`, and taken back from it.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from data_contracts.connectors.connecting import Container
from data_contracts.inside.values import container_text


def container_of(type_: pa.DataType) -> Container:
    """What sort of container a column of an Arrow type is."""
    if pa.types.is_map(type_):
        return Container.ENTRIES
    if pa.types.is_struct(type_):
        return Container.JSON
    return Container.ARRAY if pa.types.is_nested(type_) else Container.NONE


def values(column: pa.Array | pa.ChunkedArray) -> Iterator[Any]:
    """The values of a column, those of a container as text; moments that Python has no day for as text too."""
    try:
        found = column.to_pylist()
    except (OverflowError, ValueError):
        return iter(column.cast(pa.string()).to_pylist())
    if not container_of(column.type):
        return iter(found)
    return (None if value is None else container_text(value) for value in found)


def replaced(column: pa.ChunkedArray, selected: pa.ChunkedArray, new: Mapping[str, str]) -> pa.ChunkedArray:
    """The column with other values in selected rows; each old value and what it becomes as text."""
    made = [
        _of_text(new[text], column.type) if is_selected and text in new else value
        for value, text, is_selected in zip(column.to_pylist(), values(column), selected.to_pylist(), strict=True)
    ]
    return pa.chunked_array([pa.array(made, type=column.type)])


def _of_text(text: str, type_: pa.DataType) -> Any:  # noqa: ANN401  # whatever the type takes
    made = json.loads(text)
    return list(made.items()) if pa.types.is_map(type_) else made
