"""The form of a Parquet file, so that a copy without some rows is written as its owner wrote it.

Kept are the schema with its metadata, compression, encodings, statistics, page index, the order of rows and whether
times are INT96. Not kept: Bloom filters, which are statistics of values that may be gone, and who wrote the file.
"""

import io
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_ARROW_SCHEMA: Final = b"ARROW:schema"
_VERSIONS: Final = ("2.6", "2.4", "1.0")
_OWN_ENCODINGS: Final = ("DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT")


def opened(source: pa.NativeFile) -> pq.ParquetFile:
    """A file to be copied, its INT96 times in nanoseconds where each of them is one, else in microseconds."""
    file = pq.ParquetFile(source)
    names = [file.schema.column(i).path for i in range(len(file.schema)) if _is_int96(file, i)]
    if not names:
        return file
    coarse = pq.ParquetFile(source, coerce_int96_timestamp_unit="us")
    for place in range(file.metadata.num_row_groups):
        fine = file.read_row_group(place, columns=names)
        same = coarse.read_row_group(place, columns=names)
        if not fine.cast(same.schema, safe=False).equals(same):
            return coarse  # beyond what nanoseconds reach: 1677 to 2262
    return file


def options_of(file: pq.ParquetFile) -> dict[str, Any]:
    """How a copy is written, as arguments of a writer.

    Raises:
        pa.ArrowInvalid: when no way of writing keeps the file's types.
    """
    options = _plain_options(file)
    own = file.metadata.format_version
    for version in dict.fromkeys((own if own in _VERSIONS else _VERSIONS[0], _VERSIONS[0])):
        if _keeps_types(file, options | {"version": version}):
            return options | {"version": version}
    message = "no way of writing keeps the types"
    raise pa.ArrowInvalid(message)


def _plain_options(file: pq.ParquetFile) -> dict[str, Any]:
    meta, schema = file.metadata, file.schema
    leaves = [schema.column(i) for i in range(len(schema))]
    options: dict[str, Any] = {
        "use_deprecated_int96_timestamps": any(leaf.physical_type == "INT96" for leaf in leaves),
        "store_schema": _ARROW_SCHEMA in (meta.metadata or {}),
        "use_compliant_nested_type": not any(".list.item" in leaf.path for leaf in leaves),
        "store_decimal_as_integer": any(
            leaf.logical_type.type == "DECIMAL" and leaf.physical_type in {"INT32", "INT64"} for leaf in leaves
        ),
    }
    if not meta.num_row_groups:
        return options
    group = meta.row_group(0)
    chunks = {chunk.path_in_schema: chunk for chunk in map(group.column, range(group.num_columns))}
    packed = [path for path, chunk in chunks.items() if chunk.has_dictionary_page]
    told = [path for path, chunk in chunks.items() if chunk.is_stats_set]
    encodings = {path: _own_encoding(chunk.encodings) for path, chunk in chunks.items() if path not in packed}
    encodings = {path: encoding for path, encoding in encodings.items() if encoding}
    options |= {
        "compression": _compression(chunks),
        "use_dictionary": packed or False,
        "write_statistics": True if len(told) == len(chunks) else told or False,
        "write_page_index": any(chunk.has_column_index for chunk in chunks.values()),
        "sorting_columns": list(group.sorting_columns) or None,
    }
    return options | ({"column_encoding": encodings} if encodings else {})


def _compression(chunks: Mapping[str, pq.ColumnChunkMetaData]) -> dict[str, str] | str:
    by_path = {p: c.compression.lower().replace("uncompressed", "none") for p, c in chunks.items()}
    codecs = set(by_path.values())
    return codecs.pop() if len(codecs) == 1 else by_path


def _own_encoding(encodings: tuple[str, ...]) -> str:
    return next((encoding for encoding in encodings if encoding in _OWN_ENCODINGS), "")


def _is_int96(file: pq.ParquetFile, place: int) -> bool:
    return bool(file.schema.column(place).physical_type == "INT96")


def _keeps_types(file: pq.ParquetFile, options: Mapping[str, Any]) -> bool:
    sink = io.BytesIO()
    try:
        with pq.ParquetWriter(sink, file.schema_arrow, **options):
            pass
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    unit = "us" if any(_is_int96(file, i) for i in range(len(file.schema))) and _is_coarse(file) else None
    made = pq.ParquetFile(sink, coerce_int96_timestamp_unit=unit)
    physical = [[f.schema.column(i).physical_type for i in range(len(f.schema))] for f in (file, made)]
    return bool(made.schema_arrow.equals(file.schema_arrow)) and physical[0] == physical[1]


def _is_coarse(file: pq.ParquetFile) -> bool:
    return any(pa.types.is_timestamp(f.type) and f.type.unit == "us" for f in file.schema_arrow)


# --- dictionaries -----------------------------------------------------------------------------------------------------


def without_unused(table: pa.Table) -> pa.Table:
    """The table with no value in a dictionary that no row holds: a writer would write it into the file."""
    for place, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):
            whole = table.column(place).unify_dictionaries().combine_chunks()
            chunks = whole.chunks if isinstance(whole, pa.ChunkedArray) else [whole]
            packed = pa.chunked_array([_repacked(chunk) for chunk in chunks], type=field.type)
            table = table.set_column(place, field, packed)
        elif _has_dictionary(field.type):
            made = pa.array(table.column(place).to_pylist(), type=field.type)
            table = table.set_column(place, field, pa.chunked_array([made], type=field.type))
    return table


def _repacked(column: pa.DictionaryArray) -> pa.DictionaryArray:
    used = pc.drop_null(pc.unique(column.indices)).sort()
    kept = column.dictionary.take(used)
    places = pc.index_in(column.indices, value_set=used).cast(column.type.index_type)
    return pa.DictionaryArray.from_arrays(places, kept, ordered=column.type.ordered)


def _has_dictionary(type_: pa.DataType) -> bool:
    if pa.types.is_dictionary(type_):
        return True
    inside = [type_.field(i).type for i in range(type_.num_fields)] if pa.types.is_nested(type_) else []
    return any(map(_has_dictionary, inside))
