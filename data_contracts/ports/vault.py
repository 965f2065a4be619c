"""The vault: where personal data are sealed, and where its keys are kept (law 1)."""

from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

__all__ = ["DataKeys", "Vault"]


class Vault(Protocol):
    """Sealed personal data: a data key per case, wrapped by the master key.

    A recovery copy has one of its own (:func:`data_contracts.connectors.recovering.space_of`), so that it lives and
    dies apart. Names are slugs like ``keys`` or ``package.zip``.
    """

    def write(self, case_id: str, name: str) -> AbstractContextManager[BinaryIO]:
        """A stream to write; the blob appears, whole, when the block ends without error, and replaces an older one."""

    def read(self, case_id: str, name: str) -> AbstractContextManager[BinaryIO]:
        """A stream of the plain bytes.

        Raises:
            VaultSealed: when the blob or its key is gone, or it was altered.
        """

    def has(self, case_id: str, name: str) -> bool:
        """Whether the blob is there."""

    def names(self, case_id: str) -> list[str]:
        """Names of the case's blobs, sorted."""

    def remove(self, case_id: str, name: str) -> None:
        """Take one blob away; nothing happens when it is not there."""

    def destroy(self, case_id: str) -> None:
        """Destroy the case's data key, then its blobs: nothing staged can be read again. Safe to call again."""


class DataKeys(Protocol):
    """Where wrapped data keys are kept (the register)."""

    def get_key(self, case_id: str) -> bytes | None:
        """The wrapped key; None when there is none, or it was destroyed."""

    def put_key(self, case_id: str, wrapped: bytes) -> bytes:
        """Keep a wrapped key unless there is one; returns the one that is kept.

        Raises:
            VaultSealed: when the case's key was destroyed: no new one is ever made.
        """

    def replace_key(self, case_id: str, old: bytes, new: bytes) -> bool:
        """Exchange a wrapped key if it still is ``old`` (master key rotation)."""

    def destroy_key(self, case_id: str) -> None:
        """Overwrite the wrapped key and remember that it was destroyed."""

    def keyed_cases(self) -> list[str]:
        """Cases that have a key."""
