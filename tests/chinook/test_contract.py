"""The contracts of a database that we did not make: the public Chinook sample."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from data_contracts.company.contract import Contracts
from data_contracts.connectors.connecting import LiveColumn, LiveReference, LiveSchema
from data_contracts.odcs.folder import load
from data_contracts.vocabulary import Follow
from tasks.rules.search.drift import Effect, drift

_CONTRACTS = Path(__file__).parent / "contracts"
_DATABASE = Path(__file__).parents[3] / "shared" / "real" / "chinook.sqlite"
_SUBJECT = "luisg@embraer.com.br"


@pytest.fixture
def contracts() -> Contracts:
    """The checked contracts."""
    return load(_CONTRACTS)


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    """The real database, read only."""
    if not _DATABASE.exists():
        pytest.skip("data absent: put chinook.sqlite into shared/real beside the checkout")
    with closing(sqlite3.connect(f"file:{_DATABASE}?mode=ro", uri=True)) as connection:
        yield connection


def _live(database: sqlite3.Connection) -> LiveSchema:
    names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    tables, references, keys = {}, [], {}
    for name in names:
        rows = database.execute("SELECT name, type, [notnull], pk FROM pragma_table_info(?)", (name,)).fetchall()
        tables[name] = {column: LiveColumn(column, kind, nullable=not fixed) for column, kind, fixed, _ in rows}
        keys[name] = tuple(column for column, _, _, place in sorted(rows, key=lambda row: row[3]) if place)
        ends = database.execute("SELECT [from], [table], [to] FROM pragma_foreign_key_list(?)", (name,))
        references += [LiveReference(name, (column,), to, (end,)) for column, to, end in ends]
    return LiveSchema(tables, tuple(references), keys)


def test_live_schema_is_as_declared(contracts: Contracts, database: sqlite3.Connection) -> None:
    """Only the undeclared playlists, which refer to tracks, are told, and they forbid nothing."""
    found = drift(contracts.systems["chinook"], _live(database))

    assert [(f.table, f.effect) for f in found] == [("Track", Effect.WARNING)]
    assert "PlaylistTrack" in found[0].what


def test_every_declared_foreign_key_is_live(contracts: Contracts, database: sqlite3.Connection) -> None:
    """The contract's references are the live foreign keys between declared tables."""
    tables = contracts.systems["chinook"].tables
    live = {(r.table, r.columns, r.to_table) for r in _live(database).references}
    declared = {(table.name, r.columns, r.to_table) for table in tables for r in table.references}

    assert declared == {item for item in live if {item[0], item[2]} <= {table.name for table in tables}}


def test_references_lead_to_the_subjects_rows_alone(contracts: Contracts, database: sqlite3.Connection) -> None:
    """From the customer 7 invoices and 38 lines are reached; neither employee nor track is followed."""
    followed = {
        (table.name, r.to_table): r for table in contracts.tables() for r in table.references if Follow.FROM in r.follow
    }
    keys = {"Customer": database.execute("SELECT CustomerId FROM Customer WHERE Email = ?", (_SUBJECT,)).fetchall()}

    for child, parent in (("Invoice", "Customer"), ("InvoiceLine", "Invoice")):
        column, key = followed[child, parent].columns[0], contracts.table("chinook", child).primary_key[0]
        marks = ", ".join("?" * len(keys[parent]))
        statement = f"SELECT {key} FROM {child} WHERE {column} IN ({marks})"  # noqa: S608  # names of our own contract
        keys[child] = database.execute(statement, [value for (value,) in keys[parent]]).fetchall()

    assert set(followed) == {("Invoice", "Customer"), ("InvoiceLine", "Invoice")}
    assert {name: len(rows) for name, rows in keys.items()} == {"Customer": 1, "Invoice": 7, "InvoiceLine": 38}


def test_no_employee_has_the_subjects_address(database: sqlite3.Connection) -> None:
    """Employees are searched, and the customer is not among them."""
    (count,) = database.execute("SELECT count(*) FROM Employee WHERE lower(Email) = ?", (_SUBJECT,)).fetchone()

    assert count == 0
