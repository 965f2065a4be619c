"""PostgreSQL and SQLite are described from memory as long as the schema is the same: no change is missed (law 6)."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from data_contracts.company.contract import Column, SystemContract, Table
from data_contracts.connectors.keys import Condition, Selection
from data_contracts.vocabulary import TableErasure
from integrations.systems.sql.connector import SqlConnector

_CHANGES = (
    "ALTER TABLE person ADD COLUMN note text",
    "ALTER TABLE person DROP COLUMN name",
    "ALTER TABLE person RENAME COLUMN name TO full_name",
    "ALTER TABLE person ALTER COLUMN name TYPE varchar(80)",
    "ALTER TABLE person ALTER COLUMN name SET NOT NULL",
    "ALTER TABLE person ALTER COLUMN seen_at TYPE timestamptz",
    "ALTER TABLE person DROP CONSTRAINT person_pkey",
    "ALTER TABLE person RENAME TO human",
    "DROP TABLE pet",
    "CREATE INDEX person_name ON person (name)",
    "ALTER TABLE pet ADD FOREIGN KEY (owner) REFERENCES person ON DELETE CASCADE",
    "CREATE TABLE badge (person integer REFERENCES person)",
)


@dataclass(frozen=True)
class _Crm:
    url: str
    connector: SqlConnector

    def change(self, statement: str) -> None:
        with psycopg.connect(self.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement.encode())


def _connector(url: str) -> SqlConnector:
    person = Table("crm", "person", tuple(Column(n, "string") for n in ("id", "name", "seen_at")), TableErasure.DELETE)
    pet = Table("crm", "pet", (Column("id", "integer"), Column("owner", "integer")), TableErasure.DELETE)
    return SqlConnector(SystemContract("crm", "Crm", "1", "telco", (person, pet)), url, time_zone="Europe/Paris")


@pytest.fixture
def crm(postgres_database: Callable[[], str]) -> Iterator[_Crm]:
    """Two tables, and a connector that has described them."""
    url = postgres_database()
    made = _Crm(url, _connector(url))
    made.change("CREATE TABLE person (id integer PRIMARY KEY, name text, seen_at timestamp)")
    made.change("CREATE TABLE pet (id integer PRIMARY KEY, owner integer)")
    made.connector.describe()
    yield made
    made.connector.close()


@pytest.mark.parametrize("change", _CHANGES)
def test_every_change_is_seen(crm: _Crm, change: str) -> None:
    """After a change the description is what a connector says that looks for the first time."""
    before = crm.connector.describe()

    crm.change(change)

    fresh = _connector(crm.url)
    assert crm.connector.describe() == fresh.describe()
    assert crm.connector.describe() != before or "timestamptz" in change  # both kinds of timestamp print alike
    fresh.close()


_SQLITE_CHANGES = (
    "ALTER TABLE person ADD COLUMN note text",
    "ALTER TABLE person DROP COLUMN name",
    "ALTER TABLE person RENAME COLUMN name TO full_name",
    "ALTER TABLE person RENAME TO human",
    "DROP TABLE pet",
    "CREATE INDEX person_name ON person (name)",
    "CREATE TABLE badge (person integer REFERENCES person ON DELETE CASCADE)",
    "DROP TABLE person; CREATE TABLE person (id integer PRIMARY KEY, name varchar(80) NOT NULL, seen_at timestamp)",
    "DROP TABLE person; CREATE TABLE person (id integer PRIMARY KEY, name text COLLATE nocase, seen_at timestamp)",
    "DROP TABLE pet; CREATE TABLE pet (id integer PRIMARY KEY, owner integer REFERENCES person)",
)


@pytest.mark.parametrize("change", _SQLITE_CHANGES)
def test_every_change_of_sqlite_is_seen(tmp_path: Path, change: str) -> None:
    """Whoever makes it, and on whatever connection."""
    file = tmp_path / "crm.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE person (id integer PRIMARY KEY, name text, seen_at timestamp)")
        connection.execute("CREATE TABLE pet (id integer PRIMARY KEY, owner integer)")
    crm, fresh = _connector(f"sqlite:///{file}"), _connector(f"sqlite:///{file}")
    before = crm.describe()
    assert crm.describe() is before  # not looked up again

    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(change)

    assert crm.describe() == fresh.describe()
    assert crm.describe() != before
    crm.close()
    fresh.close()


def test_what_did_not_change_is_not_looked_up_again(crm: _Crm) -> None:
    """The same schema is the same description."""
    assert crm.connector.describe() is crm.connector.describe()


def test_changed_column_is_compared_as_what_it_is_now(crm: _Crm) -> None:
    """A number that became text is found by text."""
    selection = Selection("pet", (Condition(("owner",), frozenset({("7",)})),))
    crm.change("INSERT INTO pet VALUES (1, 7)")
    found = crm.connector.find_keys(selection, [("id",)])
    crm.change("ALTER TABLE pet ALTER COLUMN owner TYPE text")

    crm.connector.describe()

    assert crm.connector.find_keys(selection, [("id",)]) == found == {("id",): {(1,)}}


def test_a_cascade_at_a_column_is_seen(tmp_path: Path) -> None:
    """SQLite tells of ON DELETE written behind a column, and of one at the table's end, in the same way."""
    with closing(sqlite3.connect(tmp_path / "crm.sqlite")) as made:
        made.executescript("""
            CREATE TABLE person (id INTEGER PRIMARY KEY);
            CREATE TABLE team (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES person (id) ON DELETE CASCADE,
              deputy INTEGER REFERENCES person (id) ON DELETE SET NULL, tester INTEGER REFERENCES person (id));
        """)
    columns = (Column("id", "integer", primary_key=True),)
    tables = (Table("crm", "person", columns, TableErasure.DELETE),)
    connector = SqlConnector(
        SystemContract("crm", "CRM", "1", "acme", tables), f"sqlite:///{tmp_path}/crm.sqlite", time_zone="Europe/Paris"
    )

    found = {reference.columns: reference.on_delete for reference in connector.describe().references}
    indexed = connector.describe().indexed
    connector.close()

    assert found == {("owner",): "CASCADE", ("deputy",): "SET NULL", ("tester",): ""}
    assert indexed == {"person": {"id"}}
