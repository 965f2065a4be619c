"""Streams that seal what is written and open what is read, and fail in our words.

Tink tells of a failing file in its own words, and late. So it never sees one: the inner streams remember the operating
system's error and go on, and the outer ones raise ours at once.
"""

import errno
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TypeAlias

from tink.core import TinkError

from data_contracts.errors import SystemUnavailable, VaultSealed
from integrations.vault.master import Primitive

Octets: TypeAlias = Any
"""Any buffer of bytes (``collections.abc.Buffer`` comes with Python 3.12)."""


class SealingStream(io.RawIOBase):
    """What the caller writes to. Tink never sees a failing sink, which it would tell of in its own words, too late."""

    def __init__(self, key: Primitive, sink: BinaryIO, *, where: str) -> None:
        super().__init__()
        self._where = where
        self._sink = _Sink(sink)
        self._sealed = key.new_encrypting_stream(self._sink, where.encode())

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, plain: Octets) -> int:
        """Seal and store.

        Raises:
            SystemUnavailable: when the storage is full or broke off.
        """
        written: int = self._sealed.write(plain)
        self._require_sound()
        return written

    def finish(self) -> None:
        """Seal the end, without which nothing of it opens.

        Raises:
            SystemUnavailable: when the storage is full or broke off.
        """
        self._sealed.close()
        self._require_sound()

    def abandon(self) -> None:
        """Let Tink end its stream without storing any more."""
        self._sink.is_abandoned = True
        self._sealed.close()

    def _require_sound(self) -> None:
        if self._sink.failure is not None:
            raise unavailable(self._sink.failure, self._where) from None


class _Sink(io.RawIOBase):
    """Remembers why the storage refused to take more, and takes the rest without keeping it."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.failure: OSError | None = None
        self.is_abandoned = False

    def writable(self) -> bool:
        return True

    def write(self, sealed: Octets) -> int:
        if self.failure is None and not self.is_abandoned:
            try:
                self._stream.write(sealed)
            except OSError as error:
                self.failure = error
        return len(sealed)


class OpeningStream(io.RawIOBase):
    """What the caller reads from, through a buffer."""

    def __init__(self, key: Primitive, source: BinaryIO, *, where: str) -> None:
        super().__init__()
        self._where = where
        self._source = _Source(source)
        with self._only_our_errors():
            self._plain = key.new_decrypting_stream(self._source, where.encode())

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Octets) -> int:
        """Open the next bytes.

        Raises:
            VaultSealed: when they are not what was sealed for this place.
            SystemUnavailable: when the storage broke off.
        """
        with self._only_our_errors():
            plain = self._plain.read(len(buffer))
        buffer[: len(plain)] = plain
        return len(plain)

    @contextmanager
    def _only_our_errors(self) -> Iterator[None]:
        try:
            yield
        except TinkError:
            if self._source.failure is not None:
                raise unavailable(self._source.failure, self._where) from None
            what = "the blob does not open: altered, cut, or moved from another case or name"
            remedy = "restore the vault's storage from a backup, or run the step that made it again"
            raise VaultSealed(what, where=self._where, remedy=remedy) from None


class _Source(io.RawIOBase):
    """Remembers why the storage gave no more; to Tink it looks like a cut blob, which it never accepts as whole."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self.failure: OSError | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        try:
            return self._stream.read(size)
        except OSError as error:
            self.failure = error
            return b""


def unavailable(error: OSError, where: str) -> SystemUnavailable:
    """The storage's error as ours: full, or cannot be reached."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        what, remedy = "the vault's storage is full", "make room on it, then run again; nothing half was left"
    else:
        what, remedy = (
            "the vault's storage cannot be reached or refused",
            "check its address, mode and owner, run again",
        )
    return SystemUnavailable(what, where=where, remedy=remedy)
