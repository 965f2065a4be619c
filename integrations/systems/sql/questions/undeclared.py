"""What hangs on selected rows and no contract declares: columns that are not empty, tables that refer to the rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.connecting import LiveReference
from data_contracts.connectors.keys import Condition, Key, Selection
from integrations.systems.sql.live.columns import SqlColumn
from integrations.systems.sql.live.tables import SqlTable
from integrations.systems.sql.questions.query import Asked, Queries
from integrations.systems.values import Kind


def filled(connection: Connection, queries: Queries, asked: Asked, columns: Sequence[SqlColumn]) -> dict[str, int]:
    """In how many of the rows each column is not empty; columns that are empty in all of them are left out."""
    flags = {column.name: sa.case((_is_filled(column), 1), else_=0) for column in columns}
    if any(part.earlier for part in asked.parts):
        batches = queries.rows(connection, asked, (), also=list(flags.values()))
        rows: Iterable[Sequence[Any]] = (row for batch in batches for row in batch)
    else:
        sums = {name: sa.func.sum(flag) for name, flag in flags.items()}
        rows = [
            connection.execute(queries.aggregates(asked, part, sums), queries.params(asked, part)).one()
            for part in asked.parts
        ]
    counts = dict.fromkeys(flags, 0)
    for row in rows:
        for name, count in zip(flags, row, strict=False):
            counts[name] += int(count or 0)
    return {name: count for name, count in counts.items() if count}


def referring(
    connection: Connection,
    queries: Queries,
    keys: Mapping[tuple[str, ...], frozenset[Key]],
    tables: Iterable[tuple[LiveReference, SqlTable]],
) -> dict[str, int]:
    """How many rows of each table refer to one of the rows.

    Args:
        connection: in a transaction for reading.
        queries: of the system.
        keys: what the rows hold in the columns that are referred to.
        tables: undeclared tables, each with the reference by which it refers.
    """
    counts: dict[str, int] = {}
    for reference, table in tables:
        condition = Condition(reference.columns, keys[reference.to_columns])
        found = queries.count(connection, queries.ask(Selection(reference.table, (condition,)), table))
        if found:
            counts[reference.table] = counts.get(reference.table, 0) + found
    return counts


def _is_filled(column: SqlColumn) -> sa.ColumnElement[bool]:
    there = column.clause.is_not(None)
    return sa.and_(there, column.clause != "") if column.kind in {Kind.TEXT, Kind.PADDED} else there
