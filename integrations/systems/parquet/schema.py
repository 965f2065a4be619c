"""One table of many files: what its columns are when the files' own types are laid together."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from data_contracts.connectors.obstacles import Obstacle, ObstacleKind

_MASK: Final = "is selected"


@dataclass(frozen=True, slots=True)
class Joined:
    """The columns of a table.

    Attributes:
        schema: with the widest type of each column; what is packed by dictionary counts as its values.
        nullable: columns that every file that has them lets be NULL.
    """

    schema: pa.Schema
    nullable: frozenset[str]
    obstacles: tuple[Obstacle, ...] = ()


def plain(type_: pa.DataType) -> pa.DataType:
    """A type without the ways of storing that change no value: dictionaries, views."""
    if pa.types.is_dictionary(type_):
        return plain(type_.value_type)
    if pa.types.is_string_view(type_):
        return pa.string()
    return pa.binary() if pa.types.is_binary_view(type_) else type_


def unviewed(type_: pa.DataType) -> pa.DataType:
    """The type without views, wherever in it they lie: little can be computed with them."""
    return next((made(type_) for is_one, made in _UNVIEWED if is_one(type_)), type_)


def _field(field: pa.Field) -> pa.Field:
    return field.with_type(unviewed(field.type))


_UNVIEWED: Final[tuple[tuple[Callable[[pa.DataType], bool], Callable[[Any], pa.DataType]], ...]] = (
    (pa.types.is_string_view, lambda _: pa.string()),
    (pa.types.is_binary_view, lambda _: pa.binary()),
    (pa.types.is_map, lambda t: pa.map_(_field(t.key_field), _field(t.item_field), keys_sorted=t.keys_sorted)),
    (pa.types.is_struct, lambda t: pa.struct([_field(t.field(i)) for i in range(t.num_fields)])),
    (pa.types.is_fixed_size_list, lambda t: pa.list_(_field(t.value_field), t.list_size)),
    (pa.types.is_large_list, lambda t: pa.large_list(_field(t.value_field))),
    (pa.types.is_list, lambda t: pa.list_(_field(t.value_field))),
)


def kept(table: pa.Table, mask: pa.ChunkedArray) -> pa.Table:
    """The rows of a table that a mask names, with the table's own types."""
    easy = pa.schema([_field(field) for field in table.schema], metadata=table.schema.metadata)
    return table.filter(mask) if easy.equals(table.schema) else table.cast(easy).filter(mask).cast(table.schema)


def scanned(
    rows: ds.Dataset | ds.Fragment,
    schema: pa.Schema,
    columns: Sequence[str] | Mapping[str, pc.Expression],
    **how: Any,  # noqa: ANN401  # as pyarrow takes them
) -> Iterator[pa.RecordBatch]:
    """Batches of a scan, with views as what they show.

    Args:
        rows: what is scanned.
        schema: of the rows.
        columns: by name, or expressions.
        how: further arguments of a scanner.
    """
    easy = {field.name: unviewed(field.type) for field in schema}
    wanted = columns if isinstance(columns, Mapping) else {name: pc.field(name) for name in columns}
    difficult = {name for name in wanted if name in easy and not easy[name].equals(schema.field(name).type)}
    if not difficult:
        own = {} if isinstance(rows, ds.Dataset) else {"schema": schema}
        names = dict(wanted) if isinstance(columns, Mapping) else list(columns)
        yield from rows.scanner(columns=names, **own, **how).to_batches()
        return
    where = how.pop("filter", None)
    made = {name: one.cast(easy[name]) if name in difficult else one for name, one in wanted.items()}
    if where is not None:
        made[_MASK] = where
    own = {} if isinstance(rows, ds.Dataset) else {"schema": schema}
    for batch in rows.scanner(columns=made, **own, **how).to_batches():
        yield batch if where is None else batch.filter(batch.column(_MASK)).select(list(wanted))


def joined(schemas: Iterable[tuple[str, pa.Schema]]) -> Joined:
    """The columns of files, of each its name as it may be shown and its own schema."""
    types: dict[str, pa.DataType] = {}
    first: dict[str, str] = {}
    refused: set[str] = set()
    obstacles: list[Obstacle] = []
    distinct: dict[pa.Schema, str] = {}
    for path, schema in schemas:
        distinct.setdefault(schema, path)
    for schema, path in distinct.items():
        obstacles += _named_alike(schema.names, path)
        for field in schema:
            type_ = plain(field.type)
            wider = wider_of(types[field.name], type_) if field.name in types else type_
            if wider is None:
                about = f"{types[field.name]} in {first[field.name]}, {type_} in {path}"
                obstacles.append(Obstacle(ObstacleKind.TYPES_DIFFER, path, about, field.name))
                continue
            types[field.name] = wider
            first.setdefault(field.name, path)
            if not field.nullable:
                refused.add(field.name)
    if not obstacles:
        obstacles += _named_alike(list(types), "")
    schema = pa.schema([pa.field(name, type_) for name, type_ in types.items()])
    return Joined(schema, frozenset(types) - refused, tuple(dict.fromkeys(obstacles)))


def wider_of(one: pa.DataType, other: pa.DataType) -> pa.DataType | None:
    """The type that holds the values of both; None when there is none."""
    if one.equals(other):
        return one
    if pa.types.is_timestamp(one) and pa.types.is_timestamp(other) and one.tz and other.tz:
        other = pa.timestamp(other.unit, one.tz)  # the same moments, told in another zone
    if "uint64" in {str(one), str(other)} and pa.types.is_integer(one) and pa.types.is_integer(other):
        is_unsigned = pa.types.is_unsigned_integer(one) and pa.types.is_unsigned_integer(other)
        return pa.uint64() if is_unsigned else pa.decimal128(20, 0)
    fields = [pa.schema([pa.field("x", type_)]) for type_ in (one, other)]
    try:
        wider = pa.unify_schemas(fields, promote_options="permissive").field("x").type
        pa.nulls(0, one).cast(wider)
        pa.nulls(0, other).cast(wider)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return None
    return wider


def batch_as(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """A batch with the types of another schema of the same names.

    Raises:
        pa.ArrowInvalid: when a value does not fit exactly.
    """
    columns = [_as(batch.column(place), field.type) for place, field in enumerate(schema)]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _as(column: pa.Array, type_: pa.DataType) -> pa.Array:
    return column if column.type.equals(type_) else column.cast(type_)


def _named_alike(names: Sequence[str], path: str) -> Iterator[Obstacle]:
    """Columns that differ in case alone, or not at all."""
    known: dict[str, str] = {}
    for name in names:
        other = known.setdefault(name.casefold(), name)
        if other is not name:
            yield Obstacle(ObstacleKind.COLUMNS_ALIKE, path, f"{other}, {name}", other)
