"""The caretaker of ``rightsflow up``: what died is started again, what jams too, and not for ever."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from data_contracts.errors import SystemUnavailable
from flows.server.caretaker import Caretaker
from flows.server.machine import RunningSystem


@dataclass
class _System:
    """A running system whose faults a test decides."""

    dead: str = ""
    well: bool = True
    database: bool | SystemUnavailable = False
    did: list[str] = field(default_factory=list)
    settings: Any = field(default_factory=lambda: SimpleNamespace(state=Path("home")))

    def failed(self) -> str:
        return self.dead

    def answers(self, _seconds: float) -> bool:
        return self.well

    def keep_database(self) -> bool:
        if isinstance(self.database, SystemUnavailable):
            raise self.database
        return self.database

    def start_worker(self) -> None:
        self.did.append("worker")

    def start_forking(self) -> None:
        self.did.append("forking")

    def restart_server(self) -> None:
        self.did.append("server")


class _Watch:
    """A caretaker at a clock that a test moves."""

    def __init__(self) -> None:
        self.system, self.told, self.time = _System(), list[str](), 1000.0
        self.caretaker = Caretaker(cast("RunningSystem", self.system), self.told.append, lambda: self.time)

    def look(self, *, after: float = 0.5) -> list[str]:
        """What one look does."""
        self.time += after
        self.system.did.clear()
        self.caretaker.look()
        return list(self.system.did)


@pytest.fixture
def watch() -> _Watch:
    """One whose system is well."""
    return _Watch()


@pytest.mark.parametrize("dead", ["server", "worker", "forking"])
def test_what_died_is_started_again(watch: _Watch, dead: str) -> None:
    """Each of its processes, and nothing else."""
    watch.system.dead = dead
    assert watch.look() == [dead]
    watch.system.dead = ""
    assert watch.look() == []


def test_server_that_answers_nobody_is_started_again(watch: _Watch) -> None:
    """After two minutes of silence, once, and it has two minutes again."""
    watch.system.well = False
    silent = [watch.look(after=10) for _ in range(12)]
    assert silent[:11] == [[]] * 11
    assert silent[11] == ["server"]
    assert "answered nobody for 120 seconds" in watch.told[0]
    assert [watch.look(after=10) for _ in range(11)] == [[]] * 11


def test_server_that_answers_now_and_then_is_left(watch: _Watch) -> None:
    """A slow server is no dead one."""
    for _ in range(40):
        watch.system.well = False
        assert [watch.look(after=10) for _ in range(5)] == [[]] * 5
        watch.system.well = True
        assert watch.look(after=10) == []


def test_server_that_dies_again_and_again_ends_it(watch: _Watch) -> None:
    """The sixth time within a quarter of an hour is for a person, who is told which log to read."""
    watch.system.dead = "server"
    assert [watch.look(after=100) for _ in range(5)] == [["server"]] * 5
    with pytest.raises(SystemUnavailable, match=r"server\.log"):
        watch.look(after=100)


def test_server_that_dies_now_and_then_goes_on(watch: _Watch) -> None:
    """Once in a while it may be started as often as it takes."""
    watch.system.dead = "server"
    assert [watch.look(after=200) for _ in range(20)] == [["server"]] * 20


def test_database_that_died_is_told(watch: _Watch) -> None:
    """It runs again before anything else is asked."""
    watch.system.database = True
    watch.look()
    assert watch.told == ["the embedded database had ended; it runs again"]


def test_database_that_does_not_start_is_told_and_tried_again(watch: _Watch) -> None:
    """`up` goes on, and says what is wrong."""
    watch.system.database = SystemUnavailable("no room", where="embedded database", remedy="make room")
    watch.look()
    watch.look()
    assert len(watch.told) == 2
    assert "make room" in watch.told[0]
