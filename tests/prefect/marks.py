"""Marked data subjects, and the search that finds a mark wherever and however it is written."""

import base64
import gzip
import secrets
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

_MEMBER = b"\x1f\x8b"
_BEGINNING = "zqxwvk"


def mark() -> str:
    """Fourteen letters and digits that nobody else has written."""
    return f"{_BEGINNING}{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class Marked:
    """A data subject all of whose values are marks."""

    email: str
    customer_no: str
    phone: str
    name: str
    details: str
    typed_at_gate: str
    address: str
    requester: str
    right_email: str

    @classmethod
    def new(cls) -> "Marked":
        """Somebody who was never there before."""
        number = secrets.randbelow(10**8)
        return cls(
            email=f"{mark()}@canary.example",
            customer_no=mark().upper(),
            phone=f"+336{number:08}",
            name=f"Zoé {mark()}",
            details=f"Je suis {mark()}, rue {mark()}.",
            typed_at_gate=mark(),
            address=f"3 rue {mark()}\n59000 {mark()}",
            requester=f"Ines {mark()}",
            right_email=f"{mark()}@canary.example",
        )

    def marks(self) -> list[str]:
        """What must be found nowhere: the telling part of each value."""
        words = f"{self.details} {self.name} {self.address} {self.requester}".replace(",", "").replace(".", "").split()
        found = [word for word in words if word.startswith(_BEGINNING)]
        emails = [email.partition("@")[0] for email in (self.email, self.right_email)]
        return [*emails, self.customer_no, self.phone[1:], self.typed_at_gate, *found]

    def form(self, **more: object) -> dict[str, object]:
        """What an operator types of them."""
        typed = {"email": self.email, "customer_no": self.customer_no, "phone": self.phone, "name": self.name}
        return {**typed, "details": self.details, "language": "fr", **more}

    def move_in(self, systems: Path, customer_no: str) -> None:
        """Take the place of a customer in every database."""
        with closing(sqlite3.connect(systems / "crm.db")) as crm:
            query = "SELECT customer_no, email, phone FROM customer WHERE customer_no = ?"
            before = crm.execute(query, (customer_no,)).fetchone()
        after = (self.customer_no, self.email, self.phone)
        for file in systems.glob("*.db"):
            with closing(sqlite3.connect(file)) as connection, connection:
                for table, column in _lite_columns(connection):
                    for old, new in zip(before, after, strict=True):
                        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (new, old))  # noqa: S608  # names from the catalogue
        self._write_texts(systems)

    def _write_texts(self, systems: Path) -> None:
        """Names and free text, where a person writes them."""
        texts = {
            "crm": ("UPDATE customer SET last_name = ?2, postal_address = ?3 WHERE customer_no = ?1",
                    "UPDATE interaction SET note = ?2 || ?3 WHERE customer_no = ?1"),
            "billing": ("UPDATE account SET iban = ?2, billing_email = ?3 WHERE customer_no = ?1",),
            "support": ("UPDATE ticket SET requester_name = ?2, health_details = ?3 WHERE customer_no = ?1",),
        }  # fmt: skip
        for system, statements in texts.items():
            with closing(sqlite3.connect(systems / f"{system}.db")) as connection, connection:
                for statement in statements:
                    connection.execute(statement, (self.customer_no, self.name, self.details))


def customers(systems: Path, *, but: set[str]) -> list[str]:
    """Customer numbers of people whom a search takes for nobody else, and whose place nobody marked has taken yet."""
    alone = """SELECT customer_no FROM customer c WHERE email IS NOT NULL AND phone IS NOT NULL
        AND customer_no NOT LIKE 'ZQ%' AND NOT EXISTS (
        SELECT 1 FROM customer o WHERE o.customer_no <> c.customer_no AND (o.email = c.email OR o.phone = c.phone))
        AND NOT EXISTS (
        SELECT 1 FROM support.ticket t WHERE t.customer_no = c.customer_no AND t.requester_phone IS NOT NULL)"""
    with closing(sqlite3.connect(systems / "crm.db")) as connection:
        connection.execute("ATTACH ? AS support", (str(systems / "support.db"),))
        return [number for (number,) in connection.execute(alone) if number not in but]


