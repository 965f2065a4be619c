"""What is particular to SQL databases."""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pytest

from data_contracts.company.contract import Column, SystemContract, Table
from data_contracts.connectors.connecting import LiveReference
from data_contracts.connectors.keys import ChangeColumns, Condition, Cutoff, DeleteRows, Look, Selection
from data_contracts.errors import ContractMismatch, SystemUnavailable
from data_contracts.vocabulary import TableErasure
from integrations.systems.sql.connector import SqlConnector
from integrations.systems.sql.questions.terms import Term, parts

PARIS = "Europe/Paris"


def contract(*columns: str, name: str = "person", physical_name: str = "") -> SystemContract:
    """A system with one table."""
    made = tuple(Column(c, "string") for c in columns)
    return SystemContract(
        "crm", "CRM", "1", "telco", (Table("crm", name, made, TableErasure.DELETE, physical_name=physical_name),)
    )


def of(column: str, *keys: Any) -> Selection:
    """Rows of the table whose column holds one of the keys."""
    return Selection("person", (Condition((column,), frozenset((key,) for key in keys)),))


@pytest.fixture
def sqlite_file(tmp_path: Path) -> Path:
    """A SQLite file that holds whatever SQLite lets in."""
    path = tmp_path / "crm.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(
        """
        CREATE TABLE person (id INTEGER PRIMARY KEY, age INTEGER, height NUMERIC(5,2), is_new BOOLEAN, seen DATETIME,
                             name TEXT COLLATE NOCASE, photo BLOB, any_thing);
        INSERT INTO person VALUES (1, 30, 1.75, 1, '2021-01-02 00:00:00', 'Ann', x'00ff', 7),
                                  (2, 'thirty', 'tall', 'yes', '2021-01-01T23:30:00Z', 'ann', 'text', x'fffe'),
                                  (3, NULL, 2, 0, 1609459200, NULL, NULL, 'x');
        CREATE TABLE badge (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person (id));
        INSERT INTO badge VALUES (1, 1);
        """
    )
    connection.close()
    return path


@pytest.fixture
def crm(sqlite_file: Path) -> Iterator[SqlConnector]:
    """A connector to that file."""
    columns = ("id", "age", "height", "is_new", "seen", "name", "photo", "any_thing")
    connector = SqlConnector(contract(*columns), f"sqlite:///{sqlite_file}", time_zone=PARIS)
    yield connector
    connector.close()


def test_sqlite_types_where_values_keep_to_them(crm: SqlConnector) -> None:
    """Numbers and truth values come as such where the selected rows hold nothing else."""
    (batch,) = crm.read(of("id", 1, 3), ["age", "height", "is_new", "photo"])

    assert batch.schema.types == [pa.int64(), pa.float64(), pa.bool_(), pa.binary()]
    assert batch.to_pylist()[0] == {"age": 30, "height": 1.75, "is_new": True, "photo": b"\x00\xff"}


def test_sqlite_values_that_do_not_keep_to_their_type(crm: SqlConnector) -> None:
    """Where one does not fit, the column comes as text in the whole stream, and nothing is lost."""
    (batch,) = crm.read(of("id", 1, 2), ["age", "height", "is_new", "photo", "any_thing"])

    assert batch.to_pylist()[1] == {
        "age": "thirty", "height": "tall", "is_new": "yes", "photo": b"text", "any_thing": "fffe"
    }  # fmt: skip
    assert batch.column("age").to_pylist()[0] == "30"


def test_sqlite_collation_does_not_make_two_people_one(crm: SqlConnector) -> None:
    """A column that SQLite compares without case is compared byte by byte all the same (law 8)."""
    assert crm.find_keys(of("name", "Ann"), [("id",)])[("id",)] == {(1,)}
    assert crm.find_keys(of("id", 1, 2), [("name",)])[("name",)] == {("Ann",), ("ann",)}


