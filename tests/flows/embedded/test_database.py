"""The embedded database: started by the first who works with it, ended by the last, open to nobody else."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from data_contracts.errors import SettingsInvalid, SystemUnavailable
from flows.embedded import software
from flows.embedded.database import REGISTER, SERVER, EmbeddedDatabase
from tests.sampling import drawn

_NAMES = ("it's a home", "a home; with 'quotes' & signs=?", "home" * 40, "maison-é")
_HOLD = """
import sys, time
from pathlib import Path
from flows.embedded.database import EmbeddedDatabase
with EmbeddedDatabase(Path(sys.argv[1])).held():
    print("held", flush=True)
    time.sleep(300)
"""


@pytest.fixture
def database(tmp_path: Path) -> EmbeddedDatabase:
    """One that nobody has made yet."""
    return EmbeddedDatabase(tmp_path)


@pytest.fixture
def somebody(database: EmbeddedDatabase) -> Iterator[subprocess.Popen[str]]:
    """Another process that works with it."""
    words = [sys.executable, "-c", _HOLD, str(database.home)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other
        other.kill()


def _asked(database: EmbeddedDatabase, statement: str, name: str = REGISTER) -> object:
    engine = sa.create_engine(database.url(name))
    try:
        with engine.begin() as connection:
            found = connection.execute(sa.text(statement))
            return found.scalar() if found.returns_rows else None
    finally:
        engine.dispose()


def _server(database: EmbeddedDatabase) -> psutil.Process:
    return psutil.Process(int((database.data / "postmaster.pid").read_text().split("\n")[0]))


def _has_ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("name", [REGISTER, SERVER])
def test_made_held_and_ended(database: EmbeddedDatabase, name: str) -> None:
    """Who holds it finds both databases; afterwards nothing runs, and what was written is there the next time."""
    with database.held():
        _asked(database, "CREATE TABLE kept AS SELECT 7 AS number", name)
        server = _server(database)
    assert not database.is_answering
    assert _has_ended(server)

    with database.held():
        assert _asked(database, "SELECT number FROM kept", name) == 7


def test_last_one_ends_it(database: EmbeddedDatabase) -> None:
    """It runs as long as anybody of this process works with it."""
    with database.held():
        with database.held():
            pass
        assert _asked(database, "SELECT 1") == 1
    assert not database.is_answering


def test_another_process_goes_on(database: EmbeddedDatabase, somebody: subprocess.Popen[str]) -> None:
    """It runs as long as another process works with it."""
    with database.held():
        pass
    assert somebody.poll() is None
    assert _asked(database, "SELECT 1") == 1


def test_who_was_killed_leaves_it_to_the_next(database: EmbeddedDatabase, somebody: subprocess.Popen[str]) -> None:
    """A process that was killed ends nothing; the next one works with the same server, and ends it."""
    somebody.kill()
    somebody.wait()
    before = _server(database)
    with database.held():
        assert _server(database) == before
    assert _has_ended(before)


def test_killed_server_starts_again(database: EmbeddedDatabase) -> None:
    """What was committed is there when the server was killed and started again."""
    with database.held():
        _asked(database, "CREATE TABLE kept AS SELECT 7 AS number")
        server = _server(database)
        server.send_signal(signal.SIGKILL)
        while not _has_ended(server):
            time.sleep(0.05)

        database.ensure()

        assert _asked(database, "SELECT number FROM kept") == 7


def test_making_that_broke_off_begins_anew(database: EmbeddedDatabase) -> None:
    """Half a folder of data is no database."""
    database.data.mkdir(parents=True)
    (database.data / "PG_VERSION").write_text("18\n")
    with database.held():
        assert _asked(database, "SELECT 1") == 1


def test_making_that_broke_off_while_it_ran_begins_anew(database: EmbeddedDatabase) -> None:
    """A server that runs in a folder which was never finished is ended first."""
    with database.held():
        before = _server(database)
        (database.folder / "made").unlink()
        with database.held():
            assert _asked(database, "SELECT 1") == 1
        assert _has_ended(before)


def test_nobody_else_enters(database: EmbeddedDatabase) -> None:
    """No port is open, its folders are their owner's alone, and it asks for a password."""
    with database.held():
        server = _server(database)
        assert server.net_connections("inet") == []
        for place in (database.folder, database.data, database.sockets, *database.folder.glob("*.lock")):
            assert place.stat().st_mode & 0o077 == 0, place
        kept = database.home / "keys" / "database-password"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600

        password = kept.read_text()
        kept.write_text("*:*:*:rightsflow:wrong\n")
        with pytest.raises(sa.exc.OperationalError, match="password authentication failed"):
            _asked(database, "SELECT 1")
        kept.write_text(password)
    assert password.rpartition(":")[2].strip() not in database.url(REGISTER)


