"""Moves a register from its SQLite file to PostgreSQL; the file is emptied and removed, so that nobody goes on in it.

The file's writers wait while its rows are copied. What it held is overwritten before it is removed: a key that is
destroyed later (law 9) must not lie in an old file.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integrations.register.copying import copy_register
from integrations.register.database import BUSY_SECONDS, Database, make_engine, read_url
from integrations.register.schema import upgrade
from integrations.register.tables import log as log_tables
from integrations.register.tables import officer, passkeys
from integrations.register.tables.tables import metadata

__all__ = ["move_register", "remove_moved"]

_ = officer, log_tables, passkeys  # their tables are the metadata's


def move_register(file: Path, url: str, *, keep: Callable[[], None]) -> int:
    """Move a register; how many rows it has.

    Args:
        file: the SQLite file.
        url: of the PostgreSQL database.
        keep: notes that the register is in PostgreSQL from now on; done when every row is there.

    Raises:
        StepFailed: when PostgreSQL does not take a row; the file is as it was.
        SystemUnavailable: when one of the two cannot be reached.
    """
    upgrade(_url_of(file))
    upgrade(url)
    with _database(_url_of(file)) as source, _database(url) as target, source.write() as old:
        with target.write() as new:
            copied = copy_register(old, new, metadata)
        keep()
        _empty(old)
    _remove(file)
    return copied


def remove_moved(file: Path) -> None:
    """Remove the file of a register that has been moved, its content overwritten first."""
    with _database(_url_of(file)) as source, source.write() as old:
        _empty(old)
    _remove(file)


def _remove(file: Path) -> None:
    """Remove an emptied file; what its write-ahead log still holds is cut first, whoever has it open."""
    with closing(sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None)) as emptied:
        emptied.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for ending in ("", "-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def _database(url: str) -> closing[Database]:
    return closing(Database(make_engine(read_url(url))))


def _empty(old: Connection) -> None:
    found = sa.MetaData()
    found.reflect(old)
    found.drop_all(old)


def _url_of(file: Path) -> str:
    return f"sqlite:///{file}"
