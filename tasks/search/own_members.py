"""Leaving other people's members out of values that several people lie inside (law 8).

What is left out never comes into the vault; in how many rows is counted by column. See
:mod:`tasks.rules.search.inside`.
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from data_contracts.company.contract import Column
from data_contracts.inside.values import container_text
from tasks.rules.search.inside import Own


class OwnMembers:
    """Shows of the values in the batches of one table what is the data subject's.

    Args:
        containers: columns with identities inside, and which of these are hers.

    Attributes:
        counts: by column, in how many rows somebody's member was left out so far.
    """

    def __init__(self, containers: Iterable[tuple[Column, Own]]) -> None:
        self._containers = tuple(containers)
        self.counts: dict[str, int] = {}

    def over(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """The batches without other people's members; a container that is no text becomes its text."""
        for batch in batches:
            shown = batch
            for column, own in self._containers:
                place = shown.schema.get_field_index(column.name)
                if place >= 0:
                    values = pa.array(self._shown(shown, column, own), pa.string())
                    shown = shown.set_column(place, shown.schema.field(place).with_type(pa.string()), values)
            yield shown

    def _shown(self, batch: pa.RecordBatch, column: Column, own: Own) -> Iterator[str | None]:
        for value, holds_one in zip(_plain(batch.column(column.name)), _held(batch, column), strict=True):
            text = None if value is None else container_text(value)
            if text is not None and holds_one and own.holds_others(text):
                left = own.shown(text)
                self.counts[column.name] = self.counts.get(column.name, 0) + (left != text)
                text = left
            yield text


def _plain(column: pa.Array) -> list[object]:
    values: list[object] = column.to_pylist()
    return values


def _held(batch: pa.RecordBatch, column: Column) -> list[bool]:
    """In which rows the column holds identities; where that cannot be seen, it is taken to."""
    held = [True] * batch.num_rows
    for when in column.when:
        if when.column in batch.schema.names:
            values = batch.column(when.column).to_pylist()
            said = [None if value is None else _said(value) for value in values]
            held = [before and one in when.values for before, one in zip(held, said, strict=True)]
    return held


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
