"""The keys of an installation, and what they seal."""

from flows.wiring.signing import LateSigner
from integrations.vault.given import close_file, master_key
from integrations.vault.master import MasterKey
from integrations.vault.own_keys import own_key
from integrations.vault.rotation import Rotation, rotate

__all__ = [
    "LateSigner",
    "MasterKey",
    "Rotation",
    "close_file",
    "master_key",
    "own_key",
    "rotate",
]
