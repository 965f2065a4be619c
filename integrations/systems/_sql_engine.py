"""Connections to a SQL database: one kept at hand for single statements, transactions where several must agree.

Nothing is pinged beforehand, because a check doubles the cost of a small query. A connection that went away makes the
statement fail as :class:`~data_contracts.errors.SystemUnavailable`; SQLAlchemy then drops the whole pool, so that the
next try gets a new connection.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

_CONNECT_SECONDS = 10
_BUSY_SECONDS = 15
_STREAM, _READ, _WRITE = "stream", "read", "write"

_BEGIN = {
    # IMMEDIATE: the write lock is waited for at the start, where nothing is lost yet.
    ("sqlite", _STREAM): "BEGIN",
    ("sqlite", _READ): "BEGIN",
    ("sqlite", _WRITE): "BEGIN IMMEDIATE",
    ("postgresql", _READ): "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    ("mysql", _READ): "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ("mariadb", _READ): "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
}
_DRIVERS = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "mysql": "mysql+pymysql"}
_DRIVERS["mariadb"] = "mariadb+pymysql"


def sql_url(url: str | sa.URL) -> sa.URL:
    """The URL with the driver we ship where it names none.

    >>> sql_url("mysql://reader@db/crm").drivername
    'mysql+pymysql'
    """
    parsed = sa.make_url(url)
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


class Engines:
    """Two pools of one database: autocommit for single statements, transactions for the rest."""

    def __init__(self, url: str | sa.URL) -> None:
        """Prepare both; nothing is connected yet."""
        parsed = sql_url(url)
        self._single = _engine(parsed, isolation_level="AUTOCOMMIT")
        self._transactions = _engine(parsed)
        self.dialect = self._single.dialect.name
        if self.dialect == "sqlite":
            # sqlite3 would begin transactions by itself, and not for reading: ours are begun by _begin().
            sa.event.listen(self._transactions, "connect", _leave_transactions_to_us)
        sa.event.listen(self._transactions, "begin", _begin)

    @contextmanager
    def single(self) -> Iterator[Connection]:
        """A connection on which every statement stands for itself."""
        with self._single.connect() as connection:
            yield connection

    @contextmanager
    def reading(self, *, statements: int) -> Iterator[Connection]:
        """A transaction for ``statements`` queries; where it is more than one they see the same state, read-only."""
        with self._transactions.connect() as connection:
            yield connection.execution_options(rightsflow=_READ if statements > 1 else _STREAM)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is committed when the block ends well and rolled back, whole, when not."""
        with self._transactions.connect() as connection, connection.execution_options(rightsflow=_WRITE).begin():
            yield connection
        if self.dialect == "sqlite":
            with self._single.connect() as connection:
                # What was erased must not stay in the write-ahead log; without one nothing happens.
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def inspector(self) -> sa.Inspector:
        """A fresh look at the live schema."""
        return sa.inspect(self._single)

    def close(self) -> None:
        """Give back all connections; new ones are opened when needed."""
        self._single.dispose()
        self._transactions.dispose()


def _engine(url: sa.URL, **options: Any) -> Engine:  # noqa: ANN401  # create_engine's own options
    backend = url.get_backend_name()
    if backend == "postgresql" and url.get_driver_name() == "psycopg":
        options["connect_args"] = {"connect_timeout": _CONNECT_SECONDS, "application_name": "rightsflow"}
    elif url.get_driver_name() == "pymysql":
        options["connect_args"] = {
            "connect_timeout": _CONNECT_SECONDS,
            "charset": "utf8mb4",
            # TIMESTAMP columns come in the session's zone; a mask too long must fail, not be cut.
            "init_command": "SET time_zone='+00:00', sql_mode=CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')",
        }
    elif backend == "sqlite":
        options |= _sqlite_options(url)
    engine = sa.create_engine(url, hide_parameters=True, **options)
    if backend == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _sqlite_options(url: sa.URL) -> dict[str, Any]:
    path = url.database
    if not path or path == ":memory:":
        return {}
    uri = f"file:{quote(path)}?mode=rw"  # never `rwc`: a missing file is an outage, not an empty database
    return {
        "creator": lambda: sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, check_same_thread=False),
        "poolclass": sa.QueuePool,
    }


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA secure_delete=ON")  # erased values are overwritten in the file


def _leave_transactions_to_us(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    access = connection.get_execution_options().get("rightsflow", _STREAM)
    statement = _BEGIN.get((connection.dialect.name, access))
    if statement:
        connection.exec_driver_sql(statement)