def test_sqlite_text_times(crm: SqlConnector) -> None:
    """Text with a zone is compared as the instant it is; a number is no date, so its row is still held."""
    midnight = datetime(2021, 1, 1, 23, tzinfo=UTC)  # 2 January in Paris
    everybody = of("id", 1, 2, 3)

    over = crm.count([Selection("person", everybody.conditions, (Cutoff("seen", midnight, over=True),))])
    held = crm.count([Selection("person", everybody.conditions, (Cutoff("seen", midnight, over=False),))])
    assert (over, held) == ([0], [3])


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    """A file that is not there is an outage, not an empty database."""
    crm = SqlConnector(contract("id"), f"sqlite:///{tmp_path}/none.sqlite", time_zone=PARIS)

    with pytest.raises(SystemUnavailable):
        crm.count([of("id", 1)])

    assert not (tmp_path / "none.sqlite").exists()


def test_a_reference_the_contract_does_not_know_is_described_and_protects(crm: SqlConnector) -> None:
    """A foreign key of an undeclared table is seen, and a refused deletion changes nothing and quotes nothing."""
    assert crm.describe().references == (LiveReference("badge", ("person",), "person", ("id",)),)

    with pytest.raises(ContractMismatch, match="foreign key") as caught:
        crm.carry_out([ChangeColumns(of("id", 2), ("name",)), DeleteRows(of("id", 1))])

    assert "FOREIGN" not in str(caught.value)
    assert crm.find_keys(of("id", 2), [("name",)])[("name",)] == {("ann",)}


