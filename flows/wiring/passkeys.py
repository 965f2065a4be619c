"""Operators' passkeys."""

from integrations.passkeys.checking import passkey_check

__all__ = ["passkey_check"]
