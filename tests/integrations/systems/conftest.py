"""Databases that several modules here share."""

import pytest

from tests.integrations.systems.all_types import POSTGRESQL_TYPES
from tests.integrations.systems.looks import run


@pytest.fixture(scope="session")
def postgresql(whole_postgres: str) -> str:
    """A PostgreSQL with types of its own, made once."""
    run(whole_postgres, *POSTGRESQL_TYPES)
    return whole_postgres