def test_a_locked_file_is_unavailable(sqlite_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else's lock is worth another try (the wait is made short, nothing else is changed)."""
    monkeypatch.setattr("integrations.systems.sql.connection.engine._BUSY_SECONDS", 0.1)
    crm = SqlConnector(contract("id"), f"sqlite:///{sqlite_file}", time_zone=PARIS)
    other = sqlite3.connect(sqlite_file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    with pytest.raises(SystemUnavailable):
        crm.carry_out([DeleteRows(of("id", 3))])

    other.close()
    assert crm.carry_out([DeleteRows(of("id", 3))]) == [1]
    crm.close()


def test_a_table_dropped_later_is_named(crm: SqlConnector, sqlite_file: Path) -> None:
    """What was there when we looked first may be gone: then it is a mismatch, not a broken step."""
    crm.count([of("id", 1)])
    with sqlite3.connect(sqlite_file) as connection:
        connection.execute("ALTER TABLE person RENAME COLUMN name TO full_name")
    connection.close()

    with pytest.raises(ContractMismatch, match=r"crm\.person\.name"):
        crm.find_keys(of("name", "Ann"), [("id",)])


def test_erased_text_is_gone_from_the_file(crm: SqlConnector, sqlite_file: Path) -> None:
    """SQLite overwrites what is erased, so that the file's free pages do not tell."""
    with sqlite3.connect(sqlite_file) as connection:
        connection.execute("INSERT INTO person (id, name) VALUES (9, 'MARKED-SUBJECT')")
    connection.close()
    crm.carry_out([DeleteRows(of("id", 9))])

    assert b"MARKED-SUBJECT" not in sqlite_file.read_bytes()


@pytest.fixture
def postgres(postgres_database: Callable[[], str]) -> Iterator[tuple[SqlConnector, psycopg.Connection[Any]]]:
    """A connector to a PostgreSQL table of rare types, and a connection of the tester's own."""
    url = postgres_database()
    own = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    own.execute("CREATE SCHEMA hr; CREATE TYPE hr.mood AS ENUM ('sad', 'glad'); CREATE DOMAIN hr.mail AS varchar(40)")
    own.execute(
        "CREATE TABLE hr.person (id smallint PRIMARY KEY, key uuid, code char(8), mood hr.mood, mail hr.mail,"
        " amount numeric(6,2), free numeric, at timestamptz, doc jsonb, tags text[], raw bytea, short varchar(3))"
    )
    own.execute(
        "INSERT INTO hr.person VALUES (1, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'AB', 'glad', 'a@x.fr', 42.50,"
        " 0.1234567890123, '2021-01-01 00:00+01', '{\"a\": 1}', '{x,y}', '\\x00ff', 'abc')"
    )
    own.execute("INSERT INTO hr.person (id) VALUES (2)")
    columns = ("id", "key", "code", "mood", "mail", "amount", "free", "at", "doc", "tags", "raw", "short")
    connector = SqlConnector(contract(*columns, physical_name="hr.person"), url, time_zone=PARIS)
    yield connector, own
    connector.close()
    own.close()


@pytest.mark.parametrize(
    ("column", "key", "rows"),
    [
        ("key", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", 1), ("key", "nobody", 0), ("id", "1", 1), ("id", 70_000, 0),
        ("code", "AB", 1), ("code", "AB        and more", 0), ("mood", "glad", 1), ("mood", "angry", 0),
        ("mail", "a@x.fr", 1), ("amount", "42.5", 1), ("amount", "42.501", 0), ("free", "0.1234567890123", 1),
        ("at", datetime(2020, 12, 31, 23, tzinfo=UTC), 1), ("raw", b"\x00\xff", 1), ("short", "abcd", 0),
    ],
)  # fmt: skip
def test_postgres_types(postgres: tuple[SqlConnector, Any], column: str, key: object, rows: int) -> None:
    """Keys are bound as what the column is, never cut or rounded until they match."""
    assert postgres[0].count([of(column, key)]) == [rows]


def test_postgres_rows(postgres: tuple[SqlConnector, Any]) -> None:
    """Every type has its place in Arrow; what we do not know comes as its text."""
    (batch,) = postgres[0].read(of("id", 1), ["code", "mood", "amount", "free", "at", "doc", "tags", "raw"])

    row = {name: str(value) for name, value in batch.to_pylist()[0].items()}
    assert row | {"code": row["code"].strip()} == {
        "code": "AB", "mood": "glad", "amount": "42.50", "free": "0.1234567890123", "at": "2020-12-31 23:00:00+00:00",
        "doc": '{"a": 1}', "tags": '["x","y"]', "raw": "b'\\x00\\xff'",
    }  # fmt: skip
    assert postgres[0].find_keys(of("id", 1), [("code",)])[("code",)] == {("AB",)}


def test_postgres_masks(postgres: tuple[SqlConnector, Any]) -> None:
    """A constant may be given as text for any type that has a text form."""
    nil = "00000000-0000-0000-0000-000000000000"
    mask = {"key": nil, "mood": "sad", "amount": "0", "at": "1970-01-01T00:00:00+00:00", "mail": "x", "short": "-"}

    assert postgres[0].carry_out([ChangeColumns(of("id", 1, 2), ("doc", "tags", "raw"), mask)]) == [2]
    assert postgres[0].count_unlike(of("id", 1, 2), Look(("doc", "tags", "raw"), mask)) == 0
    assert postgres[0].count_unlike(of("id", 1, 2), Look((), mask | {"mood": "glad"})) == 2


def test_a_lost_connection_is_unavailable_once(postgres: tuple[SqlConnector, psycopg.Connection[Any]]) -> None:
    """A connection that went away is told, and the next try has a new one."""
    connector, own = postgres
    connector.find_keys(of("id", 1), [("id",)])
    own.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rightsflow'")

    with pytest.raises(SystemUnavailable):
        connector.find_keys(of("id", 1), [("id",)])

    assert connector.find_keys(of("id", 1), [("id",)])[("id",)] == {(1,)}


def test_masks_that_do_not_fit_change_nothing(postgres: tuple[SqlConnector, Any]) -> None:
    """A constant that the column cannot hold is a mismatch with its place."""
    with pytest.raises(ContractMismatch, match=r"crm\.person\.id"):
        postgres[0].carry_out([ChangeColumns(of("id", 1), ("mail",), {"id": "x"})])

    assert postgres[0].find_keys(of("id", 1), [("mail",)])[("mail",)] == {("a@x.fr",)}


@pytest.mark.parametrize("sizes", [(1, 1), (3, 2), (9, 1), (9, 9), (30, 2, 25), (8, 8, 8)])
def test_statements_cover_every_key_and_stay_within_capacity(sizes: tuple[int, ...]) -> None:
    """However keys are divided, each is asked for exactly once and no statement is too large."""
    terms = [Term((f"c{i}",), "list", tuple((k,) for k in range(n))) for i, n in enumerate(sizes)]

    made = parts(terms, 10)

    asked = [(t.columns, key) for part in made for t in part.include for key in t.keys]
    assert sorted(asked) == sorted((t.columns, key) for t in terms for key in t.keys)
    assert all(sum(len(t.keys) for t in (*part.include, *part.exclude)) <= 10 for part in made)
