"""Queries for selections, built once for each shape and bound to keys at each call."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.keys import Cutoff, Referrer, Selection, Spelling
from integrations.systems.spelling import Sought
from integrations.systems.sql.live.columns import SqlColumn
from integrations.systems.sql.live.tables import SqlTable, SqlTables
from integrations.systems.sql.questions.candidates import candidates
from integrations.systems.sql.questions.conditions import Conditions, Params
from integrations.systems.sql.questions.cutoffs import Clause
from integrations.systems.sql.questions.terms import Part, earlier_test, parts, spare

_MOST_SHAPES = 1_000
_FEW_ROWS = 1_000
_BATCH_ROWS = 10_000
_MOST_AGGREGATES = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """A selection made ready for one database."""

    table: SqlTable
    parts: list[Part]
    cutoffs: tuple[Cutoff, ...]
    referrers: tuple[tuple[Referrer, SqlTable], ...] = ()

    @property
    def shape(self) -> Hashable:
        """What its clauses depend on besides the part's shape."""
        referrers = tuple((referrer, table.serial) for referrer, table in self.referrers)
        return self.table.serial, tuple((c.column, c.over, c.unread) for c in self.cutoffs), referrers


class Queries:
    """Builds and keeps SELECT statements."""

    def __init__(self, tables: SqlTables, conditions: Conditions) -> None:
        """Nothing is built before it is asked for."""
        self.tables = tables
        self.conditions = conditions
        self._built: dict[Hashable, sa.Select[Any]] = {}

    def forget(self) -> None:
        """Build everything anew from now on."""
        self._built.clear()

    def ask(self, selection: Selection, table: SqlTable | None = None) -> Asked:
        """The selection with its keys in the live columns' types; ``table`` where it is none of the contract's."""
        table = table or self.tables[selection.table]
        terms = self.conditions.terms(table, selection.conditions)
        made = [Part((), every=True)] if selection.takes_every_row else parts(terms, self.conditions.capacity)
        if selection.spared:
            made = spare(made, self.conditions.terms(table, selection.spared), self.conditions.capacity, table.path)
        guards = tuple(self.conditions.guard(table, when) for when in selection.when)
        made = [] if any(guard.is_impossible for guard in guards) else [replace(part, guards=guards) for part in made]
        referrers = tuple((referrer, self.tables[referrer.table]) for referrer in selection.referrers)
        return Asked(table, made, selection.cutoffs, referrers)

    def where(self, asked: Asked, part: Part) -> Clause:
        """The clause of a part."""
        own = self.conditions.where(asked.table, part, asked.cutoffs)
        return sa.and_(own, *(sa.not_(_referred_to(asked.table, *referrer)) for referrer in asked.referrers))

    def params(self, asked: Asked, part: Part) -> Params:
        """The values of a part's clause."""
        return self.conditions.params(asked.table, part, asked.cutoffs)

    def values(
        self, asked: Asked, part: Part, columns: tuple[str, ...], *, distinct: bool = False, shown: bool = False
    ) -> sa.Select[Any]:
        """The columns of a part's rows, as they are compared or as they are shown."""

        def build() -> sa.Select[Any]:
            live = [asked.table.column(c) for c in columns]
            query = sa.select(*(c.shown if shown else c.clause for c in live)).select_from(asked.table.clause)
            return query.distinct() if distinct else query

        return self._statement(asked, part, (columns, distinct, shown), build)

    def few(self, connection: Connection, asked: Asked, columns: tuple[str, ...]) -> Sequence[Sequence[Any]] | None:
        """The columns of all selected rows as they are shown; None when they are many, or to be asked for in parts."""
        if len(asked.parts) != 1:
            return None if asked.parts else []
        part = asked.parts[0]

        def build() -> sa.Select[Any]:
            return sa.select(*(asked.table.column(c).shown for c in columns)).select_from(asked.table.clause)

        query = self._statement(asked, part, (columns, _FEW_ROWS), lambda: build().limit(_FEW_ROWS + 1))
        rows = connection.execute(query, self.params(asked, part)).all()
        return rows if len(rows) <= _FEW_ROWS else None

    def spellings(self, connection: Connection, spelling: Spelling, table: SqlTable) -> Iterator[Sequence[Any]]:
        """Values that may hold a key of ``spelling``, each with what its row says beside it; none twice."""
        column = table.column(spelling.column)
        guards = [self.conditions.guard(table, when) for when in spelling.when]
        shown = [table.column(name) for name in Sought(spelling).columns]
        where = [candidates(column, spelling, self.conditions.dialect)]
        where += [self.conditions.clause(table, guard, f"rf_g{i}") for i, guard in enumerate(guards)]
        query = sa.select(*(one.clause for one in shown)).select_from(table.clause).where(*where)
        # A loose one would give one of two spellings; a row with a key inside is told by its own key.
        if spelling.inside is None and not any(one.is_loose for one in shown):
            query = query.distinct()
        params: Params = {}
        for i, guard in enumerate(guards):
            params |= self.conditions.values(table, guard, f"rf_g{i}")
        with connection.execution_options(yield_per=_BATCH_ROWS).execute(query, params) as result:
            for rows in result.partitions():
                yield from rows

    def aggregates(self, asked: Asked, part: Part, by_name: Mapping[str, sa.ColumnElement[Any]]) -> sa.Select[Any]:
        """Aggregates over a part's rows."""
        return self._statement(
            asked, part, ("sum", *by_name), lambda: sa.select(*by_name.values()).select_from(asked.table.clause)
        )

    def seen(
        self, connection: Connection, asked: Asked, doubtful: Mapping[str, sa.ColumnElement[Any]]
    ) -> dict[str, str]:
        """What aggregates of text say of all selected rows, by name; those that say nothing are left out."""
        said: dict[str, str] = {}
        names = list(doubtful)
        for part in asked.parts:
            for some in (names[i : i + _MOST_AGGREGATES] for i in range(0, len(names), _MOST_AGGREGATES)):
                query = self.aggregates(asked, part, {name: doubtful[name] for name in some})
                row = connection.execute(query, self.params(asked, part)).one()
                said |= {n: f"{said.get(n, '')},{value}" for n, value in zip(some, row, strict=True) if value}
        return said

    def _statement(
        self, asked: Asked, part: Part, what: Hashable, build: Callable[[], sa.Select[Any]]
    ) -> sa.Select[Any]:
        key = asked.shape, part.shape, what
        if key not in self._built:
            if len(self._built) >= _MOST_SHAPES:
                self._built.clear()
            self._built[key] = build().where(self.where(asked, part))
        return self._built[key]

    def rows(
        self,
        connection: Connection,
        asked: Asked,
        columns: Sequence[str],
        *,
        also: Sequence[sa.ColumnElement[Any]] = (),
        shown: bool = False,
    ) -> Iterator[Sequence[Sequence[Any]]]:
        """The columns of all selected rows, and the expressions ``also``, each row once, in batches."""
        streamed = connection.execution_options(yield_per=_BATCH_ROWS)
        wide = len(columns) + len(also)
        for part in asked.parts:
            compared, came_earlier = earlier_test(asked.table, part, self.conditions.fitted)
            extra = [*also, *(asked.table.column(c).clause for c in compared)]
            query = self.values(asked, part, tuple(columns), shown=shown)
            query = query.add_columns(*extra) if extra else query
            with streamed.execute(query, self.params(asked, part)) as result:
                for batch in result.partitions():
                    yield [row[:wide] for row in batch if not came_earlier(row[wide:])] if compared else batch

    def count(self, connection: Connection, asked: Asked, only: Clause | None = None) -> int:
        """How many rows are selected, and fulfil ``only`` where it is given."""
        if any(part.earlier for part in asked.parts):
            flag = sa.case((only if only is not None else sa.true(), 1), else_=0)
            return sum(row[0] for batch in self.rows(connection, asked, (), also=[flag]) for row in batch)
        return sum(self._count_part(connection, asked, part, only) for part in asked.parts)

    def _count_part(self, connection: Connection, asked: Asked, part: Part, only: Clause | None) -> int:
        def build() -> sa.Select[Any]:
            return sa.select(sa.func.count()).select_from(asked.table.clause)

        query = self._statement(asked, part, "count", build)
        if only is not None:
            query = query.where(only)
        return int(connection.execute(query, self.params(asked, part)).scalar_one())


def _referred_to(table: SqlTable, referrer: Referrer, child: SqlTable) -> Clause:
    """Whether a row of ``child`` refers to the row at hand."""
    rows = child.clause.alias()
    pairs = zip(referrer.columns, referrer.to_columns, strict=True)
    equal = [_equal(child.column(name), rows.c[name], table.column(to), table.clause.c[to]) for name, to in pairs]
    return sa.exists(sa.select(sa.literal(1)).select_from(rows).where(*equal).correlate(table.clause))


def _equal(
    child: SqlColumn, value: sa.ColumnElement[Any], parent: SqlColumn, other: sa.ColumnElement[Any]
) -> sa.ColumnElement[bool]:
    """A comparison that a strict database takes too where no foreign key has made sure that the types are the same."""
    if child.kind is parent.kind:
        return value == other
    return sa.cast(value, sa.Text()) == sa.cast(other, sa.Text())
