"""A ZIP that is written as a stream and knows the size and digest of each of its files."""

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, BinaryIO, Self, cast

__all__ = ["FileFacts", "StreamedZip"]

_PACKED = frozenset({"parquet"})
"""Formats that compress by themselves."""
_FILE_MODE = 0o600
_TINY = 8192


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a manifest says of a file."""

    size: int
    sha256: str


class _Digesting(io.RawIOBase):
    """Passes bytes on, counting and digesting them."""

    def __init__(self, target: IO[bytes]) -> None:
        super().__init__()
        self.size = 0
        self.digest = hashlib.sha256()
        self._target = target

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        view = memoryview(data)  # type: ignore[arg-type]  # whatever has a buffer, as io asks
        self._target.write(view)
        self.digest.update(view)
        self.size += view.nbytes
        return view.nbytes


class StreamedZip:
    """Files go in one after another; ``sink`` is never read, and need not seek. A context manager."""

    def __init__(self, sink: BinaryIO, made_at: datetime) -> None:
        self.files: dict[str, FileFacts] = {}
        self._zip = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._time = made_at.timetuple()[:6]

    @contextmanager
    def file(self, name: str) -> Iterator[BinaryIO]:
        """A stream to write one file of any size."""
        with self._zip.open(self._entry(name), "w", force_zip64=True) as target:
            stream = _Digesting(target)
            yield cast("BinaryIO", stream)
        self.files[name] = FileFacts(stream.size, stream.digest.hexdigest())

    def add(self, name: str, content: bytes) -> None:
        """Write one file that is in memory; what is tiny is stored, because packing it costs more than it saves."""
        entry = self._entry(name)
        if len(content) < _TINY:
            entry.compress_type = zipfile.ZIP_STORED
        self._zip.writestr(entry, content, compresslevel=1)
        self.files[name] = FileFacts(len(content), hashlib.sha256(content).hexdigest())

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, self._time)
        entry.compress_type = zipfile.ZIP_STORED if name.rpartition(".")[2] in _PACKED else zipfile.ZIP_DEFLATED
        entry.external_attr = _FILE_MODE << 16
        return entry

    def __enter__(self) -> Self:
        """The ZIP itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        """Write the directory of the ZIP; after an error never, so that half a package cannot pass for a whole."""
        if kind is not None:
            self._zip.fp = None
        self._zip.close()
