"""The content of an installation's files, to see whether anything changed."""

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path


def content(home: Path) -> dict[str, str]:
    """A digest of each file below ``home``; of a database the digest of its rows, whose pages SQLite may move."""
    found: dict[str, str] = {}
    for file in sorted(home.rglob("*")):
        if file.suffix == ".db":
            found |= {f"{file.name}.{table}": rows for table, rows in _tables(file).items()}
        elif file.is_file():
            found[str(file.relative_to(home))] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def _tables(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(file)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: connection.execute(f"SELECT * FROM [{name}] ORDER BY rowid").fetchall() for name in names}  # noqa: S608  # names from the catalogue
    return {name: hashlib.sha256(repr(found).encode()).hexdigest() for name, found in rows.items()}
