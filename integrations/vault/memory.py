"""A vault in memory: the port ``Vault`` for tests and dry runs; unsealed, and gone with the process."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from data_contracts.errors import VaultSealed
from integrations.vault.vault import require_slugs


class MemoryVault:
    """Blobs by case and name, with the same rules about what can be read as the sealed vault."""

    def __init__(self) -> None:
        """An empty vault."""
        self._blobs: dict[str, dict[str, bytes]] = {}
        self._destroyed: set[str] = set()

    @contextmanager
    def write(self, case_id: str, name: str) -> Iterator[BinaryIO]:
        """A stream to write; the blob appears, whole, when the block ends without error.

        Raises:
            VaultSealed: when the case was destroyed.
        """
        where = require_slugs(case_id, name)
        if case_id in self._destroyed:
            remedy = "open a new case for a new request"
            raise VaultSealed(
                "the case's data key was destroyed, so nothing can be sealed for it", where=where, remedy=remedy
            )
        stream = _Kept()
        yield stream
        self._blobs.setdefault(case_id, {})[name] = stream.content()

    @contextmanager
    def read(self, case_id: str, name: str) -> Iterator[BinaryIO]:
        """A stream of the bytes.

        Raises:
            VaultSealed: when the blob is not there, or the case was destroyed.
        """
        where = require_slugs(case_id, name)
        blob = self._blobs.get(case_id, {}).get(name)
        if blob is None:
            what = "there is no such blob in the vault"
            raise VaultSealed(what, where=where, remedy="run the step that makes it again")
        yield io.BytesIO(blob)

    def has(self, case_id: str, name: str) -> bool:
        """Whether the blob is there."""
        require_slugs(case_id, name)
        return name in self.names(case_id)

    def names(self, case_id: str) -> list[str]:
        """Names of the case's blobs, sorted."""
        require_slugs(case_id)
        return sorted(self._blobs.get(case_id, {}))

    def remove(self, case_id: str, name: str) -> None:
        """Take one blob away; nothing happens when it is not there."""
        require_slugs(case_id, name)
        self._blobs.get(case_id, {}).pop(name, None)

    def destroy(self, case_id: str) -> None:
        """Forget the case's blobs, and take no more of it."""
        require_slugs(case_id)
        self._destroyed.add(case_id)
        self._blobs.pop(case_id, None)


class _Kept(io.BytesIO):
    """Keeps what was written when a writer closes it."""

    def __init__(self) -> None:
        super().__init__()
        self._content = b""

    def close(self) -> None:
        if not self.closed:
            self._content = self.getvalue()
        super().close()

    def content(self) -> bytes:
        return self._content if self.closed else self.getvalue()
