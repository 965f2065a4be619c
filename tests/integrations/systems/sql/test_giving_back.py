"""Rows that are copied before they are erased come back as they were; what others wrote meanwhile stays."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Order, Selection
from data_contracts.connectors.recovering import Copy, CopyHead, GivenBack, NotCopied
from data_contracts.errors import ContractMismatch, StepFailed, SystemUnavailable
from integrations.systems.sql.connector import SqlConnector
from tests.integrations.spellings import connect
from tests.integrations.systems.all_types import POSTGRESQL, SQLITE
from tests.integrations.systems.looks import run
from tests.sampling import drawn


class Kept:
    """Keeps copies in memory, as the vault keeps them sealed."""

    def __init__(self) -> None:
        self.copies: dict[int, tuple[CopyHead, list[pa.RecordBatch]]] = {}
        self.is_sealed = False

    def put(self, number: int, head: CopyHead, batches: Iterator[pa.RecordBatch]) -> None:
        """Keep the rows of one order."""
        self.copies[number] = head, list(batches)

    def sealed(self) -> None:
        """Note that all were kept."""
        self.is_sealed = True

    def given(self) -> list[Copy]:
        """The copies, the last order first."""
        found = [self.copies[number] for number in sorted(self.copies, reverse=True)]
        return [Copy(head, nullcontext(iter(batches))) for head, batches in found]

    @property
    def rows(self) -> int:
        """How many rows are kept."""
        return sum(batch.num_rows for _, batches in self.copies.values() for batch in batches)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Any) -> str:
    """Each database in turn that gives rows back."""
    if request.param == "sqlite":
        return _sqlite(tmp_path)
    return str(request.getfixturevalue("postgres_database")())


def _sqlite(folder: Any) -> str:
    (folder / "thing.db").touch()
    return f"sqlite:///{folder / 'thing.db'}"


def _of(table: str, *ids: int) -> Selection:
    return Selection(table, (Condition(("id",), frozenset((key,) for key in ids)),))


def _carried_out(connector: Connector, *orders: Order) -> Kept:
    giver, kept = connector.giver(), Kept()
    assert giver is not None
    giver.carry_out_kept(orders, (), kept)
    assert kept.is_sealed
    return kept


def _back(connector: Connector, kept: Kept) -> list[GivenBack]:
    giver = connector.giver()
    assert giver is not None
    return giver.give_back(kept.given())


def _asked(url: str, query: str) -> Sequence[Any]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(query).all()
    engine.dispose()
    return [tuple(row) for row in found]


def _round(url: str, told: str, *orders: Order, tables: dict[str, str], rows: Sequence[str]) -> Kept:
    """Rows that orders take are gone, and when they were given back all is as it was."""
    connector = connect(url, tables)
    run(url, *rows)
    before = _asked(url, told)

    kept = _carried_out(connector, *orders)
    assert _asked(url, told) != before
    given = _back(connector, kept)
    assert _asked(url, told) == before
    assert sum(one.rows for one in given) == kept.rows
    assert all(not one.rows and not one.changed_since for one in _back(connector, kept)), "given back twice"
    connector.close()
    return kept


@pytest.mark.parametrize(("declared", "literal"), POSTGRESQL)
def test_value_of_postgresql_comes_back(postgresql: str, declared: str, literal: str) -> None:
    """Deleted with its row or cleared in it, the database writes the same afterwards."""
    tables = {"thing": f"id integer PRIMARY KEY, mail varchar(40), v {declared})"}
    rows = (f"INSERT INTO thing VALUES (1, 'mail', {literal}), (2, NULL, NULL)",)  # noqa: S608  # a test's own
    told = "SELECT id, mail, v::text FROM thing ORDER BY id"

    _round(postgresql, told, DeleteRows(_of("thing", 1, 2)), tables=tables, rows=rows)
    _round(postgresql, told, ChangeColumns(_of("thing", 1, 2), ("v", "mail")), tables=tables, rows=rows)


@pytest.mark.parametrize(("declared", "literal"), drawn(SQLITE, groups=list(zip(*SQLITE, strict=True))))
def test_value_of_sqlite_comes_back(tmp_path: Any, declared: str, literal: str) -> None:
    """With its storage class, and byte by byte."""
    url = _sqlite(tmp_path)
    tables = {"thing": f"id integer PRIMARY KEY, mail varchar(40), v {declared})"}
    rows = (f"INSERT INTO thing VALUES (1, 'mail', {literal}), (2, NULL, NULL)",)  # noqa: S608  # a test's own
    told = "SELECT id, mail, typeof(v), hex(v), CAST(v AS BLOB) FROM thing ORDER BY id"

    _round(url, told, DeleteRows(_of("thing", 1, 2)), tables=tables, rows=rows)
    _round(url, told, ChangeColumns(_of("thing", 1, 2), ("v", "mail")), tables=tables, rows=rows)


def test_masks_and_replacements_come_back(url: str) -> None:
    """Constants and pseudonyms give way to what stood there, of the rows that had it."""
    tables = {"thing": "id integer PRIMARY KEY, mail varchar(40), city varchar(20), n integer)"}
    rows = (
        "INSERT INTO thing VALUES (1, 'a@x.fr', 'Lyon', 7), (2, 'b@x.fr', '[erased]', 8), (3, 'a@x.fr', 'Nice', 0)",
    )
    order = ChangeColumns(_of("thing", 1, 2), set_to={"city": "[erased]", "n": 0}, replace={"mail": {"a@x.fr": "t-1"}})

    kept = _round(url, "SELECT * FROM thing ORDER BY id", order, tables=tables, rows=rows)

    assert kept.rows == 2


def test_parents_come_before_what_refers_to_them(url: str) -> None:
    """Rows that refer to each other, in a table and between tables, in one transaction."""
    tables = {
        "person": "id integer PRIMARY KEY, boss integer REFERENCES person (id), name varchar(20))",
        "note": "id integer PRIMARY KEY, person integer NOT NULL REFERENCES person (id))",
    }
    rows = (
        "INSERT INTO person VALUES (3, NULL, 'c')",
        "INSERT INTO person VALUES (1, 3, 'a')",
        "INSERT INTO note VALUES (1, 1)",
    )
    told = "SELECT p.id, p.boss, p.name, n.id FROM person p LEFT JOIN note n ON n.person = p.id ORDER BY p.id"

    _round(url, told, DeleteRows(_of("note", 1)), DeleteRows(_of("person", 1, 3)), tables=tables, rows=rows)


def test_key_that_was_taken_meanwhile_is_named(url: str) -> None:
    """Nothing of the system is written, and the row of the other person stays as it is."""
    connector = connect(url, {"thing": "id integer PRIMARY KEY, mail varchar(40))", "other": "id integer PRIMARY KEY)"})
    run(url, "INSERT INTO thing VALUES (1, 'a@x.fr'), (2, 'b@x.fr')", "INSERT INTO other VALUES (5)")
    kept = _carried_out(connector, DeleteRows(_of("thing", 1, 2)), DeleteRows(_of("other", 5)))
    run(url, "INSERT INTO thing VALUES (1, 'somebody@else.fr')")

    with pytest.raises(ContractMismatch, match=r"thing.*another row has the key") as refused:
        _back(connector, kept)

    assert "somebody" not in str(refused.value)
    assert _asked(url, "SELECT * FROM thing") == [(1, "somebody@else.fr")]
    assert _asked(url, "SELECT * FROM other") == []


def test_constraint_that_refuses_is_named(url: str) -> None:
    """A row that the copied one refers to is gone by now."""
    tables = {
        "person": "id integer PRIMARY KEY)",
        "note": "id integer PRIMARY KEY, person integer REFERENCES person (id))",
    }
    connector = connect(url, tables)
    run(url, "INSERT INTO person VALUES (1)", "INSERT INTO note VALUES (7, 1)")
    kept = _carried_out(connector, DeleteRows(_of("note", 7)))
    run(url, "DELETE FROM person")

    with pytest.raises(ContractMismatch, match=r"note.*refers to is gone"):
        _back(connector, kept)

    assert _asked(url, "SELECT * FROM note") == []


def test_value_that_was_written_since_stays(url: str) -> None:
    """What somebody wrote after the erasure counts; the other columns of the row come back."""
    connector = connect(url, {"thing": "id integer PRIMARY KEY, mail varchar(40), city varchar(20))"})
    run(url, "INSERT INTO thing VALUES (1, 'a@x.fr', 'Lyon'), (2, 'b@x.fr', 'Nice'), (3, 'c@x.fr', 'Metz')")
    kept = _carried_out(connector, ChangeColumns(_of("thing", 1, 2, 3), ("mail",), {"city": "[erased]"}))
    run(url, "UPDATE thing SET mail = 'new@x.fr' WHERE id = 1", "DELETE FROM thing WHERE id = 3")

    (given,) = _back(connector, kept)

    assert (given.rows, given.changed_since) == (2, 2)
    assert _asked(url, "SELECT * FROM thing ORDER BY id") == [(1, "new@x.fr", "Lyon"), (2, "b@x.fr", "Nice")]


def test_computed_columns_and_identities_come_back(url: str) -> None:
    """What the database computes it computes again; a number that it gave out is the row's again."""
    identity = "integer PRIMARY KEY" if url.startswith("sqlite") else "integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
    tables = {"thing": f"id {identity}, n integer, twice integer GENERATED ALWAYS AS (n * 2) STORED)"}
    rows = ("INSERT INTO thing (n) VALUES (21), (4)",)

    kept = _round(url, "SELECT * FROM thing ORDER BY id", DeleteRows(_of("thing", 1, 2)), tables=tables, rows=rows)

    assert kept.copies[0][0].columns == ("id", "n")


