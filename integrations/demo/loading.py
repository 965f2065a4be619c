"""Writing the demo company's rows where its systems hold them: SQLite files, database servers, Parquet folders.

A file or folder appears whole or not at all: it is written beside its place and moved there when it is done.
"""

import shutil
import sqlite3
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, cast

import numpy as np
import psycopg
import pyarrow.parquet as pq
from sqlalchemy import Connection, Engine, MetaData, Table, inspect
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.schema import CreateIndex, CreateTable

from data_contracts.errors import SettingsInvalid
from integrations.demo.draw import Rows, Tables
from integrations.demo.web import Dated

_CHUNK = 10_000
"""Rows sent to a server at a time."""


def load_sqlite(path: Path, metadata: MetaData, tables: Tables) -> None:
    """Write a new SQLite database to ``path``; one that was there is replaced."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    dialect = sqlite.dialect()
    with closing(sqlite3.connect(part, isolation_level=None)) as connection:
        # Nothing is lost by a crash: the file is only moved into place when it is complete.
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("BEGIN")
        for table in metadata.sorted_tables:
            connection.execute(str(CreateTable(table).compile(dialect=dialect)))
            connection.executemany(_insert(table, dialect), _row_tuples(table, tables[table.name]))
        for statement in _index_statements(metadata, dialect):
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.execute("ANALYZE")
    part.replace(path)


def load_server(engine: Engine, metadata: MetaData, tables: Tables) -> None:
    """Create the tables in an empty database of a server and fill them, in one transaction where it has them.

    The engine is to be disposed of afterwards: its session may have been told not to check references.

    Raises:
        SettingsInvalid: when one of the tables is there already; nothing is changed.
    """
    with engine.begin() as connection:
        there = set(inspect(connection).get_table_names()) & set(metadata.tables)
        if there:
            raise SettingsInvalid(
                f"Table {min(there)} is there already",
                where=engine.dialect.name,
                remedy="name an empty database for the demo company",
            )
        if engine.dialect.name in {"mysql", "mariadb"}:
            # InnoDB looks at once, row by row, and a customer may come before the one who recommended us.
            connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
        for table in metadata.sorted_tables:
            connection.execute(CreateTable(table))
            _fill(connection, table, tables[table.name])
        for statement in _index_statements(metadata, engine.dialect):
            connection.exec_driver_sql(statement)


def _fill(connection: Connection, table: Table, rows: Rows) -> None:
    tuples = _row_tuples(table, rows)
    if connection.dialect.driver == "psycopg":
        _copy(cast("psycopg.Connection[Any]", connection.connection.driver_connection), table, tuples)
        return
    insert = _insert(table, connection.dialect)
    names = [column.name for column in table.columns]
    while chunk := list(islice(tuples, _CHUNK)):
        positional = connection.dialect.positional
        connection.exec_driver_sql(
            insert, chunk if positional else [dict(zip(names, row, strict=True)) for row in chunk]
        )


def _copy(connection: "psycopg.Connection[Any]", table: Table, tuples: "zip[tuple[Any, ...]]") -> None:
    """PostgreSQL's fast way in. Times without zone are ours, so the session's zone says which."""
    names = psycopg.sql.SQL(", ").join(psycopg.sql.Identifier(column.name) for column in table.columns)
    order = psycopg.sql.SQL("COPY {} ({}) FROM STDIN").format(psycopg.sql.Identifier(table.name), names)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'Europe/Paris'")
        with cursor.copy(order) as copy:
            for row in tuples:
                copy.write_row(row)


def _row_tuples(table: Table, rows: Rows) -> "zip[tuple[Any, ...]]":
    """Rows in the order of the table's columns; strict, so that a column of another length is noticed."""
    return zip(*(rows[column.name] for column in table.columns), strict=True)


def _insert(table: Table, dialect: Dialect) -> str:
    return str(table.insert().compile(dialect=dialect))


def _index_statements(metadata: MetaData, dialect: Dialect) -> list[str]:
    indexes = [index for table in metadata.sorted_tables for index in table.indexes]
    named = sorted(indexes, key=lambda index: str(index.name))
    return [str(CreateIndex(index).compile(dialect=dialect)) for index in named]


def write_parquet(folder: Path, tables: dict[str, Dated]) -> None:
    """Write one folder for each table with one file for each month; what was there is replaced."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    for name, dated in tables.items():
        (part / name).mkdir(parents=True)
        months = dated.times.astype("datetime64[M]")
        for month in np.unique(months):
            first, after = np.searchsorted(months, [month, month + np.timedelta64(1, "M")]).tolist()
            pq.write_table(
                dated.table.slice(first, after - first), part / name / f"{month}.parquet", compression="zstd"
            )
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)
