"""Temporary files of a run lie in memory where there is room for them.

On a disk, making and removing them is most of the time of tests that need a database of their own. ``TMPDIR=FOLDER``
puts them into that folder instead, wherever it is.
"""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # only what is made below it, under a name of its own, is used
_ROOM: Final = 6 << 30
"""What a run takes at most, twice."""


def enter() -> str:
    """Have this process, and those that it starts, write temporary files into memory; the folder, if there is room.

    Its name is short, because addresses of sockets in it may not be long.
    """
    if "TMPDIR" in os.environ or not has_room(_MEMORY):
        return ""
    for left in _MEMORY.glob("rf-*-*"):
        if not Path("/proc", left.name.split("-")[1]).exists():
            shutil.rmtree(left, ignore_errors=True)  # of a run in which a test failed, and that is over
    made = tempfile.mkdtemp(prefix=f"rf-{os.getpid()}-", dir=_MEMORY)
    os.environ["TMPDIR"] = made
    tempfile.tempdir = None  # read anew
    atexit.register(_leave, made, os.getpid())  # the last to be called: others write there until they are
    return made


def stay() -> None:
    """Leave what was written where it is until the next run, for who looks why a test failed."""
    atexit.unregister(_leave)


def _leave(folder: str, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def has_room(folder: Path) -> bool:
    """Whether a folder is in memory of which enough is free, and programs in it can be run."""
    if not os.access(folder, os.W_OK):
        return False
    place = os.statvfs(folder)
    if place.f_flag & os.ST_NOEXEC or place.f_bavail * place.f_frsize < _ROOM:
        return False
    free = re.search(r"^MemAvailable: +(\d+) kB$", Path("/proc/meminfo").read_text("ascii"), re.MULTILINE)
    return free is not None and int(free[1]) << 10 >= _ROOM
