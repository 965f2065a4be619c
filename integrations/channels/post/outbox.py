"""Mails as files in a folder: the channel of an installation without a mail server, and of every demonstration."""

import contextlib
import glob
import os
import tempfile
from pathlib import Path

from data_contracts.errors import SystemUnavailable

__all__ = ["write_once"]


def write_once(folder: Path, name: str, content: bytes) -> bool:
    """Put a file into the folder whole, unless one of that name is there; whether it was put there now.

    A file that is there is never touched, so a message is written once however often its step runs.

    Raises:
        SystemUnavailable: when the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _link_once(folder, folder / name, content)
    except OSError:
        raise SystemUnavailable(
            "the outbox folder cannot be written", where="outbox", remedy="free space or grant rights, then resume"
        ) from None


def _link_once(folder: Path, target: Path, content: bytes) -> bool:
    if target.exists():
        _sweep(folder, target.name)
        return False
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{target.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        # A hard link appears whole and, unlike a rename, never replaces what is there.
        with contextlib.suppress(FileExistsError):
            os.link(temporary, target)
            return True
        return False
    finally:
        _sweep(folder, target.name)


def _sweep(folder: Path, name: str) -> None:
    """Take away our draft of a message, and those of processes that were killed: they hold what it says.

    Where another process is still writing one, it finds its draft gone, tries again and sees that the message is there.
    """
    for part in folder.glob(f".{glob.escape(name)}.*.part"):
        part.unlink(missing_ok=True)
