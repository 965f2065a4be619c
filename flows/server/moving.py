"""Moves the database of Prefect's server from SQLite to PostgreSQL: runs, their states, logs, artifacts and events.

A process of its own moves (:mod:`flows.server.moved`), because Prefect reads its settings when it is imported.
"""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from data_contracts.errors import SystemUnavailable

__all__ = ["FROM", "TO", "move_server"]

_URL: Final = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
FROM: Final = "RIGHTSFLOW_MOVES_FROM"
TO: Final = "RIGHTSFLOW_MOVES_TO"
"""Addresses for the process that moves, both at the tables of this Prefect."""
_SECONDS: Final = 3_600


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
        ({FROM: f"sqlite:///{file}", TO: address.replace("+asyncpg", "+psycopg")}, ("-m", "flows.server.moved")),
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
