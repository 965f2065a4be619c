"""The vault: personal data, sealed."""

from integrations.vault.vault import SealedVault

__all__ = ["SealedVault"]
