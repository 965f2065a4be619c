# ruff: noqa: DTZ001  # times without zone are what some columns hold
"""A small shop that every connector is tried on: its contract, its rows, and ways of putting them into a system."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from pyarrow import fs

from data_contracts.company.contract import Column, Reference, SystemContract, Table
from data_contracts.connectors.connecting import Connector
from data_contracts.vocabulary import Follow, TableErasure
from integrations.systems.directory import open_connector
from integrations.systems.memory import MemoryConnector

PARIS = "Europe/Paris"
Rows = Mapping[str, Sequence[Mapping[str, Any]]]

# --- the system under test -----------------------------------------------------------------------------------------

CUSTOMER = ("no", "email", "phone", "parent", "points", "born", "left_at", "vip")
LINE = ("order_no", "line_no", "customer")
TYPES = {"points": "integer", "line_no": "integer", "born": "date", "left_at": "timestamp", "vip": "boolean"}


def _table(name: str, columns: tuple[str, ...], *keys: str, references: tuple[Reference, ...] = ()) -> Table:
    made = tuple(Column(c, TYPES.get(c, "string"), primary_key=c in keys, required=c in keys) for c in columns)
    return Table("shop", name, made, TableErasure.DELETE, references=references)


def _to_customer(column: str) -> Reference:
    return Reference((column,), "shop", "customer", ("no",), frozenset({Follow.FROM}))


CONTRACT = SystemContract(
    "shop",
    "Shop",
    "1",
    "telco",
    (
        _table("customer", CUSTOMER, "no", references=(_to_customer("parent"),)),
        _table("line", LINE, "order_no", "line_no", references=(_to_customer("customer"),)),
    ),
)
META = sa.MetaData()
sa.Table(
    "customer",
    META,
    sa.Column("no", sa.String(12), primary_key=True),
    sa.Column("email", sa.String(80)),
    sa.Column("phone", sa.String(30)),
    sa.Column("parent", sa.String(12), sa.ForeignKey("customer.no")),
    sa.Column("points", sa.Integer),
    sa.Column("born", sa.Date),
    sa.Column("left_at", sa.DateTime),
    sa.Column("vip", sa.Boolean),
)
sa.Table(
    "line",
    META,
    sa.Column("order_no", sa.String(12), primary_key=True),
    sa.Column("line_no", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("customer", sa.String(12), sa.ForeignKey("customer.no")),
)
_ARROW = {
    "integer": pa.int32(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "string": pa.string(),
    "boolean": pa.bool_(),
}


def a_customer(no: str, **values: Any) -> dict[str, Any]:
    """A customer of whom nothing is known but what is given."""
    return dict.fromkeys(CUSTOMER) | {"no": no} | values


PEOPLE: Rows = {
    "customer": [
        a_customer("C1", email="Ann@Example.fr", phone="06 12.34-56/78", points=42, born=date(1980, 2, 29)),
        a_customer("C2", email=" ann@example.fr ", phone="+33 (0)6 12 34 56 78", parent="C1", points=7),
        a_customer("C3", email="bob@example.fr", phone="0033612345678", parent="C2", left_at=datetime(2021, 1, 1)),
        a_customer("C4", email="bôb@example.fr", phone="+32 6 12 34 56 78", left_at=datetime(2020, 12, 31, 23, 59)),
        a_customer("D5", email="", left_at=datetime(2021, 1, 1, 0, 30), born=date(2020, 12, 31)),
        a_customer("O'Neil", email="50%_\\'\"@x.fr", points=-1, born=date(2021, 1, 1)),
    ],
    "line": [
        {"order_no": "A", "line_no": 1, "customer": "C1"},
        {"order_no": "A", "line_no": 2, "customer": "C3"},
        {"order_no": "A|1", "line_no": 1, "customer": "C1"},
        {"order_no": "B", "line_no": 1, "customer": None},
    ],
}


# --- putting rows into a system -----------------------------------------------------------------------------------


def in_memory(_request: pytest.FixtureRequest, rows: Rows) -> Connector:
    """The rows, held in memory."""
    return MemoryConnector(CONTRACT, {name: list(map(dict, table)) for name, table in rows.items()}, time_zone=PARIS)


def emptied(url: str) -> str:
    """The URL of a database, in which nothing is left of what another test made there."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            schemas = connection.exec_driver_sql(_SCHEMAS).scalars().all()
            for name in schemas:
                connection.exec_driver_sql(f'DROP SCHEMA "{name}" CASCADE')
            connection.exec_driver_sql("CREATE SCHEMA public")
        elif engine.dialect.name == "mysql":
            connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 0")
            for kind, name in connection.exec_driver_sql(_TABLES).all():
                connection.exec_driver_sql(f"DROP {kind} `{name}`")
    engine.dispose()
    return url


_SCHEMAS = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
_TABLES = """
    SELECT CASE table_type WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' END, table_name
    FROM information_schema.tables WHERE table_schema = database()
"""


def _sql(url: str, rows: Rows) -> Connector:
    engine = sa.create_engine(emptied(url))
    with engine.begin() as connection:
        META.create_all(connection)
        for table in META.sorted_tables:
            for row in rows[table.name]:
                connection.execute(table.insert(), dict(row))
    engine.dispose()
    return open_connector(CONTRACT, url, time_zone=PARIS)


def in_sqlite(request: pytest.FixtureRequest, rows: Rows) -> Connector:
    """The rows in a SQLite file."""
    return _sql(f"sqlite:///{request.getfixturevalue('tmp_path')}/shop.sqlite", rows)


def in_postgresql(request: pytest.FixtureRequest, rows: Rows) -> Connector:
    """The rows in PostgreSQL."""
    return _sql(request.getfixturevalue("postgres_shop"), rows)


def in_mariadb(request: pytest.FixtureRequest, rows: Rows) -> Connector:
    """The rows in MariaDB."""
    return _sql(request.getfixturevalue("mariadb_shop"), rows)


def write_parquet(url: str, rows: Rows) -> Connector:
    """The rows in Parquet files below a URL."""
    filesystem, base = fs.FileSystem.from_uri(url)
    for table in CONTRACT.tables:
        filesystem.create_dir(f"{base}/{table.name}")
        schema = pa.schema([(c.name, _ARROW[c.logical_type]) for c in table.columns])
        for part in range(2):  # two files, so that one of them holds nothing of a data subject
            some = pa.Table.from_pylist(list(rows[table.name][part::2]), schema=schema)
            pq.write_table(some, f"{base}/{table.name}/part-{part}.parquet", filesystem=filesystem, row_group_size=2)
    return open_connector(CONTRACT, url, time_zone=PARIS)


def in_parquet(request: pytest.FixtureRequest, rows: Rows) -> Connector:
    """The rows in Parquet files on the disk."""
    return write_parquet(f"file://{request.getfixturevalue('tmp_path')}/shop", rows)


def in_s3(request: pytest.FixtureRequest, rows: Rows) -> Connector:
    """The rows in Parquet files in S3."""
    return write_parquet(request.getfixturevalue("s3_folder"), rows)
