"""Moves the database of Prefect's server from SQLite to PostgreSQL: runs, their states, logs, artifacts and events.

Run as ``python -m flows.server.moving``, in a process of its own, because Prefect reads its settings when it is
imported; the two addresses come in the environment, both at the tables of this Prefect.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from data_contracts.errors import SystemUnavailable

__all__ = ["move_server"]

_URL: Final = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
_FROM, _TO = "RIGHTSFLOW_MOVES_FROM", "RIGHTSFLOW_MOVES_TO"
_SECONDS: Final = 3_600
_NUL: Final = "\x00"
"""PostgreSQL's text cannot hold it; a log line may."""


def move_server(file: Path, address: str, environment: Mapping[str, str], log: Path) -> None:
    """Move everything that Prefect's SQLite file holds.

    Args:
        file: Prefect's SQLite database.
        address: SQLAlchemy URL of the PostgreSQL database, with asyncpg.
        environment: of Prefect's server.
        log: file that says what went on.

    Raises:
        SystemUnavailable: when it fails; the file is as it was.
    """
    lite = f"sqlite+aiosqlite:///{file}"
    upgrading = ("-m", "prefect", "server", "database", "upgrade", "-y")
    steps: list[tuple[Mapping[str, str], tuple[str, ...]]] = [
        ({_URL: lite}, upgrading),
        ({_URL: address}, upgrading),
        ({_FROM: f"sqlite:///{file}", _TO: address.replace("+asyncpg", "+psycopg")}, ("-m", "flows.server.moving")),
    ]
    with log.open("ab") as sink:
        for more, words in steps:
            done = subprocess.run(  # noqa: S603  # our own commands
                [sys.executable, *words],
                env={**environment, **more},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                timeout=_SECONDS,
                check=False,
            )
            if done.returncode:
                raise SystemUnavailable(
                    "Prefect's runs cannot be moved to PostgreSQL; they stay where they are",
                    where=str(file),
                    remedy=f"read {log}, then start again",
                )


def _copy(source: str, target: str) -> int:
    import sqlalchemy as sa  # noqa: PLC0415  # a process that does nothing else
    from prefect.server.database.orm_models import Base  # noqa: PLC0415  # as above

    from flows.wiring import copy_tables  # noqa: PLC0415  # as above

    old, new = sa.create_engine(source), sa.create_engine(target)
    with old.connect() as reading, new.begin() as writing:
        reading.exec_driver_sql("BEGIN IMMEDIATE")
        return copy_tables(reading, writing, Base.metadata, mended=_without_nul)


def _without_nul(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value.replace(_NUL, "\ufffd") if isinstance(value, str) else value for name, value in row.items()}


if __name__ == "__main__":
    sys.stdout.write(f"moved {_copy(os.environ[_FROM], os.environ[_TO]):,} rows\n")
