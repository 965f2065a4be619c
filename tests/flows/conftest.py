"""The demo company, made once and copied for each test, because tests change it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.demo import DemoCompany, seed
from tests.flows.company import NOW, House, Recording, a_house


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoCompany]:
    """Forty customers in six systems, and where they lie; not to be changed."""
    folder = tmp_path_factory.mktemp("seeded") / "systems"
    return folder, seed(folder, customers=40, today=NOW.date(), progress=lambda _: None)


@pytest.fixture
def housed(seeded: tuple[Path, DemoCompany], tmp_path: Path) -> Iterator[tuple[House, Recording]]:
    """A house of the test's own, and the record of who asked for its systems."""
    folder, company = seeded
    shutil.copytree(folder, tmp_path / "systems")
    yield from a_house(tmp_path, company)


@pytest.fixture
def house(housed: tuple[House, Recording]) -> House:
    """An installation over the demo company, with its services in use."""
    return housed[0]


@pytest.fixture
def systems(housed: tuple[House, Recording]) -> Recording:
    """The house's systems, recorded."""
    return housed[1]
