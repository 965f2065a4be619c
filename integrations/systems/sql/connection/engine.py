"""Connections to a SQL database: one kept at hand for single statements, transactions where several must agree.

Nothing is pinged beforehand, because a check doubles the cost of a small query. A connection that went away makes the
statement fail as :class:`~data_contracts.errors.SystemUnavailable`; SQLAlchemy then drops the whole pool, so that the
next try gets a new connection.
"""

import sqlite3
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from integrations.systems.far_times import read_far_times
from integrations.systems.witness.in_bytes import sqlite_holds

# A column of such a type is read as text; nobody at a terminal can do anything about it.
warnings.filterwarnings("ignore", message="Did not recognize type", category=sa.exc.SAWarning)

_CONNECT_SECONDS = 10
_BUSY_SECONDS = 15
SQLITE_HOLDS = "rightsflow_holds"
"""The function by which SQLite tells whether a value holds a pattern; it has none of its own."""
_STREAM, _READ, _WRITE, _LOOK, _REHEARSE, _KEEP = "stream", "read", "write", "look", "rehearse", "keep"

_BEGIN = {
    # IMMEDIATE: the write lock is waited for at the start, where nothing is lost yet.
    ("sqlite", _STREAM): "BEGIN",
    ("sqlite", _READ): "BEGIN",
    ("sqlite", _WRITE): "BEGIN IMMEDIATE",
    ("sqlite", _KEEP): "BEGIN IMMEDIATE",
    ("sqlite", _LOOK): "BEGIN",
    ("sqlite", _REHEARSE): "BEGIN IMMEDIATE",
    ("postgresql", _READ): "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
    ("postgresql", _KEEP): "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
    ("postgresql", _LOOK): "SET TRANSACTION READ ONLY",
    ("mysql", _LOOK): "START TRANSACTION READ ONLY",
    ("mariadb", _LOOK): "START TRANSACTION READ ONLY",
    ("mysql", _READ): "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ("mariadb", _READ): "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
}
SCAN_SECONDS = 300.0
"""How long a search may take that no index serves."""
_SQLITE_STEPS = 10_000
_LIMITS = {
    "postgresql": ("SET LOCAL statement_timeout = {milliseconds}", ""),
    "mariadb": ("SET SESSION max_statement_time = {seconds}", "SET SESSION max_statement_time = DEFAULT"),
    "mysql": ("SET SESSION max_execution_time = {milliseconds}", "SET SESSION max_execution_time = DEFAULT"),
}
"""How a database is told to break a query off, and to forget that again."""
_LOCK_SECONDS = 5.0
"""How long a look waits for a table that somebody else has locked."""
_PATIENCE = {
    # Compiling a query pays off for much longer ones.
    "postgresql": ("SET LOCAL lock_timeout = {milliseconds}; SET LOCAL jit = off", ""),
    "mariadb": ("SET SESSION lock_wait_timeout = {seconds}", "SET SESSION lock_wait_timeout = DEFAULT"),
    "mysql": ("SET SESSION lock_wait_timeout = {seconds}", "SET SESSION lock_wait_timeout = DEFAULT"),
    "sqlite": ("PRAGMA busy_timeout = {milliseconds}", f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}"),
}
"""How a database is told to wait no longer than that for a lock, and to forget that again."""
_DRIVERS: Final[Mapping[str, str]] = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}


def sql_url(url: str | sa.URL) -> sa.URL:
    """The URL with the driver we ship where it names none.

    >>> sql_url("mysql://reader@db/crm").drivername
    'mysql+pymysql'
    """
    parsed = sa.make_url(url)
    return parsed.set(drivername=_DRIVERS.get(parsed.drivername, parsed.drivername))


