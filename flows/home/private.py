"""What lies in the home is its owner's alone, also in a home that was there before with wider modes."""

import os
from pathlib import Path
from typing import Final

__all__ = ["UMASK", "keep_private"]

UMASK: Final = 0o077
"""For processes that we start: nobody else reads what they write."""
_OTHERS: Final = 0o077
_OWN: Final = (
    "keys",
    "vault",
    "outbox",
    "logs",
    "systems",
    "prefect",
    "database",
    "register.db",
    "register.db-wal",
    "register.db-shm",
)
"""Folders and files of ours in the home. The home itself may be a folder that others use too."""


def keep_private(home: Path) -> None:
    """Make the home for its owner alone, and take others' rights from what of ours lies in one that was there.

    What another account owns is left: it alone can change that.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in _OWN:
        place = home / name
        try:
            found = place.lstat()
        except FileNotFoundError:
            continue
        if found.st_mode & _OTHERS and found.st_uid == os.geteuid() and not place.is_symlink():
            place.chmod(found.st_mode & 0o777 & ~_OTHERS)