def test_undeclared_columns_come_back_with_their_row(url: str) -> None:
    """A row that is deleted loses what no contract names as well."""
    connector = connect(url, {"thing": "id integer PRIMARY KEY, mail varchar(40))"})
    run(url, "ALTER TABLE thing ADD COLUMN extra varchar(20)", "INSERT INTO thing VALUES (1, 'a@x.fr', 'more')")

    kept = _carried_out(connector, DeleteRows(_of("thing", 1)))
    _back(connector, kept)

    assert _asked(url, "SELECT * FROM thing") == [(1, "a@x.fr", "more")]


def test_table_without_a_key_is_not_copied(url: str) -> None:
    """A row that is there again could not be told from another; it is said, and the erasure goes on."""
    connector = connect(url, {"thing": "id integer, mail varchar(40))"})
    run(url, "INSERT INTO thing VALUES (1, 'a@x.fr')")

    kept = _carried_out(connector, DeleteRows(_of("thing", 1)))

    giver = connector.giver()
    assert giver is not None
    assert giver.not_copied(["thing"]) == {"thing": NotCopied.NO_KEY}
    assert (kept.copies, _asked(url, "SELECT * FROM thing")) == ({}, [])


def test_parent_of_other_tables_is_not_copied(postgresql: str) -> None:
    """Rows of a table that inherits would come back in the wrong one."""
    connector = connect(postgresql, {"thing": "id integer PRIMARY KEY, mail varchar(40))"})
    run(postgresql, "CREATE TABLE thing_child (extra integer) INHERITS (thing)")

    giver = connector.giver()

    assert giver is not None
    assert giver.not_copied(["thing"]) == {"thing": NotCopied.INHERITED}
    run(postgresql, "DROP TABLE thing_child")


