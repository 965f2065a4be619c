"""Changes of keys and of what refers to them, between which no foreign key is looked at.

==========  ==========================================================================================
PostgreSQL  one statement: foreign keys are looked at when all of it is done, deferrable or not
SQLite      ``PRAGMA defer_foreign_keys``: they are looked at when the transaction is committed
MariaDB     ``foreign_key_checks`` of the session, off for these statements alone; the key's own table comes
            first, so that its rows are locked, and nobody refers to them meanwhile
==========  ==========================================================================================
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_MYSQL = frozenset({"mysql", "mariadb"})


@contextmanager
def held_off(connection: Connection) -> Iterator[None]:
    """Foreign keys are looked at when this is left, or with the commit."""
    dialect = connection.dialect.name
    if dialect == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    if dialect not in _MYSQL:
        yield
        return
    connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
    try:
        yield
    finally:
        connection.exec_driver_sql("SET SESSION foreign_key_checks = 1")


def carry_out_at_once(connection: Connection, statements: Sequence[sa.Update]) -> None:
    """Carry updates of different tables out, the first first; as one statement where that is needed."""
    if connection.dialect.name != "postgresql":
        for statement in statements:
            connection.execute(statement)
        return
    first, *others = statements
    connection.execute(first.add_cte(*(other.cte(f"moved{i}") for i, other in enumerate(others))))
