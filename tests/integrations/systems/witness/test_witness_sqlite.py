"""The witness of SQLite: values of any type in columns of any type, full-text tables, and files in odd states."""

# ruff: noqa: S608  # statements of our own

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from data_contracts.connectors.witnessing import Budget, Looked, Needle, PlaceKind
from integrations.systems.directory import open_connector
from tests.integrations.systems.looks import ANNA, PHONE, a_contract, looked_at, places, seen, sightings, unseen

KEY = "anna@e.org"
Look = Callable[..., list[Looked]]


@pytest.fixture
def file(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """An empty SQLite file."""
    with closing(sqlite3.connect(tmp_path / "town.db", isolation_level=None)) as connection:
        yield connection


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """What the witness of the file says."""

    def said(*needles: Needle, **asked: Any) -> list[Looked]:
        contract = a_contract("person", columns=("id", "mail"))
        with closing(open_connector(contract, f"sqlite:///{tmp_path}/town.db", time_zone="UTC")) as connector:
            return looked_at(connector, *needles, **asked)

    return said


@pytest.mark.parametrize("type_", ["", "TEXT", "INTEGER", "REAL", "BLOB", "NUMERIC", "whatever"])
@pytest.mark.parametrize(
    "value",
    [
        f"To {KEY.upper()}.",
        f"a\0b {KEY}",
        b"\xff\x00" + KEY.encode() + b"\x00",
        KEY.encode("utf-16-le"),
        KEY.encode("utf-16-be"),
        "„".encode() + KEY.encode(),
    ],
    ids=repr,
)
def test_any_value_in_any_column_is_read(file: sqlite3.Connection, look: Look, type_: str, value: object) -> None:
    """A column holds what it was given, whatever it was declared for."""
    file.execute(f"CREATE TABLE t (held {type_})")
    file.executemany("INSERT INTO t VALUES (?)", [(value,), (None,), (5,), (b"\xff\xfe",)])

    assert seen(look()) == {("main.t", "held"): 1}


def test_text_that_is_no_utf8_breaks_nothing(file: sqlite3.Connection, look: Look) -> None:
    """SQLite takes any bytes for text."""
    file.execute("CREATE TABLE t (a)")
    file.execute("INSERT INTO t VALUES (CAST(? AS TEXT)), (CAST(? AS TEXT))", (b"\xff " + KEY.encode(), b"\xff\xfe"))

    assert seen(look()) == {("main.t", "a"): 1}


def test_files_in_utf16_are_read(file: sqlite3.Connection, look: Look) -> None:
    """A file has one of three codings of text."""
    file.execute("PRAGMA encoding = 'UTF-16be'")
    file.execute("CREATE TABLE t (a)")
    file.execute("INSERT INTO t VALUES (?), ('bob')", (KEY,))

    assert seen(look()) == {("main.t", "a"): 1}


def test_numbers_are_read_where_a_key_can_be_one(file: sqlite3.Connection, look: Look) -> None:
    """A telephone number, as a number."""
    file.execute("CREATE TABLE t (a)")
    file.execute("INSERT INTO t VALUES (33612345678), ('x')")

    assert seen(look(PHONE)) == {("main.t", "a"): 1}
    assert seen(look(ANNA)) == {}


def test_every_sort_of_table_is_read(file: sqlite3.Connection, look: Look) -> None:
    """Without row ids, with generated columns, full-text with its content; views where their tables were not whole."""
    file.executescript(f"""
        CREATE TABLE person (id TEXT PRIMARY KEY, mail TEXT, shown TEXT GENERATED ALWAYS AS (mail || '.') VIRTUAL)
            WITHOUT ROWID;
        INSERT INTO person VALUES ('1', '{KEY}');
        CREATE TABLE strict_one (a ANY) STRICT;
        INSERT INTO strict_one VALUES ('{KEY}');
        CREATE VIRTUAL TABLE words USING fts5(body);
        INSERT INTO words VALUES ('hello {KEY}');
        CREATE VIRTUAL TABLE old USING fts4(body);
        INSERT INTO old VALUES ('hello {KEY}');
        CREATE VIEW shown AS SELECT mail FROM person;
    """)

    looked = look()

    assert seen(looked) == {
        ("main.person", "mail"): 1,
        ("main.person", "shown"): 1,
        ("main.strict_one", "a"): 1,
        ("main.words", "body"): 1,
        ("main.old", "body"): 1,
    }
    assert {one.place.table for one in sightings(looked)} == {"person", ""}
    assert unseen(looked) == {}


def test_full_text_without_content_is_said(file: sqlite3.Connection, look: Look) -> None:
    """Its terms are there, but no text to look at; then views are looked at too."""
    file.executescript(f"""
        CREATE TABLE person (mail);
        INSERT INTO person VALUES ('{KEY}');
        CREATE VIRTUAL TABLE terms USING fts5(mail, content='');
        INSERT INTO terms (rowid, mail) VALUES (1, '{KEY}');
        CREATE VIEW shown AS SELECT mail FROM person;
    """)

    looked = look()

    assert unseen(looked) == {"main.terms": "unreadable"}
    assert seen(looked) == {("main.person", "mail"): 1, ("main.shown", "mail"): 1}


def test_table_of_an_unknown_module_is_said(file: sqlite3.Connection, look: Look) -> None:
    """The program that made it knows how to read it; the other tables are read."""
    file.executescript(f"""
        CREATE TABLE person (mail);
        INSERT INTO person VALUES ('{KEY}');
        PRAGMA writable_schema = ON;
        INSERT INTO sqlite_master VALUES ('table', 'odd', 'odd', 0, 'CREATE VIRTUAL TABLE odd USING nowhere(a)');
    """)

    looked = look()

    assert unseen(looked) == {"main.odd": "unreadable"}
    assert seen(looked) == {("main.person", "mail"): 1}


@pytest.mark.parametrize("name", ['a "b" % `c`', "x:y %s :d ?", "select", "Ünï", "back\\slash", "x" * 200])
def test_any_name_is_taken(file: sqlite3.Connection, look: Look, name: str) -> None:
    """Quotes, percent signs, colons, blanks, words of SQL."""
    quoted = '"' + name.replace('"', '""') + '"'
    file.execute(f"CREATE TABLE {quoted} ({quoted} text)")
    file.execute(f"INSERT INTO {quoted} VALUES (?)", (KEY,))

    assert seen(look()) == {(f"main.{name}", name): 1}


def test_names_that_hold_a_key_are_seen_and_masked(file: sqlite3.Connection, look: Look) -> None:
    """A table named after a person."""
    file.execute(f'CREATE TABLE "copy_of_{KEY}_1" (a)')

    looked = look()

    assert [one.place.name for one in sightings(looked) if one.place.kind is PlaceKind.NAME] == ["main.***"]
    assert "anna" not in str(looked)


def test_very_wide_tables_are_looked_at(file: sqlite3.Connection, look: Look) -> None:
    """As wide as SQLite makes them, with several kinds of needles."""
    file.execute(f"CREATE TABLE wide ({', '.join(f'c{i}' for i in range(1_100))})")
    file.execute("INSERT INTO wide (c0, c1099) VALUES (?, ?)", (KEY, KEY))
    many = [Needle(f"kind{i}", f"nobody{i}", (f"nobody{i}",)) for i in range(2)]

    assert seen(look(ANNA, *many)) == {("main.wide", "c0"): 1, ("main.wide", "c1099"): 1}


def test_empty_tables_are_looked_at(file: sqlite3.Connection, look: Look) -> None:
    """No row; and the tables of SQLite's own are no places."""
    file.executescript("CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE u (b); ANALYZE;")

    assert sorted(places(look())) == ["main.t", "main.u"]


def test_locked_file_is_said(file: sqlite3.Connection, look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for another program."""
    monkeypatch.setattr(
        "integrations.systems.sql.connection.engine._LOCK_SECONDS", 0.2
    )  # a short wait is as true as a long one
    file.execute("CREATE TABLE person (mail)")
    wait = look()
    file.execute("BEGIN EXCLUSIVE")

    assert unseen(wait) == {}
    with pytest.raises(Exception, match="could not be reached"):
        look()


def test_budget_of_a_place_is_kept(file: sqlite3.Connection, look: Look) -> None:
    """A view that never ends is broken off; the rest was seen."""
    file.executescript(f"""
        CREATE TABLE person (mail);
        INSERT INTO person VALUES ('{KEY}');
        CREATE VIRTUAL TABLE terms USING fts5(mail, content='');
        CREATE VIEW endless AS WITH RECURSIVE n(x) AS (SELECT '1' UNION ALL SELECT x FROM n) SELECT x FROM n;
    """)

    looked = look(budget=Budget(place_seconds=0.5))

    assert unseen(looked) == {"main.endless": "too_long", "main.terms": "unreadable"}
    assert seen(looked) == {("main.person", "mail"): 1}
