"""The small company on each kind of system, its services in use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.services import use
from tests.flows.company import House
from tests.tasks.act.small import Small, a_small


@pytest.fixture(params=["memory", "sqlite"])
def small(request: pytest.FixtureRequest, house: House, tmp_path: Path) -> Iterator[Small]:
    """Two systems and three tables, once in memory and once in SQLite."""
    made, services = a_small(house, tmp_path, request.param)
    with use(services):
        yield made
    for system in made.systems.values():
        system.close()
