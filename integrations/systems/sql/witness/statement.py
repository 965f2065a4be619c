"""Statements that count the rows of a relation in which a column holds a needle."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from integrations.systems.sql.questions.cutoffs import Clause
from integrations.systems.sql.witness.relations import Cell, Relation

_MOST_RESULTS: Final = 1_400
"""Fewer columns than any database gives."""
_MOST_TERMS: Final = 700
"""Fewer terms than SQLite takes in one expression."""


@dataclass(frozen=True, slots=True)
class Explained:
    """Rows of a relation in which a needle is expected.

    Attributes:
        by_column: ``""``: whatever column holds it.
        values: what they bind.
    """

    by_column: Mapping[str, Clause] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def of(self, column: str) -> Clause | None:
        """Rows in which a needle in that column is expected."""
        clauses = [self.by_column[name] for name in ("", column) if name in self.by_column]
        return sa.or_(*clauses) if clauses else None


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted of one column."""

    column: str
    rows: int
    explained: int
    kinds: tuple[str, ...]
    unread: int


@dataclass(frozen=True, slots=True)
class Statement:
    """Some columns of a relation."""

    query: sa.Select[Any]
    cells: tuple[Cell, ...]
    kinds: tuple[str, ...]

    def counts(self, row: Sequence[Any]) -> tuple[int, list[Count]]:
        """Rows in all (-1: not counted), and what the one row that came back says of each column."""
        values = iter(row)
        total = next(values)
        found = []
        for cell in self.cells:
            rows, explained, unread = (int(next(values) or 0) for _ in range(3))
            seen = [int(next(values) or 0) for _ in self.kinds] if len(self.kinds) > 1 else [rows]
            kinds = tuple(kind for kind, is_seen in zip(self.kinds, seen, strict=True) if is_seen)
            found.append(Count(cell.name, rows, explained, kinds, unread))
        return int(total), found


def statements(relation: Relation, kinds: tuple[str, ...], explained: Explained, *, terms: int) -> Iterator[Statement]:
    """As few statements as databases take; one, but for very wide tables."""
    most = max(1, min(_MOST_RESULTS // (3 + len(kinds)), _MOST_TERMS // max(1, terms)))
    for start in range(0, len(relation.cells), most):
        cells = relation.cells[start : start + most]
        yield Statement(_query(relation, cells, kinds, explained), cells, kinds)


def _query(relation: Relation, cells: Sequence[Cell], kinds: tuple[str, ...], explained: Explained) -> sa.Select[Any]:
    results: list[Any] = [relation.counted if relation.counted is not None else sa.literal_column(str(relation.rows))]
    for cell in cells:
        # A row was sorted out by all its columns together; patterns are dear, so each column is asked again.
        by_kind = [sa.and_(cell.candidate, cell.holds(kind)) for kind in kinds] if len(kinds) > 1 else []
        held = sa.and_(cell.candidate, sa.or_(*map(cell.holds, kinds)))
        expected = explained.of(cell.name)
        results += [
            _sum(held),
            sa.literal_column("0") if expected is None else _sum(sa.and_(held, expected)),
            sa.literal_column("0") if cell.unread is None else _sum(cell.unread),
            *map(_sum, by_kind),
        ]
    candidates = [one for cell in cells for one in (cell.candidate, cell.unread) if one is not None]
    query = sa.select(*(one.label(f"rf_{i}") for i, one in enumerate(results))).select_from(relation.clause)
    if relation.hint:
        query = query.with_hint(relation.clause, relation.hint)
    query = query.where(sa.or_(*candidates))
    return query if relation.where is None else query.where(relation.where)


def _sum(clause: Clause) -> Any:  # noqa: ANN401  # an SQL expression
    return sa.func.sum(sa.case((clause, 1), else_=0))
