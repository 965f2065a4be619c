"""Sealed blobs in an object store, through ``pyarrow.fs``."""

import shutil
import tempfile
from typing import BinaryIO, Final

from pyarrow import fs

from data_contracts.errors import SettingsInvalid

__all__ = ["ObjectStore", "open_objects"]

_COPY_BYTES: Final = 1 << 20


def open_objects(root_uri: str) -> "ObjectStore":
    """The object store of that address.

    Raises:
        SettingsInvalid: when it is none.
    """
    try:
        filesystem, path = fs.FileSystem.from_uri(root_uri)
    except (ValueError, OSError, NotImplementedError):
        remedy = "write a folder's path, or s3://bucket/prefix"
        raise SettingsInvalid("the vault's address cannot be used", where="vault", remedy=remedy) from None
    return ObjectStore(filesystem, path)


class ObjectStore:
    """Blobs as objects."""

    def __init__(self, filesystem: fs.FileSystem, root: str) -> None:
        """Keep the connection and the prefix."""
        self._fs = filesystem
        self._root = root.rstrip("/")

    def draft(self, folder: str, name: str) -> "_ObjectDraft":
        """A nameless temporary file, uploaded when it is whole."""
        return _ObjectDraft(self._fs, f"{self._root}/{folder}/{name}")

    def open(self, folder: str, name: str) -> BinaryIO:
        """The object's bytes, streamed."""
        stream: BinaryIO = self._fs.open_input_stream(f"{self._root}/{folder}/{name}")
        return stream

    def names(self, folder: str) -> list[str]:
        """Objects under the prefix."""
        wanted = fs.FileSelector(f"{self._root}/{folder}", allow_not_found=True)
        return sorted(found.base_name for found in self._fs.get_file_info(wanted) if found.is_file)

    def remove(self, folder: str, name: str) -> None:
        """Delete the object."""
        if self._fs.get_file_info(f"{self._root}/{folder}/{name}").is_file:
            self._fs.delete_file(f"{self._root}/{folder}/{name}")

    def remove_folder(self, folder: str) -> None:
        """Delete every object under the prefix."""
        self._fs.delete_dir_contents(f"{self._root}/{folder}", missing_dir_ok=True)
        for name in self.names(folder):
            self.remove(folder, name)


class _ObjectDraft:
    def __init__(self, filesystem: fs.FileSystem, path: str) -> None:
        self._fs = filesystem
        self._path = path
        self.stream: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115  # closed by publish or discard

    def publish(self) -> None:
        self.stream.seek(0)
        with self._fs.open_output_stream(self._path) as upload:
            shutil.copyfileobj(self.stream, upload, _COPY_BYTES)
        self.stream.close()

    def discard(self) -> None:
        try:
            self.stream.close()
        except OSError:
            return  # a full disk; the file has no name, so nothing of it stays
