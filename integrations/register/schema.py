"""Brings a register's database to the tables of this version; quick when they are there already."""

import os
import sqlite3
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_random

from data_contracts.errors import SettingsInvalid, SystemUnavailable
from integrations.register.database import BUSY_SECONDS, Database, make_engine, read_url, sqlite_file

HEAD = "0019"
"""The newest migration; a test compares it with the folder, so that the quick look needs no Alembic."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x52494748
"""PostgreSQL advisory lock that one upgrade holds while it works."""


def upgrade(url: str) -> None:
    """Create the register's database if need be and bring its tables to this version; safe to run by several at once.

    Raises:
        SettingsInvalid: when the URL is neither SQLite nor PostgreSQL, or newer software upgraded the register.
        SystemUnavailable: when the database cannot be reached or its file not be made.
    """
    parsed = read_url(url)
    file = sqlite_file(parsed)
    if file is not None:
        _create_file(file)
    engine = make_engine(parsed, may_create=True)
    try:
        upgrade_engine(engine)
    finally:
        engine.dispose()


def upgrade_engine(engine: Engine) -> None:
    """The same for a database that is already connected (one in memory lives in its connection)."""
    database = Database(engine)
    with database.read() as connection:
        if _known_version(connection) == HEAD:
            return
    with database.write() as connection:
        if database.dialect == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        if _known_version(connection) != HEAD:
            migrate(connection)


def _version(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _known_version(connection: Connection) -> str | None:
    """The register's version.

    Raises:
        SettingsInvalid: when it is none that this software knows.
    """
    found = _version(connection)
    if found is None or found == HEAD or any(file.stem.startswith(f"{found}_") for file in _MIGRATIONS.rglob("*.py")):
        return found
    raise SettingsInvalid(
        f"newer software upgraded the register (to version {found}; this software knows versions up to {HEAD})",
        where="register",
        remedy="run the newer software again; to go back, put back the register, vault and keys from a backup that was "
        "made before the upgrade (docs/run/recovery.md)",
    )


def migrate(connection: Connection, to: str = "head") -> None:
    """Bring the tables to a version, in the transaction of the connection."""
    from integrations.register.migrating import migrate_tables  # noqa: PLC0415  # a fifth of a second: Alembic

    migrate_tables(connection, _MIGRATIONS, to)


def _create_file(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not file.exists():
            # Never where it is there: closing a file by hand drops the locks that this process holds on it elsewhere
            # (POSIX), and another process would then take the write-ahead log away from under them.
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its -wal and -shm the same mode
        for attempt in Retrying(
            retry=retry_if_exception_type(sqlite3.OperationalError),
            stop=stop_after_delay(BUSY_SECONDS),
            wait=wait_random(0.01, 0.1),
            reraise=True,
        ):
            with attempt:
                _write_ahead(file)
    except (OSError, sqlite3.Error):
        what = "the register's database file cannot be made or written"
        remedy = "check RIGHTSFLOW_REGISTER_URL, the folder's owner and the free space"
        raise SystemUnavailable(what, where="register", remedy=remedy) from None


def _write_ahead(file: Path) -> None:
    # The journal mode stays with the file. Changing it does not wait for others, hence the attempts.
    connection = sqlite3.connect(file, timeout=BUSY_SECONDS)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()
