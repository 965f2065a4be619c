"""Alembic migrations of the register; run by :func:`integrations.register.upgrade`."""
