"""Where sealed blobs lie: a local folder, or an object store through ``pyarrow.fs``.

A blob is visible whole or not at all. Locally it is written beside its place, brought to the disk and renamed;
an object store shows an object when its upload ends, so the upload begins when the blob is whole (until then it
lies, sealed, in a nameless temporary file). Errors are the operating system's; the vault translates them.
"""

import glob
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

_COPY_BYTES = 1 << 20
_DRAFT_BYTES = 8


class Draft(Protocol):
    """A blob that is being written."""

    stream: BinaryIO

    def publish(self) -> None:
        """Make it visible, in place of an older one."""

    def discard(self) -> None:
        """Leave nothing of it; safe to call at any time."""


class Storage(Protocol):
    """A tree of two levels: folders and blobs."""

    def draft(self, folder: str, name: str) -> Draft:
        """A new blob to write."""

    def open(self, folder: str, name: str) -> BinaryIO:
        """The blob's bytes.

        Raises:
            FileNotFoundError: when there is none.
        """

    def names(self, folder: str) -> list[str]:
        """Visible blobs of a folder, sorted; empty when the folder is not there."""

    def remove(self, folder: str, name: str) -> None:
        """Take a blob away, if it is there."""

    def remove_folder(self, folder: str) -> None:
        """Take a folder away with everything in it, drafts too."""


def open_storage(root_uri: str) -> Storage:
    """The storage of that place.

    Args:
        root_uri: a folder's path, a ``file://`` URI, or an ``s3://bucket/prefix`` URI (with ``pyarrow``'s options).

    Raises:
        SettingsInvalid: when it is none of these.
    """
    parts = urlsplit(root_uri)
    if parts.scheme in {"", "file"}:
        return LocalFolder(Path(unquote(parts.path) if parts.scheme else root_uri))
    from integrations.vault.objects import open_objects  # noqa: PLC0415  # imports pyarrow, which a folder needs not

    return open_objects(root_uri)


class LocalFolder:
    """Blobs as files that their owner alone can read."""

    def __init__(self, root: Path) -> None:
        """Keep the root; folders are made when something is written."""
        self._root = root

    def draft(self, folder: str, name: str) -> Draft:
        """A file beside its final place, hidden by a dot."""
        place = self._root / folder
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        place.mkdir(exist_ok=True, mode=0o700)
        return _LocalDraft(place / name)

    def open(self, folder: str, name: str) -> BinaryIO:
        """The file."""
        return (self._root / folder / name).open("rb")

    def names(self, folder: str) -> list[str]:
        """Files without a leading dot."""
        try:
            return sorted(file.name for file in (self._root / folder).iterdir() if not file.name.startswith("."))
        except FileNotFoundError:
            return []

    def remove(self, folder: str, name: str) -> None:
        """Unlink, with the drafts that killed processes left of it."""
        target = self._root / folder / name
        target.unlink(missing_ok=True)
        for draft in _drafts_of(target):
            draft.unlink(missing_ok=True)

    def remove_folder(self, folder: str) -> None:
        """Unlink all."""
        try:
            shutil.rmtree(self._root / folder)
        except FileNotFoundError:
            return


def _drafts_of(target: Path) -> Iterator[Path]:
    """Drafts of that blob alone: ``.name.`` and a token without a dot, so that ``name.txt`` is another one."""
    for draft in target.parent.glob(f".{glob.escape(target.name)}.*"):
        if len(draft.name) == len(target.name) + 2 + 2 * _DRAFT_BYTES:
            yield draft


class _LocalDraft:
    def __init__(self, target: Path) -> None:
        self._target = target
        self._path = target.with_name(f".{target.name}.{secrets.token_hex(_DRAFT_BYTES)}")
        self.stream: BinaryIO = os.fdopen(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")

    def publish(self) -> None:
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self.stream.close()
        self._path.replace(self._target)
        # What a killed process left. A writer that still lives finds its draft gone and is told to try again.
        for left in _drafts_of(self._target):
            left.unlink(missing_ok=True)
        folder = os.open(self._target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def discard(self) -> None:
        try:
            self.stream.close()
        except OSError:
            # A full disk: what was not written yet is not wanted either.
            pass
        finally:
            self._path.unlink(missing_ok=True)
