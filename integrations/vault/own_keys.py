"""Keys of the organisation's own: random, each sealed with the master key in a file beside it."""

import os
from pathlib import Path

from integrations.vault.master import MasterKey

__all__ = ["own_key"]

_BYTES = 32


def own_key(master: MasterKey, file: Path) -> bytes:
    """The key of that file, sealed for the file's name; made on first use.

    Raises:
        VaultSealed: when it was sealed with another master key, or altered.
    """
    if not file.exists():
        with master.held_alone():
            _make(master, file)
    return master.open(file.read_bytes(), file.name)


def _make(master: MasterKey, file: Path) -> None:
    """Make the key unless another process did; one that is cut off leaves a draft that the next one writes over."""
    if file.exists():
        return
    draft = file.with_suffix(".part")
    draft.touch(mode=0o600)
    draft.write_bytes(master.seal(os.urandom(_BYTES), file.name))
    draft.replace(file)
