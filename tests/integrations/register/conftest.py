"""Registers to test with: a file, a PostgreSQL database, one in memory; and their signer and clock."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from integrations.evidence import Ed25519Signer, load_or_create
from integrations.register import SqlRegister, memory_register, upgrade
from tests.integrations.register.examples import a_request
from tests.services import new_database


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        """Stand at a Monday morning."""
        self.now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        """The time it stands at."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands."""
    return Clock()


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Ed25519Signer:
    """A signer with a key of its own."""
    return load_or_create(tmp_path_factory.mktemp("evidence-keys"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An upgraded database that several processes can share."""
    return _make(request, request.param, tmp_path)


@pytest.fixture
def shared(url: str, signer: Ed25519Signer, clock: Clock) -> Iterator[SqlRegister]:
    """A register that several processes can share."""
    register = SqlRegister(url, signer=signer, clock=clock)
    yield register
    register.close()


@pytest.fixture(params=["sqlite", "postgresql", "memory"])
def register(
    request: pytest.FixtureRequest, tmp_path: Path, signer: Ed25519Signer, clock: Clock
) -> Iterator[SqlRegister]:
    """A register of each kind."""
    if request.param == "memory":
        made = memory_register(signer=signer, clock=clock)
    else:
        made = SqlRegister(_make(request, request.param, tmp_path), signer=signer, clock=clock)
    yield made
    made.close()


@pytest.fixture
def case_id(register: SqlRegister) -> str:
    """A case that was just received."""
    return register.open_case(a_request()).case_id


@pytest.fixture(scope="session")
def empty_register(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of an upgraded register without entries: upgrading one for each test is most of their time."""
    file = tmp_path_factory.mktemp("register") / "register.db"
    upgrade(f"sqlite:///{file}")
    return file.read_bytes()


@pytest.fixture(scope="session")
def copied_register(postgres_url: str, postgres_database: Callable[[], str]) -> Callable[[], str]:
    """As ``empty_register``, on PostgreSQL: each call gives the URL of a new copy."""
    template = postgres_database()
    upgrade(template)
    copy = f"CREATE DATABASE {{}} TEMPLATE {sa.make_url(template).database} STRATEGY file_copy"
    return lambda: new_database(postgres_url, copy)


def _make(request: pytest.FixtureRequest, kind: str, folder: Path) -> str:
    if kind == "postgresql":
        copy: Callable[[], str] = request.getfixturevalue("copied_register")
        return copy()
    file = folder / "register.db"
    file.touch(mode=0o600)
    file.write_bytes(request.getfixturevalue("empty_register"))
    return f"sqlite:///{file}"
