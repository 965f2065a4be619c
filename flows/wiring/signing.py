"""The signer of evidence, loaded when something is signed or a signature is looked at."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from integrations.evidence.keys import Ed25519Signer

__all__ = ["LateSigner"]

_PRIVATE: Final = "signing.pem"
"""As ``integrations/evidence/keys.py`` calls it."""


class LateSigner:
    """The signer of a folder (port ``Signer``), whose key is made when something is signed first, if it may be."""

    def __init__(self, folder: Path, *, may_make: Callable[[Path], None], made: Callable[[str], None]) -> None:
        """Remember the folder; nothing is read or made yet.

        Args:
            folder: where the keys are.
            may_make: raises where no key may be made in that file.
            made: is told the name of the key when one is made.
        """
        self._folder = folder
        self._may_make, self._made = may_make, made
        self._inner: Ed25519Signer | None = None

    @property
    def is_there(self) -> bool:
        """Whether there is a key."""
        return (self._folder / _PRIVATE).exists()

    @property
    def keyid(self) -> str:
        """The name of the key; it is made if it is not there."""
        return self._signer().keyid

    def sign(self, payload: bytes) -> dict[str, object]:
        """A DSSE envelope around the payload, as JSON."""
        return self._signer().sign(payload)

    def signed(self, envelope: object) -> Mapping[str, Any] | None:
        """The predicate of a record that a key of this installation signed as it stands; None of any other."""
        return self._signer().signed(envelope) if self._inner or self.is_there else None

    def _signer(self) -> "Ed25519Signer":
        from integrations.evidence.keys import load_or_create  # noqa: PLC0415  # a command that signs nothing needs none

        if self._inner is None:
            is_new = not self.is_there
            if is_new:
                self._may_make(self._folder / _PRIVATE)
            self._inner = load_or_create(self._folder)
            if is_new:
                self._made(self._inner.keyid)
        return self._inner
