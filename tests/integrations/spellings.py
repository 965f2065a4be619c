"""Tables of one's own making in each SQL database, as a connector sees them."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pytest
import sqlalchemy as sa

from data_contracts.company.contract import Column, SystemContract, Table
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Condition, Selection, Spelling
from data_contracts.vocabulary import TableErasure
from integrations.systems.sql.connector import SqlConnector
from tests.integrations.shop import emptied

PARIS = "Europe/Paris"
Rule = Literal["verbatim", "email", "phone"]
NAMES = ["memory", "sqlite", "postgresql", "mariadb", "parquet"]
SQL = ["sqlite", "postgresql", "mariadb"]


def url_of(request: pytest.FixtureRequest, database: str) -> str:
    """A database of that kind for this test, with nothing in it."""
    if database == "sqlite":
        return f"sqlite:///{request.getfixturevalue('tmp_path')}/system.sqlite"
    return emptied(str(request.getfixturevalue(f"{database}_shop")))


OPENED: list[SqlConnector] = []
"""What a test must close."""


def connect(url: str, tables: Mapping[str, str], **options: Any) -> SqlConnector:
    """A connector to tables made anew.

    Args:
        url: of the database.
        tables: by name, what stands between the brackets of its CREATE TABLE, and anything behind them.
        options: of the connector.
    """
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for name in reversed(list(tables)):
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {name}")
        for name, text in tables.items():
            connection.exec_driver_sql(f"CREATE TABLE {name} ({text}")
        with warnings.catch_warnings(action="ignore", category=sa.exc.SAWarning):  # types that have no class
            columns = {name: [c["name"] for c in sa.inspect(connection).get_columns(name)] for name in tables}
    engine.dispose()
    made = tuple(
        Table(
            "sys", name, tuple(Column(c, "string", primary_key=c == "id") for c in columns[name]), TableErasure.DELETE
        )
        for name in tables
    )
    OPENED.append(SqlConnector(SystemContract("sys", "System", "1", "acme", made), url, time_zone=PARIS, **options))
    return OPENED[-1]


def fill(url: str, table: str, rows: Sequence[Sequence[Any]]) -> None:
    """Put rows into a table, each value as it is."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        marks = ", ".join(f":v{i}" for i in range(len(rows[0])))
        named = [{f"v{i}": value for i, value in enumerate(row)} for row in rows]
        connection.execute(sa.text(f"INSERT INTO {table} VALUES ({marks})"), named)  # noqa: S608  # a test's own names
    engine.dispose()


def ids(connector: Connector, table: str, conditions: tuple[Condition, ...]) -> list[int]:
    """Which rows conditions select, by ``id``."""
    batches = connector.read(Selection(table, conditions), ["id"])
    return sorted(int(row["id"]) for batch in batches for row in batch.to_pylist())


def look_for(*keys: str, column: str, rule: Rule, **facts: Any) -> Spelling:
    """What a search asks of a column."""
    return Spelling(column, rule, frozenset(keys), facts.pop("region", "FR"), **facts)


def held(shop: Connector, spelling: Spelling) -> list[str]:
    """The customers that hold a key."""
    batches = shop.read(Selection("customer", shop.resolve("customer", spelling)), ["no"])
    return sorted(str(row["no"]) for batch in batches for row in batch.to_pylist())
