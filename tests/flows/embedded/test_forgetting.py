"""What was wiped from the embedded database leaves its files, and is tried again where somebody is in the way."""

from pathlib import Path

import psycopg
import pytest

from flows.embedded import forgetting
from flows.embedded.database import REGISTER, SERVER, EmbeddedDatabase
from flows.embedded.forgetting import forget_wiped, note_wiped, was_wiped
from tests.prefect.marks import found_in_files, mark


def _filled(database: EmbeddedDatabase) -> list[str]:
    """Marks that were in both databases, and were wiped."""
    database.keep_register()
    marks = [mark() for _ in range(3)]
    for name, table, one in zip(
        (SERVER, SERVER, REGISTER), ("flow_run", "flow_run_input", "data_key"), marks, strict=True
    ):
        database.statements(
            name,
            f"CREATE TABLE {table} (value text)",
            f"INSERT INTO {table} SELECT '{one}' || n FROM generate_series(1, 50) n",  # noqa: S608  # our own marks
            "CHECKPOINT",
            f"UPDATE {table} SET value = ''",  # noqa: S608  # as above
        )
    return marks


def test_bytes_of_what_was_wiped_are_gone(tmp_path: Path) -> None:
    """Neither table files nor the write-ahead log hold it, though nobody ended the server."""
    database = EmbeddedDatabase(tmp_path)
    with database.held():
        marks = _filled(database)
        database.statements(SERVER, "CHECKPOINT")
        assert {line.rpartition(" ")[2] for line in found_in_files([database.folder], marks)} == set(marks)

        assert forget_wiped(database, str(tmp_path))

        assert found_in_files([database.folder], marks) == []


def test_somebody_in_the_way_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table in use for long is left, and noted for the next time."""
    monkeypatch.setattr("flows.embedded.forgetting._PATIENCE", "SET lock_timeout = '50ms'")
    database = EmbeddedDatabase(tmp_path)
    with database.held():
        _filled(database)
        note_wiped(str(tmp_path))
        with psycopg.connect(database.url(SERVER).replace("+psycopg", "")) as other:
            other.execute("SELECT * FROM flow_run")
            assert not forget_wiped(database, str(tmp_path))
        assert was_wiped(str(tmp_path))
        assert forget_wiped(database, str(tmp_path))
        assert not was_wiped(str(tmp_path))


def test_who_still_sees_what_was_wiped_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that began before, and uses none of the tables, has PostgreSQL keep the rows in the new files."""
    fewer = forgetting._UNSEEN.replace("1..30", "1..3")
    monkeypatch.setattr("flows.embedded.forgetting._UNSEEN", fewer)
    database = EmbeddedDatabase(tmp_path)
    with database.held():
        database.ensure()
        database.statements(SERVER, "CREATE TABLE flow_run (value text)", "CREATE TABLE flow_run_input (value text)")
        one = mark()
        database.statements(SERVER, f"INSERT INTO flow_run VALUES ('{one}')")  # noqa: S608  # our own mark
        with psycopg.connect(database.url(SERVER).replace("+psycopg", "")) as other:
            other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            other.execute("SELECT 1")
            database.statements(SERVER, "DELETE FROM flow_run")
            assert not forget_wiped(database, str(tmp_path))
            assert was_wiped(str(tmp_path))
        assert forget_wiped(database, str(tmp_path))
        assert found_in_files([database.folder], [one]) == []


def test_note_is_of_this_processs_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process notes it for the server that it uses; without one, nowhere."""
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    note_wiped()
    assert was_wiped(str(tmp_path))
    monkeypatch.delenv("PREFECT_HOME")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wiped").unlink()
    note_wiped()
    assert not was_wiped(str(tmp_path))
