"""Writes a table's record batches as JSON, CSV and Parquet, batch by batch, so that memory stays flat.

JSON and Parquet hold each value as it is stored: JSON as an array of objects with ISO dates, aware times in UTC,
decimals as text (a JSON number would lose digits) and binary as base64. CSV is for people with spreadsheets: a text
that a spreadsheet would run as a formula begins with an apostrophe; plain numbers and telephone numbers do not.

Source: OWASP, CSV Injection, https://owasp.org/www-community/attacks/CSV_Injection
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from math import isfinite
from typing import Any, BinaryIO, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from data_contracts.connectors.stored_types import is_json
from integrations.channels.package.far_times import time_text

__all__ = ["TEXT_FORMATS", "TYPED_FORMATS", "Writer", "plain"]

_FORMULA = re.compile("^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_HARMLESS = re.compile(r"^[+-]?[0-9][0-9 .,]*$")
_FEW = 1000
_NEWLINE = b",\n"


def plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with only text, numbers, booleans and nested values: what JSON, CSV and a page can show."""
    columns = [_plain_column(column) for column in batch.columns]
    fields = [field.with_type(c.type) for field, c in zip(batch.schema, columns, strict=True)]
    return pa.record_batch(columns, schema=pa.schema(fields))


def _plain_column(column: pa.Array) -> pa.Array:
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_nested(kind):
        return column
    if pa.types.is_floating(kind):
        return column.cast(pa.float64()) if pa.types.is_float16(kind) else column
    for is_kind, to_text in _TO_TEXT:
        if is_kind(kind):
            return to_text(column)
    return pa.array([_as_text(value) for value in column.to_pylist()], pa.string())


def _timestamp_text(column: pa.Array) -> pa.Array:
    if column.type.tz is not None:
        column = column.cast(pa.timestamp(column.type.unit, "UTC"))
    return pc.replace_substring(time_text(column), " ", "T")


_TO_TEXT: tuple[tuple[Callable[[pa.DataType], bool], Callable[[pa.Array], pa.Array]], ...] = (
    (pa.types.is_timestamp, _timestamp_text),
    (pa.types.is_date, lambda column: time_text(column.cast(pa.date32()))),
    (pa.types.is_time, lambda column: column.cast(pa.string())),
    (pa.types.is_decimal, lambda column: column.cast(pa.string())),
    (pa.types.is_large_string, lambda column: column.cast(pa.string())),
    (pa.types.is_null, lambda column: column.cast(pa.string())),
)


def _as_text(value: object) -> str | None:
    """A value that neither JSON nor CSV knows, as text."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, Decimal):
        return str(value)
    iso: Callable[[], str] | None = getattr(value, "isoformat", None)
    return iso() if iso is not None else str(value)


_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_as_text).encode


def _write_json(stream: BinaryIO, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
    stream.write(b"[")
    start = b"\n"
    marked = frozenset(field.name for field in schema if is_json(field))
    for batch in batches:
        if rows := batch.to_pylist():
            made = (_encode_marked(row, marked) for row in rows) if marked else map(_encode, rows)
            stream.write(start + _NEWLINE.join(made))
            start = _NEWLINE
    stream.write(b"\n]\n")


def _encode_marked(row: dict[str, Any], marked: frozenset[str]) -> bytes:
    """A row in which some values are the text of JSON already: it stands as it is, every digit of its numbers too."""
    pairs = (
        b"%s: %s" % (_encode(name), _json_of(value) if name in marked else _encode(value))
        for name, value in row.items()
    )
    return b"{%s}" % b", ".join(pairs)


def _json_of(text: str | None) -> bytes:
    if text is None:
        return b"null"
    try:
        json.loads(text, parse_constant=_refused, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):  # some databases take any text for it
        return _encode(text)
    return _one_line(text).encode()


def _refused(_constant: str) -> None:
    raise ValueError  # NaN and the infinities are no JSON


def _one_line(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ").strip()  # outside of values alone: inside they are escaped


def _encode(row: Any) -> bytes:  # noqa: ANN401  # any JSON value
    try:
        return _ENCODE(row).encode()
    except ValueError:  # not a number, or infinite: JSON has no such numbers
        return _ENCODE(_finite(row)).encode()


def _finite(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, list) else value


def _write_csv(stream: BinaryIO, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
    flat = pa.schema([pa.field(f.name, pa.string() if pa.types.is_nested(f.type) else f.type) for f in schema])
    with pa_csv.CSVWriter(stream, flat) as writer:
        for batch in _not_empty(batches):
            columns = [_safe(_flat_column(column)) for column in batch.columns]
            writer.write_batch(pa.record_batch(columns, schema=flat))


def _flat_column(column: pa.Array) -> pa.Array:
    if not pa.types.is_nested(column.type):
        return column
    texts = [None if value is None else _encode(value).decode() for value in column.to_pylist()]
    return pa.array(texts, pa.string())


def _safe(column: pa.Array) -> pa.Array:
    """The column without text that a spreadsheet would run."""
    if not pa.types.is_string(column.type):
        return column
    if len(column) < _FEW:  # the same in Python: a call into Arrow costs more than a few rows
        texts = column.to_pylist()
        safe = [f"'{text}" if text and _runs(text) else text for text in texts]
        return column if safe == texts else pa.array(safe, pa.string())
    runs = pc.match_substring_regex(column, _FORMULA.pattern)
    runs = pc.and_not(runs, pc.match_substring_regex(column, _HARMLESS.pattern))
    return pc.if_else(runs, pc.binary_join_element_wise("'", column, ""), column)


def _runs(text: str) -> bool:
    return _FORMULA.match(text) is not None and _HARMLESS.match(text) is None


def _write_parquet(stream: BinaryIO, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> None:
    with pq.ParquetWriter(stream, schema, compression="snappy") as writer:
        for batch in _not_empty(batches):
            writer.write_batch(batch)


def _not_empty(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    return (batch for batch in batches if batch.num_rows)


Writer: TypeAlias = Callable[[BinaryIO, Iterable[pa.RecordBatch], pa.Schema], None]
"""Writes a stream from batches, taken once, and the schema that they all have."""

TEXT_FORMATS: dict[str, Writer] = {"json": _write_json, "csv": _write_csv}
"""By file name ending; they take :func:`plain` batches."""

TYPED_FORMATS: dict[str, Writer] = {"parquet": _write_parquet}
"""By file name ending; they take batches as they were read."""
