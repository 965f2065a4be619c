"""A master key whose file is made when something is sealed first, and never in the place of one that is missing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from integrations.vault.envelopes import Envelope
from integrations.vault.master import MasterKey, Primitive, load_or_create

__all__ = ["LateKey", "Making"]


class Making(Protocol):
    """What knows whether this installation has keys yet."""

    def may_make(self, file: Path) -> None:
        """Raise where the key of that file must not be made."""

    def made_master(self) -> None:
        """Hear that a master key was made."""

    def require_master(self) -> None:
        """Raise where the master key is another one than the register was made with."""


class LateKey(MasterKey):
    """The master key of a file that may not be there yet; each content of the file is looked at before its use."""

    def __init__(self, file: Path, envelope: Envelope, making: Making) -> None:
        """Remember where it is; nothing is read or made yet.

        Args:
            file: where it lies.
            envelope: what closes the file.
            making: says whether it may be made, and whether it is the right one.
        """
        self.file = file
        self.envelope = envelope
        self._mark = ()
        self._aead = None
        self._making = making

    def aead(self) -> Primitive:
        """Tink's primitive over all keys of the file as it is now.

        Raises:
            SettingsInvalid: when the file is absent, or holds another key than the register was made with.
        """
        looked_at = self._mark
        found = super().aead()
        if self._mark != looked_at:
            try:
                self._making.require_master()
            except Exception:
                self._mark = ()  # the next use looks again
                raise
        return found

    def seal(self, plain: bytes, context: str) -> bytes:
        """``plain``, encrypted for that context alone."""
        self._make()
        return super().seal(plain, context)

    @contextmanager
    def held(self) -> Iterator[None]:
        """While the block runs no rotation removes a key."""
        self._make()
        with super().held():
            yield

    @contextmanager
    def held_alone(self) -> Iterator[None]:
        """While the block runs nobody wraps a new data key."""
        self._make()
        with super().held_alone():
            yield

    def _make(self) -> None:
        if self.is_there:
            return
        self._making.may_make(self.file)
        load_or_create(self.file, self.envelope)
        self._making.made_master()
