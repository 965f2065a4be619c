"""Rows of a database as Arrow record batches of one schema.

The schema comes from the live types. A column is read as text where the selected rows hold a value that its Arrow type
cannot: a date of ``infinity`` or before our era, a number that is none, a zero date, text among SQLite's numbers.
JSON and arrays are text that is marked as JSON; every column says what the database calls its type.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from data_contracts.connectors.stored_types import field
from integrations.systems.sql.live.columns import SqlColumn
from integrations.systems.sql.live.containers import is_json
from integrations.systems.sql.live.sqlite_classes import loose_type
from integrations.systems.values import Kind

_MOST_DIGITS = 76
_DECIMAL128 = 38
_FIRST, _LAST = "0001-01-01", "9999-12-31"

_TYPES: Mapping[Kind, pa.DataType] = {
    Kind.FLOAT: pa.float64(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.LOCAL_TIME: pa.timestamp("us"),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    Kind.BYTES: pa.binary(),
}
_INTEGERS = {16: pa.int16(), 32: pa.int32(), 64: pa.int64(), 65: pa.uint64()}
_TIMES = frozenset({Kind.DATE, Kind.LOCAL_TIME, Kind.INSTANT})


def arrow_schema(columns: Sequence[SqlColumn], seen: Mapping[str, str] | None = None) -> pa.Schema:
    """The schema of what is read from ``columns``.

    Args:
        columns: in the order in which they are read.
        seen: by column, what :func:`oddities` found in the selected rows.
    """
    seen = seen or {}
    return pa.schema([_field(column, _type_of(column, seen.get(column.name))) for column in columns])


def _field(column: SqlColumn, type_: pa.DataType) -> pa.Field:
    is_text = pa.types.is_string(type_)
    return field(column.name, type_, stored_as=column.stored_as, is_json=is_text and is_json(column.type))


def _type_of(column: SqlColumn, seen: str | None) -> pa.DataType:
    if column.kind in {Kind.LOOSE, Kind.ANY}:
        return loose_type(column.type, seen or "")
    return pa.string() if seen else _arrow_type(column)


def _arrow_type(column: SqlColumn) -> pa.DataType:
    if column.kind is Kind.INTEGER:
        return pa.string() if column.is_bits else _INTEGERS[column.bits]
    if column.kind is Kind.NUMBER:
        return _decimal(column.type)
    return _TYPES.get(column.kind, pa.string())


def _decimal(type_: Any) -> pa.DataType:  # noqa: ANN401  # only some SQL types have a precision
    precision, scale = type_.precision, type_.scale or 0
    if precision is None or precision > _MOST_DIGITS or scale > precision or scale < 0:
        return pa.string()  # any number of digits: text alone keeps them all
    return pa.decimal128(precision, scale) if precision <= _DECIMAL128 else pa.decimal256(precision, scale)


def oddities(columns: Sequence[SqlColumn], dialect: str) -> dict[str, sa.ColumnElement[Any]]:
    """Aggregates over rows that tell, by column, what of their values matters for how they are read; else nothing."""
    checks = {"postgresql": _odd_in_postgresql, "mysql": _odd_in_mysql, "mariadb": _odd_in_mysql}
    if dialect == "sqlite":
        return {c.name: _classes(c.clause) for c in columns if c.kind in {Kind.LOOSE, Kind.ANY}}
    check = checks.get(dialect, lambda _column: None)
    found = {c.name: check(c) for c in columns}
    return {name: sa.func.max(sa.case((odd, "odd"))) for name, odd in found.items() if odd is not None}


def _classes(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    """The storage classes that SQLite gave the values, each by a letter; integers by their size."""
    size = sa.case((column.in_([0, 1]), "0"), (column.between(-(2**53), 2**53), "i"), else_="w")
    stored = sa.func.typeof(column)
    told = sa.case((stored == "integer", size), (stored != "null", sa.func.substr(stored, 1, 1)))
    return sa.func.group_concat(told.distinct())


def _odd_in_postgresql(column: SqlColumn) -> Any:  # noqa: ANN401  # an SQL expression, or None
    if column.kind in _TIMES:
        return sa.not_(column.clause.between(sa.text(f"'{_FIRST}'"), sa.text(f"'{_LAST}'")))
    if column.kind is Kind.NUMBER and not pa.types.is_string(_arrow_type(column)):
        return column.clause == sa.text("'NaN'")
    return None


def _odd_in_mysql(column: SqlColumn) -> Any:  # noqa: ANN401  # an SQL expression, or None
    """A date with a part that is zero, or a day that its month has not, has no last day of its month."""
    if column.kind not in _TIMES:
        return None
    day, last = sa.func.dayofmonth(column.clause), sa.func.last_day(column.clause)
    is_none = sa.or_(last.is_(None), day == 0, sa.func.year(column.clause) == 0)
    return sa.and_(column.clause.is_not(None), is_none)


def to_batch(rows: Sequence[Sequence[Any]], schema: pa.Schema) -> pa.RecordBatch:
    """One record batch; no rows give an empty one."""
    values = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pa.RecordBatch.from_arrays(
        [_array(v, f.type) for v, f in zip(values, schema, strict=True)],
        schema=schema,
    )


def whole_batch(rows: Sequence[Sequence[Any]], columns: Sequence[SqlColumn]) -> pa.RecordBatch:
    """All rows of a selection; a column is text where one of its values is odd."""
    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    odd = {c.name: "odd" for c, held in zip(columns, values, strict=True) if _is_odd(c, held)}
    return to_batch(rows, arrow_schema(columns, odd))


def _is_odd(column: SqlColumn, held: Sequence[Any]) -> bool:
    if column.kind in _TIMES:
        return any(isinstance(value, str) for value in held)
    is_number = column.kind is Kind.NUMBER and not pa.types.is_string(_arrow_type(column))
    return is_number and any(isinstance(value, Decimal) and not value.is_finite() for value in held)


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
    if isinstance(value, Decimal):
        return format(value, "f")  # every digit, and no power of ten
    return json.dumps(value, default=str) if isinstance(value, dict | list) else str(value)


def _as_bytes(value: Any) -> bytes:  # noqa: ANN401  # whatever a driver gives
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else str(value).encode()


_CONVERTERS: Mapping[int, Callable[[Any], Any]] = {
    pa.string().id: _as_text,
    pa.binary().id: _as_bytes,
    pa.bool_().id: bool,
}
