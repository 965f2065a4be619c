"""Connections to the register: how they are made, how a transaction begins, and what may come out of one.

1. A writing transaction is alone from its first statement: ``BEGIN IMMEDIATE`` on SQLite, a locked row on PostgreSQL.
2. A commit is on the disk when it returns (``synchronous=FULL``).
3. Only errors of :mod:`data_contracts.errors` come out, without a driver's text and without values.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from data_contracts.errors import RightsflowError, SettingsInvalid, StepFailed, SystemUnavailable
from data_contracts.ports.restores import Committed, Noted, Witness

BUSY_SECONDS = 30
"""How long a writer waits for another one."""

_USED = "rightsflow_used"
_IDLE_SECONDS = 0.05
_WRITES = "rightsflow_writes"
_COMMITTED = "rightsflow_committed"
_WHERE = "register"
_POSTGRES_NAMES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})
_UNDEFINED_TABLE = "42P01"
"""SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html."""


class Database:
    """The register's database, as two kinds of transactions."""

    def __init__(self, engine: Engine, witness: Witness | None = None) -> None:
        """Keep the engine; nothing is connected yet.

        Args:
            engine: of the database.
            witness: is told of each transaction that did something, once it is committed.
        """
        self._engine = engine
        self._witness = witness
        self._writing = engine.execution_options(**{_WRITES: True})
        # On PostgreSQL each statement sees what is committed by then, in a transaction or alone: reading needs none.
        is_postgres = engine.dialect.name == "postgresql"
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT") if is_postgres else engine
        # SQLite has one writer at a time, and those who wait for it ask again and again: threads of one process wait
        # for each other here instead, each woken in turn.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self._engine.dialect.name

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look at the register."""
        with _only_our_errors(), self._reading.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: everything in the block or, when it ends with an error, nothing."""
        with _only_our_errors(), self._turn, self._writing.begin() as connection:
            connection.info.pop(_COMMITTED, None)  # of a transaction that broke off
            yield connection
            committed = connection.info.pop(_COMMITTED, None)
        if committed is not None and self._witness is not None:
            self._witness(committed)

    @contextmanager
    def outside(self) -> Iterator[Connection]:
        """A connection without transaction, for what cannot run inside one."""
        with _only_our_errors(), self._engine.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def close(self) -> None:
        """Give back all connections."""
        self._engine.dispose()


def note(connection: Connection, noted: Noted) -> None:
    """Have the witness told what a case did, once the transaction is committed."""
    before: Committed = connection.info.get(_COMMITTED, Committed())
    connection.info[_COMMITTED] = Committed((*before.noted, noted), before.record)


def note_record(connection: Connection, case_id: str, seq: int, record: str) -> None:
    """Have the witness told of a record of evidence, once the transaction is committed."""
    before: Committed = connection.info.get(_COMMITTED, Committed())
    connection.info[_COMMITTED] = Committed(before.noted, (case_id, seq, record))


def read_url(url: str) -> URL:
    """The register's URL with the driver we use.

    Raises:
        SettingsInvalid: when it is no SQLAlchemy URL, or neither SQLite nor PostgreSQL. The URL itself may hold
            a password and is not repeated.
    """
    try:
        parsed = sa.make_url(url)
    except exc.ArgumentError:
        raise _bad_url() from None
    if parsed.drivername in _POSTGRES_NAMES:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return parsed
    raise _bad_url()


def sqlite_file(url: URL) -> Path | None:
    """The file of a SQLite register; None for one in memory and for PostgreSQL."""
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    return Path(str(url.database))


def make_engine(url: URL, *, may_create: bool = False) -> Engine:
    """The engine for the register.

    Args:
        url: from :func:`read_url`.
        may_create: whether an absent SQLite file may come into being; otherwise it is an error, so that a wrong
            path never looks like an empty register.
    """
    if url.get_backend_name() == "postgresql":
        engine = sa.create_engine(url, hide_parameters=True, connect_args={"connect_timeout": 10})
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _life_required(engine.dialect.loaded_dbapi.Error))
        return engine
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}, **_pool(url))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    if not may_create:
        event.listen(engine, "do_connect", _require_file)
    return engine


