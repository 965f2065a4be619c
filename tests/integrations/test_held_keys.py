"""Keys that several accounts hold are counted the same in every kind of system, and no value is told."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.held_keys import HeldKeys
from data_contracts.connectors.keys import When
from data_contracts.errors import ContractMismatch
from tests.integrations.shop import a_customer
from tests.integrations.test_connectors import SYSTEMS

ROWS = {
    "customer": [
        a_customer("C1", email="Ann@Example.fr", phone="06 12.34-56/78", vip=True),
        a_customer("C2", email=" ann@example.fr ", phone="(06)12345678", vip=True),
        a_customer("C3", email="bob@example.fr", phone="", vip=False),
        a_customer("C4", email="", phone="", vip=False),
        a_customer("C5", email="", phone="0612345679"),
        a_customer("C6", email="bob@example.fr", vip=True),
    ],
    "line": [{"order_no": "A", "line_no": 1, "customer": "C1"}],
}


@pytest.fixture(scope="session")
def postgres_shop(postgres_database: Callable[[], str]) -> str:
    """URL of a PostgreSQL database that this suite fills anew for each test."""
    return postgres_database()


@pytest.fixture(scope="session")
def mariadb_shop(mariadb_database: Callable[[], str]) -> str:
    """URL of a MariaDB database that this suite fills anew for each test."""
    return mariadb_database()


@pytest.fixture(params=SYSTEMS)
def shop(request: pytest.FixtureRequest) -> Iterator[Connector]:
    """Each kind of system, with the same customers."""
    connector = SYSTEMS[request.param](request, ROWS)
    yield connector
    connector.close()


def asked(column: str, rule: Any = "verbatim", **facts: Any) -> HeldKeys:
    """How many keys of a column of the customers are held by several numbers."""
    return HeldKeys(
        **{"table": "customer", "column": column, "account": "no", "rule": rule, "account_rule": "verbatim", **facts}
    )


@pytest.mark.parametrize(
    ("question", "count"),
    [
        (asked("email", "email"), 2),
        (asked("phone", "phone"), 1),
        (asked("email", "verbatim"), 1),
        (asked("email", "email", when=(When("no", ("C1", "C2", "C3")),)), 1),
        (asked("email", "email", when=(When("vip", ("true",)),)), 1),
        (asked("email", "email", when=(When("vip", ("false",)),)), 0),
        (asked("email", "email", when=(When("vip", ("maybe",)),)), 0),
        (asked("points"), 0),
        (asked("email", "email", account="email", account_rule="email"), 2),
        (asked("phone", "phone", account="email", account_rule="email"), 0),
        (asked("no"), 0),
    ],
)  # fmt: skip
def test_keys_of_several_accounts_are_counted(shop: Connector, question: HeldKeys, count: int) -> None:
    """A key counts once however many hold it; nothing, and an empty text, are no key."""
    assert shop.count_held_by_several(question) == count


def test_column_that_is_not_there_is_told(shop: Connector) -> None:
    """Nothing counted would be a lie (law 6)."""
    with pytest.raises(ContractMismatch):
        shop.count_held_by_several(asked("nickname"))
