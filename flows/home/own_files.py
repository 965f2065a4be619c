"""Files that an operator takes out of the system: personal data in plain text, in a folder that the operator names.

1. a folder that is made is its owner's alone;
2. a file is its owner's alone from its first byte on, is never one that was there before, and no link is followed;
3. a file that could not be written whole is not left behind.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from data_contracts.errors import RequestInvalid

__all__ = ["own_folder", "write_own"]

_NEW = os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY
_OWNER_ALONE = 0o600


def own_folder(folder: Path, *, empty: bool = False) -> Path:
    """The folder, made where it was not there.

    Raises:
        RequestInvalid: when it shall be empty, and is not; or when it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        raise RequestInvalid(
            "it is no folder that can be written to", where=str(folder), remedy="name another"
        ) from None
    if empty and any(folder.iterdir()):
        raise RequestInvalid("the folder is not empty", where=str(folder), remedy="name an empty or a new folder")
    return folder


def write_own(file: Path, parts: Iterable[bytes | str]) -> Path:
    """Write a new file that its owner alone can read; text as UTF-8.

    Raises:
        RequestInvalid: when something of that name is there already.
    """
    try:
        opened = os.open(file, _NEW, _OWNER_ALONE)
    except FileExistsError:
        raise RequestInvalid("the file is there already", where=str(file), remedy="choose another folder") from None
    try:
        with os.fdopen(opened, "wb") as stream:
            stream.writelines(part.encode() if isinstance(part, str) else part for part in parts)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return file