def _note_use(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info[_USED] = time.monotonic()


class _Driven(Protocol):
    """A connection of psycopg, which is not imported where the register is on SQLite."""

    autocommit: bool

    def execute(self, query: str) -> object: ...


def _life_required(failed: type[Exception]) -> Callable[..., None]:
    """Asks a connection that nobody used for a while whether it still is one; the pool makes another where not.

    Within a run of statements each would be asked before every one of them, which costs as much as a small statement.

    Args:
        failed: what the driver raises.
    """

    def require_life(connection: _Driven | None, record: ConnectionPoolEntry, _proxy: object) -> None:
        if connection is None or time.monotonic() - record.info.get(_USED, time.monotonic()) < _IDLE_SECONDS:
            return
        was_alone = connection.autocommit
        try:
            connection.autocommit = True
            connection.execute("")
            connection.autocommit = was_alone
        except failed:
            raise exc.DisconnectionError from None

    return require_life


def _pool(url: URL) -> dict[str, object]:
    if sqlite_file(url) is not None:
        return {"pool_reset_on_return": None}  # every transaction is ended by whoever began it
    # A database in memory lives and dies with its one connection, so that threads take turns with it.
    return {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not by the driver
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")  # what a destroyed data key left is overwritten


def _begin_sqlite(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    # Takes no lock and reaches no file, so that nothing of it can fail; past SQLAlchemy it costs a thirtieth.
    raw = connection.connection.driver_connection
    if raw is not None:
        raw.execute("BEGIN")


def _require_file(_dialect: object, _record: object, arguments: list[str], _named: object) -> None:
    database = arguments[0]
    if database != ":memory:" and not Path(database).is_file():
        what = "the register's database file is not there"
        raise SystemUnavailable(what, where=_WHERE, remedy="check RIGHTSFLOW_REGISTER_URL and RIGHTSFLOW_HOME")


@contextmanager
def _only_our_errors() -> Iterator[None]:
    try:
        yield
    except RightsflowError:
        raise
    except exc.SQLAlchemyError as error:
        raise _translated(error) from None
    except (TypeError, ValueError) as error:
        raise _refused(error) from None  # a receipt or record that is no JSON; the texts quote values


def _translated(error: exc.SQLAlchemyError) -> RightsflowError:
    if isinstance(error, exc.DBAPIError):
        code = getattr(error.orig, "sqlite_errorcode", None)
        if code in {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
            return _not_set_up()
        if code == sqlite3.SQLITE_FULL:
            return SystemUnavailable("the disk is full", where=_WHERE, remedy="make room on it, then run again")
        if getattr(error.orig, "sqlstate", None) == _UNDEFINED_TABLE:
            return _not_set_up()
    if isinstance(error, exc.OperationalError | exc.InterfaceError | exc.TimeoutError) or (
        isinstance(error, exc.DBAPIError) and error.connection_invalidated
    ):
        what = "the register's database cannot be reached, is locked or broke off"
        return SystemUnavailable(what, where=_WHERE, remedy="see that it runs and can be written, then run again")
    return _refused(error)


def _refused(error: Exception) -> StepFailed:
    what = f"the register cannot keep what it was given ({type(error).__name__})"
    return StepFailed(what, where=_WHERE, remedy="report this with the version of the software; nothing was written")


def _not_set_up() -> SettingsInvalid:
    return SettingsInvalid(
        "the database is not a register of this version",
        where=_WHERE,
        remedy="check RIGHTSFLOW_REGISTER_URL; a new register is set up by starting the software with it",
    )


def _bad_url() -> SettingsInvalid:
    return SettingsInvalid(
        "the register's URL is not one of SQLite or PostgreSQL",
        where="RIGHTSFLOW_REGISTER_URL",
        remedy="write sqlite:////folder/register.db or postgresql://user@host/database",
    )
