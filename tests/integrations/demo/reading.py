"""Looking into the demo company's systems without any code of ours."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds

SQL = ("crm", "billing", "marketing", "support")
FILES = {"weblogs": ("access_log", "error_report"), "adtech": ("cookie", "impression")}


def ask(folder: Path, system: str, query: str, *values: object) -> list[tuple[Any, ...]]:
    """The rows of a query to one of the SQLite databases."""
    with closing(sqlite3.connect(folder / f"{system}.db")) as connection:
        return connection.execute(query, values).fetchall()


def column(folder: Path, system: str, table: str, name: str) -> list[Any]:
    """The values of a column that are not NULL."""
    query = f"SELECT {name} FROM {table} WHERE {name} IS NOT NULL"  # noqa: S608  # names from this file's callers
    return [value for (value,) in ask(folder, system, query)]


def parquet(folder: Path, system: str, table: str) -> pa.Table:
    """A Parquet table with the files of all months."""
    return ds.dataset(folder / system / table, format="parquet").to_table()


def fingerprint(folder: Path) -> str:
    """One digest of every row of every system."""
    digest = hashlib.sha256()
    for system in SQL:
        with closing(sqlite3.connect(folder / f"{system}.db")) as connection:
            for line in connection.iterdump():
                digest.update(line.encode())
    for path in sorted(folder.rglob("*.parquet")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
