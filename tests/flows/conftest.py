"""The demo company, made once and copied for each test, because tests change it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows import wiring
from flows.settings import settings
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


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test's own in a folder to write to: the command line takes it from the environment alone."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path / "home"))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


@pytest.fixture
def demo_home(seeded: tuple[Path, DemoCompany], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A home with the demo company's systems: the command line takes it from the environment alone."""
    monkeypatch.setenv("RIGHTSFLOW_HOME", str(tmp_path))
    settings.cache_clear()
    shutil.copytree(seeded[0], settings().state / "systems")
    yield
    settings.cache_clear()


@pytest.fixture
def at_home(house: House) -> Iterator[None]:
    """Commands work in the house."""
    token = wiring._current.set(house.installation)
    yield
    wiring._current.reset(token)
