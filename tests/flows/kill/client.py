"""The test's side of :mod:`tests.flows.kill.lives`: let a case live, or die, in a process of its own."""

import json
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

from tests.flows.kill.lives import ADDRESS, Life
from tests.flows.kill.moments import Death, Place, deaths, pairs
from tests.flows.kill.stories import STORIES
from tests.sampling import drawn

EFFECTS = Path(__file__).with_name("effects.json")
"""Every effect of every life, with the number of operations it is made of; see :mod:`tests.flows.kill.record`."""

_FOR_ALL_RIGHTS = re.compile(r"^(remove|tell|put_recipient_notice)\(|\(notice\.recipient\.")
_COUNT = re.compile(r" #\d+$")
_CHECKOUT = Path(__file__).parents[3]


def effects() -> dict[str, dict[str, int]]:
    """The effects of each life, in the order they begin."""
    found: dict[str, dict[str, int]] = json.loads(EFFECTS.read_text(encoding="utf-8"))
    return found


def fates() -> list["Fate"]:
    """Moments of the effects that are a life's own: of each effect, and of each life and kind of moment, at least one.

    ``make test ALL=1`` takes every moment; see :mod:`tests.sampling`.
    """
    lives = list(effects())
    every = [Fate(life, death) for place, life in enumerate(lives) for death in deaths(own(life, lives[:place]))]
    kinds = [_COUNT.sub("", fate.death.effect) for fate in every]
    return drawn(every, groups=[kinds, [(fate.life, fate.death.when) for fate in every]])


def own(life: str, earlier: Sequence[str]) -> dict[str, int]:
    """The effects of a life, without those that an earlier one has after the same effect.

    What another right does is another matter, but for what all rights begin, tell recipients and end with.
    """
    recorded = effects()
    known: set[tuple[Place, Place]] = set()
    for other in earlier:
        is_same = STORIES[other].right is STORIES[life].right
        known |= set(pairs(recorded[other]) if is_same else _common(pairs(recorded[other])))
    return dict(after for before, after in pairs(recorded[life]) if (before, after) not in known)


def _common(of_life: list[tuple[Place, Place]]) -> Iterator[tuple[Place, Place]]:
    is_beginning = True
    for before, after in of_life:
        is_beginning = is_beginning and before[0] != "complete(locate)"
        if is_beginning or _FOR_ALL_RIGHTS.search(after[0]):
            yield before, after


@dataclass(frozen=True, slots=True)
class Fate:
    """A life and where it is cut off."""

    life: str
    death: Death

    def __str__(self) -> str:
        """Names the test: ``access: before claim(stage, crm)``."""
        return f"{self.life}: {self.death.when} {self.death.effect}"


class Lives:
    """Lets cases live and die."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    @contextmanager
    def home(self) -> Iterator[Path]:
        """A new home, a copy of the template; removed when the test is happy with it."""
        made = self._folder / f"home-{next(self._numbers)}"
        shutil.copytree(self._folder / "template", made)
        yield made
        shutil.rmtree(made)

    def live(self, home: Path, name: str, **more: Any) -> dict[str, Any]:
        """Carry the case on from wherever it stands to its end; what it left behind."""
        told = self._ask(Life(str(home), name, **more))
        assert told["status"] == 0, "the process broke; see its text above"
        return told

    def go_on(self, home: Path, name: str) -> dict[str, Any]:
        """Like :meth:`live`, in a home that nobody needs afterwards."""
        told = self.live(home, name)
        shutil.rmtree(home)
        return told

    def die(self, home: Path, name: str, death: Death, **more: Any) -> None:
        """Carry the case on until the moment of death."""
        told = self._ask(Life(str(home), name, death=death.place, **more))
        assert told["status"] == -9, f"the process was to be killed {death.when} {death.effect}, and was not"

    def copies(self, name: str, at: Sequence[Death]) -> dict[Death, Path]:
        """What is left of a life at each moment of death; the same copy where nothing differs."""
        places = [death.place for death in at]
        with self.home() as home:
            told = self.live(home, name, copies=places, copies_in=str(self._folder / f"copies-{next(self._numbers)}"))
        taken = {(effect, operation): Path(copy) for effect, operation, copy in told["copies"]}
        return {death: taken[death.place] for death in at if death.place in taken}

    def _ask(self, life: Life) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._folder / ADDRESS))
            with connection.makefile("rw") as stream:
                stream.write(json.dumps(asdict(life)) + "\n")
                stream.flush()
                told: dict[str, Any] = json.loads(stream.read())
        return told


@contextmanager
def started(folder: Path) -> Iterator[Lives]:
    """The process that forks lives, until the block ends."""
    command = [sys.executable, "-m", "tests.flows.kill.lives", str(folder)]
    with subprocess.Popen(command, cwd=_CHECKOUT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", "the process that forks lives did not start"
        try:
            yield Lives(folder)
        finally:
            process.terminate()
