"""What the suites of the witness share: needles, and short ways to say what was seen."""

from collections.abc import Iterable, Iterator
from typing import Any

import sqlalchemy as sa

from data_contracts.company.contract import Column, SystemContract, Table
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.witnessing import Budget, Looked, Needle, PlaceKind, Sighting, Testimony
from data_contracts.vocabulary import TableErasure

__all__ = ["ANNA", "BUDGET", "PHONE", "a_contract", "looked_at", "places", "seen", "unseen"]

_BEFORE = r"(?<![\w.+%-])"
_AFTER = r"(?![\w@-]|[.]\w)"
ANNA = Needle("email", _BEFORE + r"anna(?:@|%40|\\u0040)e[.]org" + _AFTER, ("e.org",))
PHONE = Needle("phone", r"(?<!\d)(?:\+?33|0)6[ .-]?12[ .-]?34[ .-]?56[ .-]?78(?!\d)", ("5678", "56 78"))
BUDGET = Budget()
SYSTEM = "town"


def a_contract(*tables: str, columns: Iterable[str] = ("id",), **physical: str) -> SystemContract:
    """A contract of tables that all declare the same columns; ``physical`` gives names of the live system."""
    made = tuple(
        Table(
            SYSTEM,
            name,
            tuple(Column(column, "string", primary_key=column == "id") for column in columns),
            TableErasure.DELETE,
            physical_name=physical.get(name, ""),
        )
        for name in tables
    )
    return SystemContract(SYSTEM, "Town", "1", "telco", made)


def looked_at(connector: Connector, *needles: Needle, budget: Budget = BUDGET, **asked: Any) -> list[Looked]:
    """Everything that the witness of a system says."""
    return list(connector.witness(Testimony(needles or (ANNA,), **asked), budget))


def sightings(looked: Iterable[Looked]) -> Iterator[Sighting]:
    """What was seen anywhere."""
    return (sighting for one in looked for sighting in one.sightings)


def seen(looked: Iterable[Looked]) -> dict[tuple[str, str], int]:
    """Rows by place and column."""
    return {(one.place.name, one.place.column): one.rows for one in sightings(looked)}


def unseen(looked: Iterable[Looked]) -> dict[str, str]:
    """Places that were not looked at, or not whole, with the reason; other databases of a server left out."""
    return {
        ".".join(filter(None, (one.place.name, one.place.column))): one.not_looked.value
        for one in looked
        if one.not_looked and one.place.kind is not PlaceKind.DATABASE
    }


def places(looked: Iterable[Looked]) -> list[str]:
    """Names of the places that were looked at, or said not to be."""
    return [one.place.name for one in looked if one.place.kind not in {PlaceKind.NAME, PlaceKind.DATABASE}]


def run(url: str, *statements: str) -> None:
    """Have a database carry out statements."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(
                statement.replace("%", "%%") if engine.dialect.paramstyle != "qmark" else statement
            )
    engine.dispose()


def reader_of(url: str, *grants: str) -> str:
    """The URL of a MariaDB database for an account that may read it, and nothing else but ``grants``.

    The server's own account sees what other tests do meanwhile.
    """
    parsed = sa.make_url(url)
    name = f"{parsed.database}_reader"[-60:]
    run(
        url,
        f"CREATE OR REPLACE USER '{name}'",
        *(f"GRANT {grant} TO '{name}'" for grant in grants or (f"SELECT ON `{parsed.database}`.*",)),
    )
    return parsed.set(username=name, password=None).render_as_string(hide_password=False)
