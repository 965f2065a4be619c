"""Moments at which a process can die: around each effect, and inside it.

An *effect* is a call that changes something outside the process. The *moments* of an effect are the operations that
make it durable: a database's COMMIT, a file renamed, linked or removed. So the moments to die at are

* ``before``: with all prepared and the first of these operations not made (uncommitted rows, a draft beside its place);
* ``midway``: where an effect is made of several operations, half of them made;
* ``after``: all made, and the process knows nothing of it any more.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

_FILE_EVENTS = frozenset({"os.rename", "os.link", "os.remove"})
"""Names of Python's audit events; ``Path.replace`` and ``Path.unlink`` raise them too."""
_DIGEST = re.compile(r"\b[0-9a-f]{16}\b|(?<=_rightsflow-)[0-9a-f]{8}(?=-)")
"""Made under the case's own key, or for one process, so that it is another in each life."""

When = Literal["before", "midway", "after"]
Place = tuple[str, int]
"""An effect's label and the operation before which it is; 0: at entry; -1: after all."""


@dataclass(frozen=True, slots=True)
class Death:
    """Where to die.

    Attributes:
        effect: its label, as :class:`Moments` counts it.
        when: which moment.
        operations: how many operations the effect is made of.
    """

    effect: str
    when: When
    operations: int

    @property
    def place(self) -> Place:
        """The effect, and the operation before which to die."""
        if self.when == "after":
            return self.effect, -1
        return self.effect, min(1, self.operations) if self.when == "before" else self.operations // 2 + 1


@dataclass
class _Running:
    label: str
    operations: int = 0


class Moments:
    """Counts the effects of a life as they happen, and tells each moment when it is there.

    Args:
        home: files below it count; what Python itself writes elsewhere does not.
        reached: called at each moment; it may end the process.
    """

    def __init__(self, home: Path, reached: Callable[[Place], None] = lambda _: None) -> None:
        self.recorded: dict[str, int] = {}
        """The number of operations of each effect, in the order the effects began."""
        self._home = str(home)
        self._reached = reached
        self._seen: Counter[str] = Counter()
        self._running: list[_Running] = []
        sa.event.listen(sa.Engine, "commit", self._commit)
        sys.addaudithook(self._hear)

    @contextmanager
    def effect(self, name: str) -> Iterator[None]:
        """An effect lasts as long as the block; the second of the same name is labelled ``name #2``."""
        name = _DIGEST.sub("digest", name)
        self._seen[name] += 1
        count = self._seen[name]
        running = _Running(name if count == 1 else f"{name} #{count}")
        self.recorded[running.label] = 0
        self._running.append(running)
        try:
            self._reached((running.label, 0))
            yield
        finally:
            self._running.pop()
        self.recorded[running.label] = running.operations
        self._reached((running.label, -1))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is made in the block is no moment of the life: a line in a log, which changes nothing for a case."""
        self._running.append(_Running(""))
        try:
            yield
        finally:
            self._running.pop()

    def operation(self, name: str) -> None:
        """An operation is about to be made, as part of the innermost effect, or outside of any as an effect itself."""
        if not self._running:
            with self.effect(name):
                return
        running = self._running[-1]
        if not running.label:
            return
        running.operations += 1
        self._reached((running.label, running.operations))

    def _commit(self, connection: sa.Connection) -> None:
        self.operation(f"commit({connection.engine.url.database})")

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event not in _FILE_EVENTS:
            return
        path = str(arguments[0])
        if path.startswith(self._home):
            self.operation(f"{event}({Path(path).parent.relative_to(self._home)})")
        elif arguments[-1] != -1:  # relative to an open folder: one that is being removed whole
            self.operation(event)


def deaths(recorded: dict[str, int]) -> list[Death]:
    """Every moment of every effect of a recorded life."""
    found: list[Death] = []
    for effect, operations in recorded.items():
        if not _is_cut_off(effect, operations):
            continue
        found.append(Death(effect, "before", operations))
        if operations > 1:
            found.append(Death(effect, "midway", operations))
        found.append(Death(effect, "after", operations))
    return found


def pairs(recorded: dict[str, int]) -> list[tuple[Place, Place]]:
    """Each effect of a recorded life with the one before it."""
    effects = [(effect, operations) for effect, operations in recorded.items() if _is_cut_off(effect, operations)]
    return list(pairwise([("", 0), *effects]))


def _is_cut_off(effect: str, operations: int) -> bool:
    """To claim what was done changes nothing."""
    return bool(operations) or not effect.startswith("claim(")
