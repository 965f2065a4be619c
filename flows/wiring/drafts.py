"""Live systems, looked at to draft a contract."""

from integrations.systems.drafting import look_at

__all__ = ["look_at"]
