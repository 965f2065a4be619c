"""Copies every row of one database into another of the same tables, from SQLite to PostgreSQL.

Rows are read and written by the tables' own column types, some thousand at a time. All of it is one transaction of the
target: a copy that breaks off leaves the target as it was, and can be begun anew.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import Connection

from data_contracts.errors import StepFailed

__all__ = ["copy_register", "copy_tables"]

_ROWS: Final = 2_000
Row = Mapping[str, Any]


def copy_tables(
    source: Connection, target: Connection, metadata: sa.MetaData, *, mended: Callable[[Row], Row] = dict
) -> int:
    """Fill the target's tables with the source's rows; how many there are.

    Args:
        source: a connection in a transaction that sees one state of everything.
        target: PostgreSQL, with the same tables, in a transaction, as an account that may put foreign keys off.
        metadata: the tables. What the target has in them is replaced.
        mended: makes of a row what the target takes.

    Raises:
        StepFailed: when the target does not take the rows of a table, or does not have as many afterwards.
    """
    target.execute(sa.text("SET LOCAL session_replication_role = replica"))  # foreign keys hold in the source
    copied = 0
    for table in metadata.sorted_tables:
        target.execute(sa.delete(table))
        try:
            copied += sum(_put(target, table, rows, mended) for rows in _rows(source, table))
        except (exc.SQLAlchemyError, TypeError, ValueError) as error:
            raise _not_taken(table, type(error).__name__) from None
        _number_on(target, table)
        if _count(target, table) != _count(source, table):
            raise _not_taken(table, "other rows came to be there")
    return copied


def copy_register(source: Connection, target: Connection, metadata: sa.MetaData) -> int:
    """:func:`copy_tables`, and read both once more: each row is as it was.

    Raises:
        StepFailed: see :func:`copy_tables`.
    """
    copied = copy_tables(source, target, metadata)
    for table in metadata.sorted_tables:
        with _ordered(source, table) as was, _ordered(target, table) as came:
            if any(tuple(before) != tuple(after) for before, after in zip(was, came, strict=True)):
                raise _not_taken(table, "a row is not as it was")
    return copied


def _rows(source: Connection, table: sa.Table) -> Iterable[list[Row]]:
    found = source.execution_options(yield_per=_ROWS).execute(sa.select(table))
    for part in found.mappings().partitions():
        yield [dict(row) for row in part]


def _put(target: Connection, table: sa.Table, rows: list[Row], mended: Callable[[Row], Row]) -> int:
    target.execute(sa.insert(table), [mended(row) for row in rows])
    return len(rows)


def _ordered(connection: Connection, table: sa.Table) -> sa.CursorResult[Any]:
    """Every row by its key, read some thousand at a time; to be closed."""
    asked = sa.select(table).order_by(*table.primary_key.columns)
    return connection.execution_options(yield_per=_ROWS).execute(asked)


def _count(connection: Connection, table: sa.Table) -> int:
    return int(connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())


def _number_on(target: Connection, table: sa.Table) -> None:
    """Let a table that numbers its rows go on behind the last one."""
    column = table.autoincrement_column
    if column is None:
        return
    name = sa.func.pg_get_serial_sequence(table.name, column.name)
    if target.execute(sa.select(name)).scalar() is not None:
        last = sa.select(sa.func.max(column)).scalar_subquery()
        target.execute(sa.select(sa.func.setval(name, sa.func.coalesce(last, 1), last.is_not(None))))


def _not_taken(table: sa.Table, why: str) -> StepFailed:
    return StepFailed(
        f"the rows cannot be moved to PostgreSQL ({why}); nothing has changed",
        where=f"table {table.name}",
        remedy="report this with the version of the software; the register stays on SQLite until then",
    )
