"""Alembic, for a register whose tables are not those of this version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Connection

__all__ = ["migrate_tables"]


def migrate_tables(connection: Connection, migrations: Path, to: str) -> None:
    """Bring the tables to a version, in the transaction of the connection.

    Args:
        connection: of the register's database.
        migrations: folder of Alembic's scripts.
        to: the version, or ``head``.
    """
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)
