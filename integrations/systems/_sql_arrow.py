"""Rows of a database as Arrow record batches of one schema.

The schema comes from the live types. SQLite promises nothing about what a column holds, so a column is read as a number
or a truth value only where the selected rows were seen to hold nothing else; else as text, as it is stored.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from integrations.systems._sql_tables import SqlColumn
from integrations.systems._values import Kind

_MOST_DIGITS = 76
_DECIMAL128 = 38

_TYPES: Mapping[Kind, pa.DataType] = {
    Kind.FLOAT: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.LOCAL_TIME: pa.timestamp("us"),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    Kind.BYTES: pa.binary(),
}
_INTEGERS = {16: pa.int16(), 32: pa.int32(), 64: pa.int64(), 65: pa.uint64()}


def arrow_schema(columns: Sequence[SqlColumn], odd: frozenset[str] = frozenset()) -> pa.Schema:
    """The schema of what is read from ``columns``; those named in ``odd`` hold values that their type does not fit."""
    return pa.schema([pa.field(c.name, pa.string() if c.name in odd else _arrow_type(c)) for c in columns])


def _arrow_type(column: SqlColumn) -> pa.DataType:
    if column.kind is Kind.INTEGER:
        return _INTEGERS[column.bits]
    if column.kind is Kind.NUMBER:
        return _decimal(column.type)
    if column.kind is Kind.LOOSE:
        return _loose_type(column.type)
    if column.kind is Kind.ANY and isinstance(column.type, sa.LargeBinary):
        return pa.binary()
    return _TYPES.get(column.kind, pa.string())


def _decimal(type_: Any) -> pa.DataType:  # noqa: ANN401  # only some SQL types have a precision
    precision, scale = type_.precision, type_.scale or 0
    if precision is None or precision > _MOST_DIGITS or scale > precision or scale < 0:
        return pa.string()  # any number of digits: text alone keeps them all
    return pa.decimal128(precision, scale) if precision <= _DECIMAL128 else pa.decimal256(precision, scale)


def _loose_type(type_: Any) -> pa.DataType:  # noqa: ANN401  # any SQL type
    if isinstance(type_, sa.Boolean):
        return pa.bool_()
    if isinstance(type_, sa.Integer):
        return pa.int64()
    # NUMERIC is also what SQLite says of types it does not know: where those hold text, they are read as text.
    return pa.float64() if isinstance(type_, sa.Numeric | sa.Float) else pa.string()


def oddities(columns: Sequence[SqlColumn]) -> dict[str, sa.ColumnElement[Any]]:
    """For each column of a SQLite table that may hold anything: an aggregate, 1 where it must be read as text."""
    return {c.name: sa.func.max(sa.not_(check)) for c in columns if (check := _is_clean(c)) is not None}


def _is_clean(column: SqlColumn) -> Any:  # noqa: ANN401  # an SQL expression
    if column.kind is not Kind.LOOSE:
        return None
    stored = sa.func.typeof(column.clause)
    if isinstance(column.type, sa.Boolean):
        return sa.or_(column.clause.is_(None), sa.and_(stored == "integer", column.clause.in_([0, 1])))
    if isinstance(column.type, sa.Integer):
        return stored.in_(["integer", "null"])
    return stored.in_(["integer", "real", "null"]) if isinstance(column.type, sa.Numeric | sa.Float) else None


def to_batch(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """One record batch; no rows give an empty one."""
    values = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pa.RecordBatch.from_arrays(
        [_array(v, f.type) for v, f in zip(values, schema, strict=True)],
        schema=schema,
    )


def _array(values: Sequence[Any], type_: pa.DataType) -> pa.Array:
    try:
        return pa.array(values, type=type_)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, TypeError, ValueError):
        convert = _CONVERTERS.get(type_.id, _as_is)
        return pa.array([None if v is None else convert(v) for v in values], type=type_)


def _as_is(value: Any) -> Any:  # noqa: ANN401  # whatever a driver gives
    return value


def _as_text(value: Any) -> str:  # noqa: ANN401  # whatever a driver gives
    if isinstance(value, bytes | bytearray | memoryview):
        raw = bytes(value)
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.hex()
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)


def _as_bytes(value: Any) -> bytes:  # noqa: ANN401  # whatever a driver gives
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else str(value).encode()


def _as_time(value: Any) -> Any:  # noqa: ANN401  # a driver gives MariaDB's zero date, which is no date, as text
    return value if isinstance(value, date | datetime) else None


_CONVERTERS: Mapping[int, Callable[[Any], Any]] = {
    pa.string().id: _as_text,
    pa.binary().id: _as_bytes,
    pa.bool_().id: bool,
    pa.date32().id: _as_time,
    pa.timestamp("us").id: _as_time,
}