def found_in_files(folders: list[Path], marks: list[str]) -> list[str]:
    """``file: mark`` for every file that holds a mark, however it is written."""
    files = [file for folder in folders for file in [folder, *folder.rglob("*")] if file.is_file()]
    return [f"{file}: {one}" for file in files for one in _found(_content(file), marks)]


def found_in_tables(database: str, marks: list[str]) -> list[str]:
    """``table.column: mark`` for every value of a database that holds a mark; the database by SQLAlchemy URL."""
    found = []
    with closing(sa.create_engine(database, poolclass=sa.NullPool).connect()) as connection:
        for table, column in _columns(connection):
            kind: Any = sa.LargeBinary() if connection.dialect.name == "sqlite" else sa.Text()
            values = connection.execute(sa.select(sa.cast(column, kind)).where(column.is_not(None)))
            raw = [value if isinstance(value, bytes) else str(value).encode() for (value,) in values]
            together = b"\0".join(part for value in raw for part in (value, *_unpacked(value)))
            found += [f"{table}.{column.name}: {one}" for one in _found(together, marks)]
    return found


def _content(file: Path) -> bytes:
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        return b""  # a process put it aside for a moment
    return b"\0".join((raw, *_unpacked(raw)))


def _found(content: bytes, marks: list[str]) -> Iterator[str]:
    """Marks that a content holds; where not even one begins as marks do, none is looked for."""
    lower = content.lower()
    for group, beginning in ((_begun(marks, begun=True), _BEGINNING), (_begun(marks, begun=False), "")):
        plain = not beginning or any(way in lower for way in _ways(beginning))
        coded = not beginning or any(way in content for way in _base64_ways(beginning) if way)
        for one in group:
            if (plain and any(way in lower for way in _ways(one))) or (
                coded and any(way in content for way in _base64_ways(one))
            ):
                yield one


def _begun(marks: list[str], *, begun: bool) -> list[str]:
    return [one for one in marks if one.lower().startswith(_BEGINNING) is begun]


def _ways(one: str) -> set[bytes]:
    """A mark in lower case: as it is, URL-encoded, in UTF-16, in hexadecimal, and as JSON writes odd characters."""
    low = one.lower()
    plain = low.encode()
    return {plain, quote(low, safe="").encode(), low.encode("utf-16-le"), low.encode("utf-16-be"), plain.hex().encode()}


def _base64_ways(one: str) -> set[bytes]:
    """A mark in base64, at each of the three places it can start at, in the cases it is written in."""
    spelled = {one, one.lower(), one.upper()}
    return {_base64_inside(text.encode(), place) for text in spelled for place in range(3)}


def _base64_inside(text: bytes, place: int) -> bytes:
    """What ``text`` looks like in base64 behind ``place`` other bytes, without the characters they share."""
    skipped = (0, 2, 3)[place]
    whole = base64.b64encode(b"\0" * place + text)
    kept = (place + len(text)) // 3 * 4
    return whole[skipped:kept]


def _unpacked(raw: bytes) -> Iterator[bytes]:
    with suppress(zlib.error, OSError, EOFError):
        if raw[:1] == b"\x78":
            yield zlib.decompress(raw)
        elif raw[:2] == _MEMBER:
            yield gzip.decompress(raw)


def _columns(connection: sa.Connection) -> list[tuple[str, sa.Column[object]]]:
    """Every table and column, those of virtual tables' shadows too."""
    tables = sa.MetaData()
    tables.reflect(connection)
    return [(table.name, column) for table in tables.tables.values() for column in table.columns]


def _lite_columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [(table, column[1]) for table in tables for column in connection.execute(f"PRAGMA table_info([{table}])")]
