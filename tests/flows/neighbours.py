"""A shop whose rows are often several people's, on each kind of database, with a house whose services are over it.

Ada and Ben live at address 10; Ada ordered once to address 11, which nobody else uses. Her row names Ben's payment
card, by mistake, and a household that nobody else is in; the contract says that households are shared in any case.
Message 40 is between the two, message 41 is Ada's note to herself.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa

from data_contracts.company.company import Company, IdentityKind, Purpose, Vocabulary
from data_contracts.company.contract import Column, Contracts, Reference, SystemContract, Table
from data_contracts.connectors.connecting import Connector
from data_contracts.vocabulary import (
    Assertion,
    ColumnErasure,
    DataSource,
    Follow,
    LegalBasis,
    Rectification,
    Right,
    SharedTreatment,
    TableErasure,
)
from flows.wiring.packages import unpack_package
from integrations.channels.package.package import AnswerPackage
from integrations.systems.directory import open_connector
from tasks.rules.search.routes import plan_routes
from tasks.services import use
from tests.flows.company import House

SYSTEM: Final = "shop"
ADA: Final = "ada@shop.example"
BEN_MARKS: Final = ("ben@shop.example", "Benjamin", "C-2222", "4000-BEN")
"""What nobody but Ben may ever read."""
STREET: Final = "user.contact.address.street"
_SHOWN, _TO, _FROM = SharedTreatment.INCLUDE, frozenset({Follow.TO}), frozenset({Follow.FROM})


def _column(name: str, **facts: Any) -> Column:
    plain = {"logical_type": "string", "source": DataSource.PROVIDED, "purposes": ("contract", "offers")}
    return Column(**{"name": name, **plain, **facts})


def _number(name: str, **facts: Any) -> Column:
    return _column(name, **{"logical_type": "integer", "is_personal": False, "erase": None, **facts})


def _id() -> Column:
    return _number("id", primary_key=True)


def _reference(column: str, to: str, follow: frozenset[Follow], **facts: Any) -> Reference:
    return Reference((column,), SYSTEM, to, ("id",), follow, **facts)


def _table(name: str, words: str, *columns: Column, **facts: Any) -> Table:
    labels = dict(zip(("en", "fr", "nl"), words.split("/"), strict=True))
    given = {"erase": TableErasure.DELETE, "purposes": ("contract", "offers"), "labels": labels}
    return Table(**{"system": SYSTEM, "name": name, "columns": columns, **given, **facts})


_CLEARED = {"erase": ColumnErasure.CLEAR}
_FLAG = {"logical_type": "boolean", "is_personal": False, "category": "system.operations", "purposes": ()}
ADDRESS: Final = _table(
    "address",
    "Addresses/Adresses/Adressen",
    _id(),
    _column("street", category=STREET, shared=_SHOWN, rectify=Rectification.DECLARED),
    _column("code", category="user.contact.address.postal_code"),
    _column("restricted", marker="art18", **_FLAG),
)
CARD: Final = _table(
    "payment_card",
    "Payment cards/Cartes de paiement/Betaalkaarten",
    _id(),
    _number("customer_id"),
    _column("number", category="user.payment"),
    references=(_reference("customer_id", "customer", _FROM),),
)
HOUSEHOLD: Final = _table(
    "household",
    "Households/Foyers/Huishoudens",
    _id(),
    _column("street", category=STREET, shared=_SHOWN, rectify=Rectification.DECLARED),
)
PRODUCT: Final = _table(
    "product",
    "Products/Produits/Producten",
    _id(),
    _column("title", is_personal=False, category="system.operations"),
    erase=TableErasure.NONE,
)
CUSTOMER: Final = _table(
    "customer",
    "Customers/Clients/Klanten",
    _id(),
    _column("no", identity="customer_no", assertion=Assertion.ASSIGNED, is_personal=False),
    _column("email", identity="email", assertion=Assertion.CONFIRMED, **_CLEARED),
    _column("name", category="user.name", **_CLEARED),
    _number("address_id", **_CLEARED),
    _number("card_id", **_CLEARED),
    _number("household_id", **_CLEARED),
    account="customer_no",
    erase=TableErasure.COLUMNS,
    references=(
        _reference("address_id", "address", _TO),
        _reference("card_id", "payment_card", _TO),
        _reference("household_id", "household", _TO, shared=True),
    ),
)
PURCHASE: Final = _table(
    "purchase",
    "Orders/Commandes/Bestellingen",
    _id(),
    _number("customer_id"),
    _number("address_id"),
    _number("product_id"),
    _number("gift_for"),
    references=(
        _reference("customer_id", "customer", _FROM),
        _reference("address_id", "address", _TO),
        _reference("product_id", "product", frozenset()),
        _reference("gift_for", "customer", frozenset()),
    ),
)
MESSAGE: Final = _table(
    "message",
    "Messages/Messages/Berichten",
    _id(),
    _number("sender_id", shared=_SHOWN),
    _number("recipient_id"),
    _column("body", category="user.content", shared=_SHOWN),
    _column("quiet", marker="art21", **_FLAG),
    references=(_reference("sender_id", "customer", _FROM), _reference("recipient_id", "customer", _FROM)),
)
CUSTOMER_THAT_GOES: Final = replace(
    CUSTOMER,
    erase=TableErasure.DELETE,
    columns=tuple(replace(column, erase=None) for column in CUSTOMER.columns),
    references=tuple(one for one in CUSTOMER.references if one.to_table != "payment_card"),
)
"""The account's row is deleted, and not emptied."""
PURCHASE_AND_ITS_PRODUCT: Final = replace(
    PURCHASE,
    references=tuple(replace(r, follow=_TO) if r.to_table == "product" else r for r in PURCHASE.references),
)
"""What was bought is looked for too; everybody buys it, and it is nobody's."""
HOUSEHOLD_WITH_HER_ADDRESS: Final = replace(
    HOUSEHOLD,
    columns=(
        HOUSEHOLD.columns[0],
        replace(HOUSEHOLD.columns[1], identity="email", assertion=Assertion.CONFIRMED),
    ),
)
"""A household names an e-mail address, by which a search finds it too."""
TABLES: Final = (ADDRESS, CARD, HOUSEHOLD, PRODUCT, CUSTOMER, PURCHASE, MESSAGE)
ROWS: Final[Mapping[str, Sequence[tuple[Any, ...]]]] = {
    "address": [(10, "Shared Lane 1", "1000", False), (11, "Lone Road 2", "1100", False), (12, "Far Way", "9", False)],
    "payment_card": [(20, 2, "4000-BEN"), (21, 1, "4000-ADA")],
    "household": [(30, "Household Row 3")],
    "product": [(60, "Lamp")],
    "customer": [
        (1, "C-1111", ADA, "Ada", 10, 20, 30),
        (2, "C-2222", "ben@shop.example", "Benjamin", 10, None, None),
        (3, "C-3333", "cid@shop.example", "Cidney", 12, None, None),
    ],
    "purchase": [(50, 1, 11, 60, 2), (51, 1, 10, 60, 1), (52, 3, 12, 60, None)],
    "message": [
        (40, 1, 2, "Dinner at eight", False),
        (41, 1, 1, "Buy a lamp", False),
        (42, 2, 3, "Ada knows nothing", False),
    ],
}
_UNGUARDED: Final = {("payment_card", "customer_id"), ("purchase", "gift_for")}
"""References that no foreign key of the database guards; the first would make a circle."""
_TYPES: Final = {"integer": "INTEGER", "boolean": "BOOLEAN"}


