"""What was wiped from Prefect's database leaves its files too (law 1).

PostgreSQL keeps the bytes of a row that was changed or deleted, in the table until it is rewritten and in the
write-ahead log until its segment is removed. Both are done here, for the two tables that a form can be in.
"""

import os
from pathlib import Path
from typing import Final

from data_contracts.errors import SystemUnavailable
from flows.embedded.database import REGISTER, SERVER, EmbeddedDatabase

__all__ = ["forget_wiped", "note_wiped", "was_wiped"]

_TABLES: Final = ("flow_run", "flow_run_input")
_PATIENCE: Final = "SET lock_timeout = '3s'"
_UNSEEN: Final = """
DO $$
DECLARE mine xid := pg_current_xact_id()::xid;
BEGIN
    FOR turn IN 1..30 LOOP
        PERFORM pg_stat_clear_snapshot();
        IF NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND backend_xmin IS NOT NULL AND age(backend_xmin) > age(mine)) THEN RETURN;
        END IF;
        PERFORM pg_sleep(0.1);
    END LOOP;
    RAISE EXCEPTION 'a transaction still sees what was wiped';
END $$"""
"""Waits until no transaction is left that began before now: a table that is rewritten keeps the rows that one sees."""
_NOTE: Final = "wiped"


def note_wiped(prefect_home: str = "") -> None:
    """Note that a form was wiped, where the server runs on this machine; by default this process's server."""
    chosen = prefect_home or os.environ.get("PREFECT_HOME", "")
    if chosen and Path(chosen).is_dir():
        (Path(chosen) / _NOTE).touch(mode=0o600)


def was_wiped(prefect_home: str) -> bool:
    """Whether a form was wiped since bytes were last overwritten."""
    return (Path(prefect_home) / _NOTE).exists()


def forget_wiped(database: EmbeddedDatabase, prefect_home: str) -> bool:
    """Rewrite the tables and drop the old write-ahead log.

    Returns:
        Whether it is done: False while somebody uses a table for long, or still sees what was wiped.
    """
    (Path(prefect_home) / _NOTE).unlink(missing_ok=True)
    try:
        database.statements(SERVER, _UNSEEN, _PATIENCE, *(f"VACUUM (FULL, ANALYZE) {table}" for table in _TABLES))
        if database.keeps_register:
            # Of keys that were destroyed (law 9).
            database.statements(REGISTER, _UNSEEN, _PATIENCE, "VACUUM (FULL) data_key")
        # A checkpoint keeps the segment of the one before it, so the second drops what the first still needed.
        database.statements(SERVER, "CHECKPOINT", "SELECT pg_switch_wal()", "CHECKPOINT")
    except SystemUnavailable:
        note_wiped(prefect_home)
        return False
    return True