@pytest.mark.parametrize("name", drawn(_NAMES, groups=[[0, 1, 2, 0]]))
def test_home_of_any_name(tmp_path: Path, name: str) -> None:
    """A home's path may hold spaces, quotes and letters, and be too long for a socket."""
    database = EmbeddedDatabase(tmp_path / name)
    database.home.mkdir()
    with database.held():
        assert _asked(database, "SELECT 1") == 1
    assert not database.is_answering


def test_log_holds_no_value(database: EmbeddedDatabase) -> None:
    """What a statement held that failed is in no log, neither its text nor the row it met."""
    with database.held():
        _asked(database, "CREATE TABLE person (email text PRIMARY KEY)")
        for _ in range(2):
            with suppress(sa.exc.IntegrityError):
                _asked(database, "INSERT INTO person VALUES ('marie.curie@example.org')")
    log = (database.home / "logs" / "database.log").read_text()
    assert "duplicate key" in log
    assert "marie.curie" not in log


def test_disk_without_room(database: EmbeddedDatabase) -> None:
    """A folder that cannot be made is an error that says so."""
    database.folder.parent.mkdir(exist_ok=True)
    database.folder.write_text("a file in the way")
    with pytest.raises(SystemUnavailable, match="embedded database"), database.held():
        pass


def test_broken_file(database: EmbeddedDatabase) -> None:
    """Data that PostgreSQL cannot start with are named, and left as they are."""
    with database.held():
        pass
    control = database.data / "global" / "pg_control"
    before = control.read_bytes()
    control.write_bytes(b"\0" * len(before))

    with pytest.raises(SystemUnavailable, match="pg_ctl") as refused, database.held():
        pass

    assert "logs/database.log" in str(refused.value)
    assert control.read_bytes() == b"\0" * len(before)


def test_machine_without_postgresql(database: EmbeddedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the package is not installed, the variables are named that make it needless."""
    monkeypatch.setattr(software, "find_spec", lambda _: None)
    with pytest.raises(SettingsInvalid, match="RIGHTSFLOW_REGISTER_URL"), database.held():
        pass


@pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL runs as any account but root")
def test_root_without_namespaces(database: EmbeddedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the kernel gives root no namespace, it runs as nobody, in a home that nobody else enters."""
    monkeypatch.setattr(software, "_namespace", tuple)
    software.account.cache_clear()
    try:
        database.home.chmod(0o700)
        with database.held():
            assert _asked(database, "SELECT 1") == 1
            assert _server(database).uids().real == 65534
        assert stat.S_IMODE(database.home.stat().st_mode) == 0o700
    finally:
        software.account.cache_clear()


@pytest.mark.skipif(os.geteuid() != 0, reason="PostgreSQL runs as any account but root")
def test_root_without_any_way(database: EmbeddedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where root can start nothing as another account, the error says what to do."""
    monkeypatch.setattr(software, "_namespace", tuple)
    monkeypatch.setattr(software, "_bare_account", tuple)
    software.account.cache_clear()
    try:
        with pytest.raises(SettingsInvalid, match="as another account"), database.held():
            pass
    finally:
        software.account.cache_clear()


def test_two_begin_at_once(database: EmbeddedDatabase) -> None:
    """Processes that begin together work with one server."""
    words = [sys.executable, "-c", _HOLD, str(database.home)]
    began = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        assert [one.stdout.readline() for one in began if one.stdout] == ["held\n"] * 3
        with closing(sa.create_engine(database.url(REGISTER), poolclass=sa.NullPool).connect()) as connection:
            assert connection.execute(sa.text("SELECT 1")).scalar() == 1
    finally:
        for one in began:
            one.kill()
            one.communicate()
    time.sleep(0.1)
    with database.held():
        pass
    assert not database.is_answering
