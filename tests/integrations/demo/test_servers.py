"""The demo company in a server's databases: the rows that the SQLite files have."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from data_contracts.errors import SettingsInvalid
from integrations.demo import DemoCompany, seed_databases
from integrations.demo.schema import SQL_SYSTEMS
from tests.integrations.demo.conftest import CUSTOMERS, TODAY

NewDatabase = Callable[[], str]


@pytest.fixture(params=["postgres_database", "mariadb_database"])
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    """A factory of empty databases, for each kind of server."""
    made: NewDatabase = request.getfixturevalue(request.param)
    return made


def _rows(url: str, table: sa.Table) -> list[tuple[object, ...]]:
    """All rows by primary key, times as the clock on the wall shows them."""
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET TIME ZONE 'Europe/Paris'")
        rows = connection.execute(sa.select(table).order_by(*table.primary_key)).all()
    engine.dispose()
    return sorted((tuple(_plain(value) for value in row) for row in rows), key=repr)


def _plain(value: object) -> object:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def test_server_holds_the_same_rows(new_database: NewDatabase, company: DemoCompany) -> None:
    """Four systems in one database of a server have every row that the files have."""
    url = new_database()

    loaded = seed_databases(dict.fromkeys(SQL_SYSTEMS, url), customers=CUSTOMERS, today=TODAY, progress=lambda _: None)

    assert loaded.subject == company.subject
    for system, metadata in SQL_SYSTEMS.items():
        for table in metadata.sorted_tables:
            assert _rows(url, table) == _rows(company.urls[system], table)


def test_database_that_is_not_empty_is_refused(new_database: NewDatabase) -> None:
    """Tables that are there already are somebody's; nothing is changed."""
    url = new_database()
    seed_databases({"crm": url}, customers=20, today=TODAY, progress=lambda _: None)

    with pytest.raises(SettingsInvalid, match="is there already"):
        seed_databases({"crm": url}, customers=30, today=TODAY, progress=lambda _: None)

    assert len(_rows(url, SQL_SYSTEMS["crm"].tables["customer"])) == 20


def test_parquet_system_is_refused(tmp_path: Path) -> None:
    """A system of files has no place in a database."""
    with pytest.raises(SettingsInvalid, match="no SQL system"):
        seed_databases({"weblogs": f"sqlite:///{tmp_path}/x.db"}, customers=20, today=TODAY, progress=lambda _: None)
