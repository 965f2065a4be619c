"""PostgreSQL is described from memory as long as its schema is the same: no change may be missed (law 6)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from data_contracts.contract import Column, SystemContract, Table
from data_contracts.keys import Condition, Selection
from data_contracts.vocabulary import TableErasure
from integrations.systems import SqlConnector

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