def test_account_without_the_right_is_told_which(postgresql: str) -> None:
    """Rights to erase are none to insert; the copy is kept, so that they can be granted."""
    connector = connect(postgresql, {"thing": "id integer PRIMARY KEY, mail varchar(40))"})
    run(
        postgresql,
        "INSERT INTO thing VALUES (1, 'a@x.fr')",
        "DROP ROLE IF EXISTS rf_eraser",
        "CREATE ROLE rf_eraser LOGIN",
        "GRANT SELECT, UPDATE, DELETE ON thing TO rf_eraser",
    )
    kept = _carried_out(connector, DeleteRows(_of("thing", 1)))
    url = sa.make_url(postgresql).set(username="rf_eraser")
    eraser = SqlConnector(connector._contract, url, time_zone="UTC")  # the same contract

    with pytest.raises(ContractMismatch, match="grant the account INSERT"):
        _back(eraser, kept)

    eraser.close()
    run(postgresql, "DROP OWNED BY rf_eraser", "DROP ROLE rf_eraser")
    assert [one.rows for one in _back(connector, kept)] == [1]


class _Broken(Kept):
    def sealed(self) -> None:
        raise StepFailed("the vault is full", where="vault")


def test_nothing_is_erased_that_was_not_sealed(url: str) -> None:
    """The copy fails: so does the erasure, and every row stays."""
    connector = connect(url, {"thing": "id integer PRIMARY KEY, mail varchar(40))"})
    run(url, "INSERT INTO thing VALUES (1, 'a@x.fr')")
    giver = connector.giver()
    assert giver is not None

    with pytest.raises(StepFailed, match="the vault is full"):
        giver.carry_out_kept([DeleteRows(_of("thing", 1))], (), _Broken())

    assert _asked(url, "SELECT * FROM thing") == [(1, "a@x.fr")]


class _Meddling(Kept):
    """Somebody changes a row between its copy and its erasure."""

    def __init__(self, url: str, statement: str) -> None:
        super().__init__()
        self._said = url, statement

    def sealed(self) -> None:
        run(*self._said)
        super().sealed()


def test_row_that_changes_between_copy_and_act_is_not_lost(postgresql: str) -> None:
    """The transaction fails rather than erase what was not copied; trying again helps."""
    connector = connect(postgresql, {"thing": "id integer PRIMARY KEY, mail varchar(40))"})
    run(postgresql, "INSERT INTO thing VALUES (1, 'a@x.fr')")
    giver = connector.giver()
    assert giver is not None

    with pytest.raises(SystemUnavailable):
        giver.carry_out_kept(
            [DeleteRows(_of("thing", 1))], (), _Meddling(postgresql, "UPDATE thing SET mail = 'new@x.fr'")
        )

    assert _asked(postgresql, "SELECT * FROM thing") == [(1, "new@x.fr")]
