"""Sealed personal data: whatever a case stages is encrypted with a key of its own, and gone with that key.

:class:`SealedVault` is the port ``Vault`` on a folder or an object store, :class:`MemoryVault` the same in memory,
:func:`load_or_create` gives the master key that wraps every data key, :func:`rotate` exchanges it.
"""

from integrations.vault.master import MasterKey, load_or_create
from integrations.vault.memory import MemoryVault
from integrations.vault.rotation import Rotation, rotate
from integrations.vault.vault import SealedVault

__all__ = ["MasterKey", "MemoryVault", "Rotation", "SealedVault", "load_or_create", "rotate"]
