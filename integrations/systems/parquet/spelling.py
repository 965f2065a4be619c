"""Looking for identity keys in a column of a Parquet dataset, however they are spelt there."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.connectors.keys import Condition, Spelling
from integrations.systems.parquet.filter import Filters, kind_of
from integrations.systems.parquet.nested import container_of
from integrations.systems.spelling import Patterns, Sought, patterns
from integrations.systems.values import Kind

_TEXTS: Final = frozenset({Kind.TEXT, Kind.BYTES})
_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.FLOAT})
Scan = Callable[[Sequence[str], pc.Expression], Iterator[pa.RecordBatch]]
"""Gives batches of some columns of the rows that an expression selects."""


def resolve(scan: Scan, filters: Filters, spelling: Spelling) -> tuple[Condition, ...]:
    """The rows that hold one of the keys, as conditions on what is stored; memory does not grow with the rows."""
    type_, sought = filters.type(spelling.column), Sought(spelling)
    kind, names = kind_of(type_), list(sought.columns)
    for name in names:
        filters.type(name)
    is_text = kind in _TEXTS or (spelling.rule == "phone" and kind in _NUMBERS)
    if not spelling.keys or not (is_text or spelling.rule == "verbatim"):
        return ()
    where = pc.field(spelling.column).is_valid()
    for when in spelling.when:
        where &= filters.when(when)
    wanted = patterns(spelling) if kind is Kind.TEXT and not container_of(type_) else None
    for batch in scan(names, where):
        for row in _candidates(batch, wanted):
            sought.look(*row)
    return sought.conditions()


def _candidates(batch: pa.RecordBatch, wanted: Patterns | None) -> Iterator[tuple[Any, ...]]:
    """Values of rows that may hold a key."""
    if wanted is not None and batch.num_rows:
        text = pc.cast(batch.column(0), pa.string())
        lowered = pc.ascii_lower(text)
        is_odd = pc.invert(pc.string_is_ascii(text))
        found = pc.and_(is_odd, _like_any(lowered, wanted.other))
        batch = batch.filter(pc.or_(found, _like_any(lowered, wanted.ascii)))
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _like_any(text: pa.Array, some: Sequence[Sequence[str]]) -> pa.Array:
    found = pa.repeat(pa.scalar(False), len(text))  # noqa: FBT003  # an Arrow literal
    for pieces in some:
        found = pc.or_(found, pc.match_like(text, _like([piece.lower() for piece in pieces])))
    return found


def _like(pieces: Sequence[str]) -> str:
    escaped = ("".join(f"\\{sign}" if sign in "%_\\" else sign for sign in piece) for piece in pieces)
    return f"%{'%'.join(escaped)}%"
