"""The content of an installation's files, to see whether anything changed."""

import hashlib
import re
import sqlite3
from contextlib import closing
from pathlib import Path

_DRAFT = re.compile(r"\.([0-9a-f]{16}|[0-9a-z_]{8}\.part)$")
_CASE = re.compile(r"C-[0-9A-Z]{4}-[0-9A-Z]{4}")


def content(home: Path) -> dict[str, str]:
    """A digest of each file below ``home``; of a database the digest of its rows, whose pages SQLite may move."""
    found: dict[str, str] = {}
    for file in sorted(home.rglob("*")):
        if file.suffix == ".db":
            found |= {f"{file.name}.{table}": rows for table, rows in _tables(file).items()}
        elif file.is_file():
            found[str(file.relative_to(home))] = hashlib.sha256(file.read_bytes()).hexdigest()
    return found


def shape(home: Path) -> dict[str, int]:
    """The size of each file below ``home``, and of databases the number of rows; random names are left out."""
    found: dict[str, int] = {}
    for file in sorted(home.rglob("*")):
        if file.is_file() and not file.name.endswith("-shm"):
            size = file.stat().st_size
            # How far a package or a letter can be packed depends on what random ids it holds.
            name = _DRAFT.sub(".draft", _CASE.sub("CASE", str(file.relative_to(home))))
            is_packed = bool({".zip", ".pdf"} & set(Path(name).suffixes))
            found[name] = min(size, 1) if is_packed else size
    for file in home.rglob("*.db"):
        with closing(sqlite3.connect(file)) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                query = f"SELECT count(*) FROM [{name}]"  # noqa: S608  # names from the catalogue
                found[f"{file.name}.{name}"] = connection.execute(query).fetchone()[0]
    return found


def _tables(file: Path) -> dict[str, str]:
    with closing(sqlite3.connect(file)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: connection.execute(f"SELECT * FROM [{name}] ORDER BY rowid").fetchall() for name in names}  # noqa: S608  # names from the catalogue
    return {name: hashlib.sha256(repr(found).encode()).hexdigest() for name, found in rows.items()}
