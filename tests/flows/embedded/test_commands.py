"""A home in the embedded database, as commands meet it: beside ``rightsflow up`` and without it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data_contracts.errors import SettingsInvalid
from flows import wiring
from flows.embedded.database import EmbeddedDatabase
from flows.server.preparing import SERVER_URLS, database_ready
from flows.settings import Settings


@pytest.fixture(autouse=True)
def _no_databases_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SERVER_URLS, "RIGHTSFLOW_REGISTER_URL"):
        monkeypatch.delenv(name, raising=False)


def _ready(home: Path, told: list[str], **settings: Any) -> Any:
    environment = {**os.environ, "PREFECT_HOME": str(home / "prefect")}
    return database_ready(Settings(home=home, **settings), environment, told.append)


def _asked(home: Path, *words: str) -> Any:
    command = [sys.executable, "-c", "from flows.cli import app; app()", *words, "--json"]
    done = subprocess.run(command, env={**os.environ, "RIGHTSFLOW_HOME": str(home)}, capture_output=True, check=True)
    return json.loads(done.stdout)


def test_new_home_begins_in_it(tmp_path: Path) -> None:
    """Nothing is moved; the server's own database is named to the server alone."""
    told: list[str] = []
    with _ready(tmp_path, told) as named:
        assert list(named) == [SERVER_URLS[0]]
        assert Settings(home=tmp_path).register.startswith("postgresql+psycopg://")
    assert told == ["making the embedded database"]
    assert not (tmp_path / "register.db").exists()


def test_command_works_beside_it_and_without(tmp_path: Path) -> None:
    """A command finds the register whether ``up`` runs or not, and leaves nothing running."""
    with _ready(tmp_path, []):
        assert _asked(tmp_path, "cases") == {"cases": []}
    database = EmbeddedDatabase(tmp_path)
    assert not database.is_answering

    assert _asked(tmp_path, "cases") == {"cases": []}
    assert not database.is_answering


def test_register_of_an_older_home_is_moved(tmp_path: Path) -> None:
    """Evidence keys, operators and cases go on; the second start moves nothing."""
    installation = wiring.Installation(Settings(home=tmp_path))
    assert installation.register.cases() == []
    installation.close()
    assert (tmp_path / "register.db").exists()
    told: list[str] = []
    with _ready(tmp_path, told):
        pass
    assert "moving the register" in told[1]
    assert list(tmp_path.glob("register.db*")) == []
    told.clear()
    with _ready(tmp_path, told):
        pass
    assert told == []


def test_file_that_a_move_left_is_removed(tmp_path: Path) -> None:
    """A move that ended before the file was gone is finished, and nothing of the file counts."""
    installation = wiring.Installation(Settings(home=tmp_path))
    assert installation.register.cases() == []
    installation.close()
    EmbeddedDatabase(tmp_path).folder.mkdir()
    EmbeddedDatabase(tmp_path).keep_register(tmp_path / "register.db")
    with _ready(tmp_path, []):
        assert not (tmp_path / "register.db").exists()


def test_file_that_somebody_put_there_is_left(tmp_path: Path) -> None:
    """A register that is restored beside the embedded one is nobody's to destroy: a person says which one counts."""
    with _ready(tmp_path, []):
        pass
    put = tmp_path / "register.db"
    put.write_bytes(b"a backup that was put back")

    with pytest.raises(SettingsInvalid, match="beside it"), _ready(tmp_path, []):
        pass

    assert put.read_bytes() == b"a backup that was put back"
    put.unlink()
    with _ready(tmp_path, []):
        pass


def test_prefects_database_of_others_is_left(tmp_path: Path) -> None:
    """A PREFECT_HOME outside of ours may serve others: nothing in it is moved or removed."""
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "prefect.db").write_bytes(b"runs of somebody else")
    environment = {**os.environ, "PREFECT_HOME": str(theirs)}
    with database_ready(Settings(home=tmp_path / "home"), environment, lambda _: None):
        pass
    assert (theirs / "prefect.db").read_bytes() == b"runs of somebody else"


def test_both_databases_named_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names both needs none of ours, and none is made."""
    monkeypatch.setenv(SERVER_URLS[0], "postgresql+asyncpg://somewhere/prefect")
    with _ready(tmp_path, [], register_url="postgresql://somewhere/register") as named:
        assert named == {}
    assert not (tmp_path / "database").exists()


def test_register_named_elsewhere(tmp_path: Path) -> None:
    """The register stays where its variable says; Prefect's server has the embedded one."""
    chosen = f"sqlite:///{tmp_path / 'mine.db'}"
    with _ready(tmp_path, [], register_url=chosen) as named:
        assert named
        assert Settings(home=tmp_path, register_url=chosen).register == chosen
    assert not EmbeddedDatabase(tmp_path).keeps_register
