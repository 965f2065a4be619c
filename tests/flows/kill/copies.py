"""Copies of an installation's files, each as a killed process would leave them.

A killed process leaves what it gave to the operating system and nothing else: its uncommitted rows, drafts and journals
are there, what it only held in memory is not. So a copy of all files, taken by the process itself at a moment, is what
its death at that moment leaves. A test compares both. Moments that leave the same bytes need one copy.
"""

import hashlib
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tests.flows.kill.moments import Place

_NOT_CONTENT = "-shm"
"""Ending of SQLite's shared memory, which it makes anew."""


@dataclass
class Copies:
    """Takes a copy of ``home`` at each of ``places``, below ``folder``.

    Attributes:
        taken: the copy of each place that was reached.
    """

    home: Path
    folder: Path
    places: frozenset[Place]
    taken: dict[Place, str] = field(default_factory=dict)

    def reached(self, place: Place) -> None:
        """Copy everything, if this is one of the places."""
        if place not in self.places:
            return
        copy = self.folder / _digest(self.home)
        if not copy.exists():
            shutil.copytree(self.home, copy)
        self.taken[place] = str(copy)


def _digest(home: Path) -> str:
    """Of every file's name and bytes."""
    found = hashlib.sha256()
    for file in sorted(home.rglob("*")):
        if file.is_file() and not file.name.endswith(_NOT_CONTENT):
            found.update(f"{file.relative_to(home)}\0{file.stat().st_size}\0".encode())
            found.update(file.read_bytes())
    return found.hexdigest()
