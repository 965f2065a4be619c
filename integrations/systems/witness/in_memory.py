"""The witness of rows held in memory."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.keys import Condition, Selection
from data_contracts.connectors.witnessing import Budget, Looked, NotLooked, Place, PlaceKind, Sighting, Testimony
from data_contracts.errors import ContractMismatch
from integrations.systems.witness.looking import NOT_DECLARED, Declared, Question, Watch, declared, not_looked

Row: TypeAlias = Mapping[str, Any]
Selected: TypeAlias = Callable[[Selection], Sequence[Row]]
"""The rows that a selection has, themselves and no copies."""


class MemoryWitness:
    """Looks at every value of every row, declared or not.

    Args:
        contract: what is declared.
        rows: by table name.
        selected: the rows of a selection.
    """

    def __init__(self, contract: SystemContract, rows: Mapping[str, Sequence[Row]], selected: Selected) -> None:
        self._tables = {table.name: table for table in contract.tables}
        self._rows = rows
        self._selected = selected

    def look(self, asked: Testimony, budget: Budget) -> Iterator[Looked]:
        """Each table, the smallest first."""
        if not asked.needles:
            return
        question, watch = Question(asked), Watch(budget)
        for name, rows in sorted(self._rows.items(), key=lambda table: (len(table[1]), table[0])):
            said = declared(self._tables[name], asked.explained) if name in self._tables else NOT_DECLARED
            place = question.place(name, kind=PlaceKind.TABLE, table=said.table)
            if watch.seconds() <= 0:
                yield not_looked(place, NotLooked.TOO_LONG, len(rows))
                continue
            columns = sorted({column for row in rows for column in row})
            seen = (self._sighting(question, said, replace(place, column=column), rows) for column in columns)
            yield Looked(place, tuple(one for one in seen if one is not None), len(rows))
            watch.rest(len(rows), 0.0)

    def _sighting(self, question: Question, said: Declared, place: Place, rows: Sequence[Row]) -> Sighting | None:
        column = place.column
        by_row = [(row, question.kinds_of(row.get(column))) for row in rows]
        holding = [(row, kinds) for row, kinds in by_row if kinds]
        if not holding:
            return None
        expected = self._expected(said, column)
        explained = sum(id(row) in expected for row, _ in holding)
        kinds = tuple(sorted({kind for _, kinds in holding for kind in kinds}))
        there = replace(place, column=question.masked(column), is_declared=column in said.columns)
        return Sighting(there, len(holding), explained, kinds)

    def _expected(self, said: Declared, column: str) -> Collection[int]:
        """Which rows are expected to hold a needle in the column."""
        conditions: tuple[Condition, ...] = (*said.explained.get("", ()), *said.explained.get(column, ()))
        if not conditions:
            return ()
        try:
            return {id(row) for row in self._selected(Selection(said.table, conditions))}
        except ContractMismatch:
            return ()  # a contract that does not fit explains nothing