def contracts_of_the_shop(*tables: Table) -> Contracts:
    """The shop's contract; with tables of a test's own in the place of those of the same name."""
    instead = {table.name: table for table in tables}
    own = tuple(instead.get(table.name, table) for table in TABLES)
    system = SystemContract(
        SYSTEM, title="Shop", version="1.0.0", controller="acme", tables=own, labels={"fr": "Boutique", "nl": "Winkel"}
    )
    purposes = {
        "contract": Purpose(use="essential.service", basis=LegalBasis.CONTRACT, label={"en": "Your contract"}),
        "offers": Purpose(use="marketing", basis=LegalBasis.CONSENT, label={"en": "Offers"}, direct_marketing=True),
    }
    vocabulary = Vocabulary(
        company=Company(key="acme", name="Acme SA", country="FR", dpo="dpo@acme.example"),
        parties={},
        purposes=purposes,
        holds={},
        identities={"email": IdentityKind(normalise="email", shared=False), "customer_no": IdentityKind(unique=True)},
    )
    return Contracts({SYSTEM: system}, vocabulary, digest="0" * 64)


@dataclass
class Shop:
    """The shop's database, and the house that handles requests about it."""

    house: House
    url: str

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a statement, committed."""
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            result = connection.exec_driver_sql(query)
            rows = [tuple(row) for row in result] if result.returns_rows else []
        engine.dispose()
        return rows

    def ids(self, table: str) -> list[int]:
        """Keys of the rows that are there."""
        return [number for (number,) in self.ask(f"SELECT id FROM {table} ORDER BY id")]  # noqa: S608  # our own names

    def open(self, right: Right, **typed: Any) -> str:
        """A new case of Ada's."""
        given = {"identity": {"email": [ADA]}, "name": "Ada", "reply_to": ADA}
        return self.house.open(right, **{**given, **typed})

    def package(self, case_id: str, folder: Path) -> dict[str, list[dict[str, Any]]]:
        """Rows by table of the package's JSON files; every other file lies in ``folder``."""
        with self.house.installation.services.vault.read(case_id, "package.zip") as blob:
            files = unpack_package(blob, folder)
        rows = {file.stem: json.loads(file.read_text()) for file in files if file.suffix == ".json"}
        return {name: found for name, found in rows.items() if isinstance(found, list)}

    def kept(self, case_id: str) -> dict[str, int]:
        """Rows that the plan leaves as they are because of other people, by table."""
        lines = [line for line in self.house.plan(case_id) if (line["action"], line["note"]) == ("keep", "shared")]
        return {line["table"]: line["rows"] for line in lines}


