"""Leaving out keys of rows that are not the data subject's from rows that are (law 8).

A value is left out where it stands: the row stays, and so does a key of a row of the data subject's own. What is left
out never comes into the vault; how often is counted by column. Which keys are whose:
:mod:`tasks.rules.search.own_keys`.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from data_contracts.connectors.keys import Condition, KeyValue


class Withholding:
    """Takes keys out of the batches of one table.

    Args:
        ways: by the columns that hold them, the keys that may be shown; any other value there is left out.
        but: columns that are never touched, such as the key of the table's own rows.

    Attributes:
        counts: by column, in how many rows its value was left out so far.
    """

    def __init__(self, ways: Iterable[Condition], *, but: Iterable[str] = ()) -> None:
        kept = frozenset(but)
        self._ways = [(way, {tuple(map(_text, key)) for key in way.keys}) for way in ways]
        self._but = kept
        self._names = tuple(dict.fromkeys(name for way, _ in self._ways for name in self._hidden(way)))
        self.counts: dict[str, int] = {}

    def over(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches without these values."""
        if not self._ways:
            yield from batches
            return
        for batch in batches:
            yield self._less(batch)

    def _less(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        masks = self._masks(batch)
        for name in self._names:
            place = batch.schema.get_field_index(name)
            if place < 0:
                continue
            # Every batch of a table has one schema, whether something was left out of it or not.
            column = batch.column(place)
            if name in masks:
                gone = pc.and_(masks[name], column.is_valid())
                self.counts[name] = self.counts.get(name, 0) + gone.true_count
                column = pc.if_else(gone, pa.scalar(None, column.type), column)
            batch = batch.set_column(place, batch.schema.field(place), column)
        return batch

    def _masks(self, batch: pa.RecordBatch) -> dict[str, pa.Array]:
        """By column, in which rows its value is left out; columns without such rows are not there."""
        masks: dict[str, pa.Array] = {}
        for way, own in self._ways:
            mask = _foreign(batch, way, own)
            for name in self._hidden(way) if mask is not None else ():
                masks[name] = pc.or_(masks[name], mask) if name in masks else mask
        return masks

    def _hidden(self, way: Condition) -> tuple[str, ...]:
        """Of a key of several columns, those that do not tell the row itself."""
        return tuple(name for name in way.columns if name not in self._but) if len(way.columns) > 1 else way.columns


def _foreign(batch: pa.RecordBatch, way: Condition, own: set[tuple[str, ...]]) -> pa.Array | None:
    """In which rows the columns hold a key that is not among ``own``; None where in none."""
    names = batch.schema.names
    if not set(way.columns) <= set(names):
        return None
    mask = _single(batch, way.columns[0], own) if len(way.columns) == 1 else _several(batch, way.columns, own)
    for when in way.when:
        # A row that does not fulfil it does not refer to that table; where that cannot be seen, nothing is shown.
        if mask is not None and when.column in names:
            held = pa.array(
                [_text(value) in when.values for value in batch.column(when.column).to_pylist()], pa.bool_()
            )
            mask = pc.and_(mask, held)
    return mask if mask is not None and pc.any(mask).as_py() else None


def _single(batch: pa.RecordBatch, name: str, own: set[tuple[str, ...]]) -> pa.Array | None:
    column = batch.column(name)
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    values = enumerate(coded.dictionary.to_pylist())
    foreign = [code for code, value in values if value is not None and (_text(value),) not in own]
    if not foreign:
        return None
    return pc.fill_null(pc.is_in(coded.indices, value_set=pa.array(foreign, coded.indices.type)), fill_value=False)


def _several(batch: pa.RecordBatch, names: tuple[str, ...], own: set[tuple[str, ...]]) -> pa.Array:
    rows = zip(*(batch.column(name).to_pylist() for name in names), strict=True)
    return pa.array([None not in row and tuple(map(_text, row)) not in own for row in rows], pa.bool_())


def _text(value: KeyValue) -> str:
    """A key as both ends of a reference have it, whatever types they are stored in.

    >>> _text(7) == _text(Decimal("7.00")) == _text(7.0) == _text("7")
    True
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return str(int(value))
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


__all__ = ["Withholding"]
