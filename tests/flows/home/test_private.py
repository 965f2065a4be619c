"""Nobody else on the machine reads what lies in the home, also where the home was there before (law 1)."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows import wiring
from flows.cli import app
from flows.home.private import keep_private
from flows.settings import Settings, settings


@pytest.fixture(autouse=True)
def wide_umask() -> Iterator[None]:
    """As most machines have it: others may read."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that somebody made before, for all to read."""
    made = tmp_path / "home"
    for folder in (made, made / "keys", made / "outbox", made / "vault", made / "logs", made / "database"):
        folder.mkdir(mode=0o755)
    (made / "register.db").touch(mode=0o644)
    (made / "notes.txt").touch(mode=0o644)
    return made


def _readable_by_others(home: Path) -> list[str]:
    """Files that another account could open: their own mode and every folder above them let it in."""

    def lets_in(place: Path) -> bool:
        return bool(place.stat().st_mode & 0o077)

    return sorted(
        str(file.relative_to(home))
        for file in home.rglob("*")
        if file.is_file() and lets_in(file) and all(lets_in(one) for one in file.parents if one.is_relative_to(home))
    )


def test_folders_that_were_there_are_closed(home: Path) -> None:
    """Ours; a file of somebody else's and the folder that they share stay as they are."""
    keep_private(home)

    names = ("keys", "outbox", "vault", "logs", "database", "register.db")
    assert {name: (home / name).stat().st_mode & 0o777 for name in names} == {
        "keys": 0o700,
        "outbox": 0o700,
        "vault": 0o700,
        "logs": 0o700,
        "database": 0o700,
        "register.db": 0o600,
    }
    assert home.stat().st_mode & 0o777 == 0o755
    assert (home / "notes.txt").stat().st_mode & 0o777 == 0o644


def test_what_another_place_holds_is_left(home: Path, tmp_path: Path) -> None:
    """A link in the home is not followed: what it leads to is not ours to close."""
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    (home / "logs").rmdir()
    (home / "logs").symlink_to(shared)

    keep_private(home)

    assert shared.stat().st_mode & 0o777 == 0o755


def test_opening_an_installation_closes_them(home: Path) -> None:
    """Whatever opens it: a command, a flow, a door."""
    (home / "register.db").unlink()
    chosen = Settings(home=home)
    with wiring.opened(chosen) as installation:
        installation.register.cases()
    with wiring.opened(chosen) as installation:
        installation.register.cases()

    assert _readable_by_others(home) == ["notes.txt"]


def test_commands_write_for_their_owner_alone(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the home from the first command on, and in a file that a person names elsewhere."""
    (home / "register.db").unlink()
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(home))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    settings.cache_clear()

    report = home.parent / "report.pdf"

    for words in (["open", "access", "--identity", "email=ana@example.org"], ["report", "--pdf", str(report)]):
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output

    assert report.stat().st_mode & 0o077 == 0
    assert _readable_by_others(home) == ["notes.txt"]