class _OneSystem:
    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    def connector(self, _system: str) -> Connector:
        return self._connector

    def names(self) -> list[str]:
        return [SYSTEM]


@contextmanager
def a_shop(house: House, url: str, *tables: Table, on_delete: str = "") -> Iterator[Shop]:
    """The shop in an empty database, its services in use.

    Args:
        house: of the demo company, whose register and channels are used.
        url: of the database.
        tables: see :func:`contracts_of_the_shop`.
        on_delete: what the foreign keys of messages say.
    """
    contracts = contracts_of_the_shop(*tables)
    shop = Shop(house, url)
    for table in contracts.tables():
        shop.ask(f"CREATE TABLE {table.name} ({', '.join(_declared(table, on_delete))})")
        for row in ROWS[table.name]:
            shop.ask(f"INSERT INTO {table.name} VALUES ({', '.join(map(_literal, row))})")  # noqa: S608  # our own rows
    connector = open_connector(contracts.systems[SYSTEM], url, time_zone="Europe/Paris")
    made = house.installation.services
    services = replace(
        made,
        contracts=contracts,
        routes=plan_routes(contracts),
        systems=_OneSystem(connector),
        package=AnswerPackage(contracts, made.organisation),
    )
    with use(services), closing(connector):
        yield shop


def _declared(table: Table, on_delete: str) -> Iterator[str]:
    for column in table.columns:
        key = " PRIMARY KEY" if column.primary_key else ""
        yield f"{column.name} {_TYPES.get(column.logical_type, 'VARCHAR(80)')}{key}"
    for reference in table.references:
        (name,) = reference.columns
        rule = f" ON DELETE {on_delete}" if on_delete and table.name == "message" else ""
        if (table.name, name) not in _UNGUARDED:
            yield f"FOREIGN KEY ({name}) REFERENCES {reference.to_table} (id){rule}"


def _literal(value: object) -> str:
    return "NULL" if value is None else f"'{value}'" if isinstance(value, str) else str(value)


@pytest.fixture(params=["sqlite", "postgres_database", "mariadb_account"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/shop.db"
    make: Callable[[], str] = request.getfixturevalue(request.param)
    return make()


@pytest.fixture
def shop(house: House, database: str) -> Iterator[Shop]:
    """The shop in each kind of database."""
    with a_shop(house, database) as made:
        yield made
