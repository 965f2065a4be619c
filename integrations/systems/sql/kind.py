"""The kind of SQL databases: every URL that SQLAlchemy has a dialect for."""

from collections.abc import Collection, Iterable
from typing import Final

import sqlalchemy as sa

from data_contracts.company.contract import SystemContract
from data_contracts.errors import SettingsInvalid
from integrations.systems.kinds import SystemKind
from integrations.systems.sql.connector import SqlConnector
from integrations.systems.sql.reflecting import reflect_sql

__all__ = ["KIND"]


def _open(
    contract: SystemContract, url: str, *, time_zone: str, beside: Iterable[SystemContract], apart: Collection[str]
) -> SqlConnector:
    try:
        return SqlConnector(contract, url, time_zone=time_zone, beside=beside, apart=apart)
    except (sa.exc.ArgumentError, ImportError, ValueError):
        raise SettingsInvalid(
            "no connector fits the URL configured for the system",
            where=contract.name,
            remedy="give a postgresql, mysql, mariadb, sqlite, file or s3 URL; for another database install its driver",
        ) from None


KIND: Final = SystemKind(open=_open, look=reflect_sql, values_in="database")
