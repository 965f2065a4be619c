"""Systems that hold the rows of a test, one of each kind."""

from collections.abc import Callable, Iterator, Mapping

import pytest

from data_contracts.connectors.connecting import Connector
from tests.integrations.shop import PEOPLE, Rows
from tests.integrations.spellings import OPENED


def _systems() -> Mapping[str, Callable[[pytest.FixtureRequest, Rows], Connector]]:
    from tests.integrations.test_connectors import SYSTEMS  # noqa: PLC0415  # pytest rewrites a test module first

    return SYSTEMS


@pytest.fixture(scope="session")
def postgresql_shop(postgres_database: Callable[[], str]) -> str:
    """URL of a PostgreSQL database that these tests fill."""
    return postgres_database()


@pytest.fixture(scope="session")
def postgres_shop(postgresql_shop: str) -> str:
    """The same, by the name that the shop asks for."""
    return postgresql_shop


@pytest.fixture(scope="session")
def mariadb_shop(mariadb_database: Callable[[], str]) -> str:
    """URL of a MariaDB database that these tests fill."""
    return mariadb_database()


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Connections are given back after each test."""
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture
def load(request: pytest.FixtureRequest) -> Iterator[Callable[[str, Rows], Connector]]:
    """A function that fills a system with rows and gives its connector, closed after the test."""
    opened: list[Connector] = []

    def made(name: str, rows: Rows) -> Connector:
        opened.append(_systems()[name](request, rows))
        return opened[-1]

    yield made
    for connector in opened:
        connector.close()


@pytest.fixture(params=["memory", "sqlite", "postgresql", "mariadb", "parquet"])
def shop(request: pytest.FixtureRequest, load: Callable[[str, Rows], Connector]) -> Connector:
    """Each system in turn, holding PEOPLE."""
    return load(request.param, PEOPLE)
