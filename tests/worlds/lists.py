"""A system whose tables are lists of dictionaries: as little as a search and its orders need, and nothing of ours.

It knows what a condition, a selection and an order mean and shares no code with the connectors that are shipped.
"""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from data_contracts.connectors.connecting import LiveColumn, LiveSchema
from data_contracts.connectors.keys import ChangeColumns, Condition, Key, Order, Selection, Spelling, When

Row = dict[str, Any]


class Lists:
    """One system.

    Args:
        system: its name.
        tables: rows by table; copied.
    """

    def __init__(self, system: str, tables: Mapping[str, Sequence[Row]]) -> None:
        self.system = system
        self.tables: dict[str, list[Row]] = {name: [dict(row) for row in rows] for name, rows in tables.items()}
        self._before = copy.deepcopy(self.tables)

    def mend(self) -> None:
        """Put everything back as it was."""
        self.tables = copy.deepcopy(self._before)

    def describe(self) -> LiveSchema:
        """Every table with its columns; no foreign key guards anything."""
        columns = {name: {column for row in rows for column in row} for name, rows in self.tables.items()}
        return LiveSchema(
            {name: {one: LiveColumn(one, "", nullable=True) for one in sorted(own)} for name, own in columns.items()}
        )

    def resolve(self, table: str, spelling: Spelling) -> tuple[Condition, ...]:
        """Every stored value that is one of the keys but for blanks and capitals."""
        values = {row[spelling.column] for row in self.tables[table]} - {None}
        hits = frozenset((value,) for value in values if value.strip().lower() in {k.lower() for k in spelling.keys})
        return (Condition((spelling.column,), hits, when=spelling.when),) if hits else ()

    def find_keys(
        self, selection: Selection, columns: Sequence[tuple[str, ...]]
    ) -> dict[tuple[str, ...], frozenset[Key]]:
        """The different keys that the selected rows hold."""
        rows = list(self._selected(selection))
        found = {names: frozenset(tuple(row[name] for name in names) for row in rows) for names in columns}
        return {names: frozenset(key for key in keys if None not in key) for names, keys in found.items()}

    def read(self, selection: Selection, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The selected rows in one batch, everything as text."""
        rows = [{name: str(row[name]) for name in columns} for row in self._selected(selection)]
        yield pa.RecordBatch.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in columns]))

    def count(self, selections: Sequence[Selection]) -> list[int]:
        """How many rows each selection has."""
        return [len(list(self._selected(selection))) for selection in selections]

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Carry out orders, one after another."""
        return [self._carry_out(order) for order in orders]

    def _carry_out(self, order: Order) -> int:
        name, chosen = order.selection.table, list(self._selected(order.selection))
        if isinstance(order, ChangeColumns):
            for row in chosen:
                row.update(dict.fromkeys(order.clear) | dict(order.set_to))
        else:
            self.tables[name] = [row for row in self.tables[name] if not any(row is one for one in chosen)]
        return len(chosen)

    def _selected(self, selection: Selection) -> Iterator[Row]:
        assert not selection.cutoffs
        assert not selection.referrers
        for row in self.tables[selection.table]:
            wanted = any(_holds(row, one) for one in selection.conditions) and _fulfils(row, selection.when)
            if wanted and not any(_holds(row, one) for one in selection.spared):
                yield row


def _holds(row: Row, condition: Condition) -> bool:
    assert condition.normalise == "verbatim"
    return tuple(row[name] for name in condition.columns) in condition.keys and _fulfils(row, condition.when)


def _fulfils(row: Row, whens: Sequence[When]) -> bool:
    return all(row[one.column] in one.values for one in whens)