class Engines:
    """Two pools of one database: autocommit for single statements, transactions for the rest."""

    def __init__(self, url: str | sa.URL, *, scan_seconds: float = SCAN_SECONDS) -> None:
        """Prepare both; nothing is connected yet.

        Args:
            url: of the database.
            scan_seconds: how long a search may take that no index serves.
        """
        self.scan_seconds = scan_seconds
        self._scans: dict[int, Connection] = {}
        self.cancelled = 0
        """How many times :meth:`cancel` was called."""
        self._url = parsed = sql_url(url)
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
    def writing(self, *, keeps: bool = False) -> Iterator[Connection]:
        """A transaction that is committed when the block ends well and rolled back, whole, when not.

        Args:
            keeps: all its statements see the same rows; one that would change a row which others changed meanwhile
                fails, and trying again helps.
        """
        access = _KEEP if keeps else _WRITE
        with self._transactions.connect() as connection, connection.execution_options(rightsflow=access).begin():
            yield connection
        if self.dialect == "sqlite":
            with self._single.connect() as connection:
                # What was erased must not stay in the write-ahead log; without one nothing happens.
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def scanning(self) -> Iterator[Connection]:
        """A transaction for one query over a whole table, that is broken off when it takes too long or is cancelled.

        Raises:
            StepFailed: when it took too long, or was cancelled.
        """
        with (
            self._transactions.connect() as connection,
            _limited(connection, self.scan_seconds),
            self._cancellable(connection),
        ):
            yield connection

    @contextmanager
    def looking(self, seconds: float) -> Iterator[Connection]:
        """A read-only transaction whose statements are broken off after ``seconds``, or when it is cancelled."""
        with self._transactions.connect() as pooled:
            connection = pooled.execution_options(rightsflow=_LOOK)
            transaction = connection.begin()
            try:
                with (
                    _limited(connection, seconds),
                    _patient(connection, min(seconds, _LOCK_SECONDS)),
                    self._cancellable(connection),
                ):
                    yield connection
            finally:
                transaction.rollback()  # it changed nothing, and nothing is to be made durable

    @contextmanager
    def _cancellable(self, connection: Connection) -> Iterator[None]:
        self._scans[id(connection)] = connection
        try:
            yield
        finally:
            del self._scans[id(connection)]

    def cancel(self) -> None:
        """Break off every search that is under way; safe to call from another thread."""
        self.cancelled += 1
        for connection in list(self._scans.values()):
            driver: Any = connection.connection.driver_connection
            if self.dialect == "postgresql":
                driver.cancel()
            elif self.dialect == "sqlite":
                driver.interrupt()
            elif self.dialect in {"mysql", "mariadb"}:
                with self._single.connect() as other:
                    other.exec_driver_sql(f"KILL QUERY {int(driver.thread_id())}")

    @contextmanager
    def rehearsing(self, lock_seconds: float, seconds: float) -> Iterator[Connection]:
        """A transaction of a connection of its own that cannot commit: it is rolled back and the connection closed.

        Args:
            lock_seconds: the longest wait for a lock.
            seconds: the longest statement; whoever uses the connection shortens it with :func:`limit`.
        """
        engine = _engine(self._url, poolclass=sa.NullPool)
        if self.dialect == "sqlite":
            sa.event.listen(engine, "connect", _leave_transactions_to_us)
        sa.event.listen(engine, "begin", _begin)
        sa.event.listen(engine, "commit", _never)
        try:
            with engine.connect() as pooled:
                connection = pooled.execution_options(rightsflow=_REHEARSE)
                _wait_for_locks(connection, lock_seconds)
                limit(connection, seconds)
                try:
                    yield connection
                finally:
                    connection.invalidate()  # closed, not given back: what it did is gone with it
        finally:
            engine.dispose()

    def inspector(self) -> sa.Inspector:
        """A fresh look at the live schema."""
        return sa.inspect(self._single)

    def close(self) -> None:
        """Give back all connections; new ones are opened when needed."""
        self._single.dispose()
        self._transactions.dispose()


def limit(connection: Connection, seconds: float) -> None:
    """Have the database break off statements of a connection of its own after so many seconds."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        until = time.monotonic() + seconds
        driver.set_progress_handler(lambda: time.monotonic() > until, _SQLITE_STEPS)
        return
    dialect = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else connection.dialect.name
    if begin := _LIMITS.get(dialect, ("", ""))[0]:
        connection.exec_driver_sql(
            begin.format(seconds=max(seconds, 0.001), milliseconds=max(1, round(seconds * 1000)))
        )


def _wait_for_locks(connection: Connection, seconds: float) -> None:
    whole = max(1, round(seconds))
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection):
        driver.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")  # before the transaction begins
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(1, round(seconds * 1000))}")
    elif connection.dialect.name in {"mysql", "mariadb"}:
        connection.exec_driver_sql(f"SET SESSION innodb_lock_wait_timeout = {whole}, lock_wait_timeout = {whole}")


def _never(_connection: Connection) -> None:
    message = "a rehearsal never commits"
    raise RuntimeError(message)


@contextmanager
def _limited(connection: Connection, seconds: float) -> Iterator[None]:
    """Have the database break a query off after so many seconds."""
    driver = connection.connection.driver_connection
    dialect = "mariadb" if getattr(connection.dialect, "is_mariadb", False) else connection.dialect.name
    if isinstance(driver, sqlite3.Connection):
        until = time.monotonic() + seconds
        driver.set_progress_handler(lambda: time.monotonic() > until, _SQLITE_STEPS)
        try:
            yield
        finally:
            driver.set_progress_handler(None, 0)
        return
    begin, end = _LIMITS.get(dialect, ("", ""))
    if begin:
        connection.exec_driver_sql(begin.format(seconds=seconds, milliseconds=max(1, round(seconds * 1000))))
    try:
        yield
    finally:
        if end and not connection.invalidated:
            connection.exec_driver_sql(end)


@contextmanager
def _patient(connection: Connection, seconds: float) -> Iterator[None]:
    """Have the database wait for a lock so many seconds at most."""
    begin, end = _PATIENCE.get(connection.dialect.name, ("", ""))
    if begin:
        connection.exec_driver_sql(
            begin.format(seconds=max(1, round(seconds)), milliseconds=max(1, round(seconds * 1000)))
        )
    try:
        yield
    finally:
        if end and not connection.invalidated:
            connection.exec_driver_sql(end)


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
        options = _sqlite_options(url) | options
    engine = sa.create_engine(url, hide_parameters=True, **options)
    if backend == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    elif url.get_driver_name() == "psycopg":
        sa.event.listen(engine, "connect", read_far_times)
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
    connection.text_factory = _text
    connection.create_function(SQLITE_HOLDS, 3, sqlite_holds, deterministic=True)


def _text(stored: bytes) -> str | bytes:
    """A text of SQLite, which nobody makes sure is UTF-8; else its bytes."""
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored


def _leave_transactions_to_us(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    access = connection.get_execution_options().get("rightsflow", _STREAM)
    statement = _BEGIN.get((connection.dialect.name, access))
    if statement:
        connection.exec_driver_sql(statement)
