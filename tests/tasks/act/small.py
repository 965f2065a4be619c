"""A small company whose systems stand in memory or in SQLite, to try steps on: two systems, three tables."""

import json
import sqlite3
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from data_contracts.case.request import Statement
from data_contracts.company.contract import Contracts, Table
from data_contracts.connectors.connecting import Connector, LiveSchema
from data_contracts.connectors.keys import Order
from data_contracts.errors import SystemUnavailable
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Rectification, Right
from flows.rights.stages import admit
from flows.runs.gates import WaitingForPerson
from integrations.systems.directory import open_connector
from integrations.systems.memory import MemoryConnector
from tasks.rules.search.routes import plan_routes
from tasks.services import Services
from tests.flows.company import House, Passing
from tests.tasks.rules.examples import a_column, a_key, a_reference, a_table, contracts_of

_EMAIL = {"category": "user.contact.email", "rectify": Rectification.DECLARED, "max_length": 40}
CUSTOMER = a_table(
    "customer",
    a_key(),
    a_column("no", identity="customer_no", category="user.unique_id"),
    a_column("email", identity="email", **_EMAIL),
    a_column("language", category="user.demographic.language", rectify=Rectification.DECLARED),
    a_column("vip", logical_type="boolean", category="user.account"),
    a_column("remark", category="user.content", marker="supplement"),
    account="customer_no",
)
LOG = a_table(
    "log",
    a_column("customer_id", logical_type="integer", is_personal=False),
    a_column("language", category="user.demographic.language", rectify=Rectification.DECLARED),
    references=(a_reference("customer_id", "customer"),),
)
ACCOUNT = a_table(
    "account",
    a_key(),
    a_column("email", identity="email", normalised=True, unique=True, **_EMAIL),
    system="web",
)
ROWS: Mapping[str, Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "crm": {
        "customer": [
            {"id": 1, "no": "C1", "email": "Ann@X.example", "language": "fr", "vip": False, "remark": "Older."},
            {"id": 2, "no": "C2", "email": "bob@x.example", "language": "fr", "vip": None, "remark": None},
        ],
        "log": [
            {"customer_id": 1, "language": "fr"},
            {"customer_id": 1, "language": "de"},
            {"customer_id": 2, "language": "fr"},
        ],
    },
    "web": {"account": [{"id": 7, "email": "ann@x.example"}, {"id": 8, "email": "bob@x.example"}]},
}


class Broken(Passing):
    """A system that forgets, is away, or comes to a sudden end, as a test says."""

    def __init__(self, connector: Connector, how: str) -> None:
        super().__init__(connector)
        self.how = how

    def describe(self) -> LiveSchema:
        """Be away (``gone``), or tell what the system is."""
        if self.how == "gone":
            raise SystemUnavailable("the system is away", where=self.system)
        return self.inner.describe()

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Claim to have done it (``idle``), fail (``fails``), or do it and die (``dies``)."""
        if self.how == "idle":
            return [1] * len(orders)
        if self.how == "fails":
            raise SystemUnavailable("the system went away", where=self.system)
        touched = self.inner.carry_out(orders)
        if self.how == "dies":
            raise KeyboardInterrupt
        return touched


@dataclass
class Small:
    """The systems, by name, and a house whose services are over them."""

    house: House
    systems: dict[str, Any]
    folder: Path

    def connector(self, system: str) -> Any:
        """The system's connector."""
        return self.systems[system]

    def names(self) -> list[str]:
        """Systems, by name."""
        return sorted(self.systems)

    def breaks(self, system: str, how: str) -> None:
        """Have a system misbehave; ``""`` mends it."""
        inner = getattr(self.systems[system], "inner", self.systems[system])
        self.systems[system] = Broken(inner, how) if how else inner

    def rows(self, system: str, table: str) -> list[dict[str, Any]]:
        """Every row of a table, in the order of the table."""
        inner = getattr(self.systems[system], "inner", self.systems[system])
        if isinstance(inner, MemoryConnector):
            return inner.rows[table]
        with closing(sqlite3.connect(self.folder / f"{system}.db")) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]  # noqa: S608  # our own names

    def add(self, system: str, table: str, row: Mapping[str, Any]) -> None:
        """Put a row into a table, as the company's own people do meanwhile."""
        connector = self.systems[system]
        if isinstance(connector, MemoryConnector):
            connector._rows[table].append(dict(row))
            return
        with closing(sqlite3.connect(self.folder / f"{system}.db")) as connection, connection:
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO {table} VALUES ({marks})", tuple(row.values()))  # noqa: S608  # our own names

    def set(self, system: str, table: str, column: str, value: object) -> None:
        """Put a value into the first row of a table, as the company's own people do by hand."""
        connector = getattr(self.systems[system], "inner", self.systems[system])
        if isinstance(connector, MemoryConnector):
            connector._rows[table][0][column] = value
            return
        statement = f"UPDATE {table} SET {column} = ? WHERE rowid = (SELECT min(rowid) FROM {table})"  # noqa: S608  # our own names
        with closing(sqlite3.connect(self.folder / f"{system}.db")) as connection, connection:
            connection.execute(statement, (value,))

    def open(self, right: Right, **asked: Any) -> str:
        """A new case of the customer Ann."""
        return self.house.open(right, identity={"email": ["ANN@x.example"]}, statement=Statement(**asked))

    def waits(self, case_id: str, life: Callable[[str], object]) -> GateEntry | None:
        """Carry a case on until it ends (None) or waits at a gate."""
        try:
            if admit(case_id):
                life(case_id)
        except WaitingForPerson as waiting:
            return waiting.entry
        return None

    def walk(self, case_id: str, life: Callable[[str], object]) -> None:
        """Carry a case on to its end, every gate answered with yes."""
        while (entry := self.waits(case_id, life)) is not None:
            self.agree(entry)

    def agree(self, entry: GateEntry) -> None:
        """Answer a gate with yes."""
        self.house.agree(entry)

    def evidence(self, case_id: str, step: str, system: str = "") -> list[Mapping[str, Any]]:
        """Facts that the evidence of a case holds about a step in a system, oldest first."""
        envelopes, _ = self.house.installation.register.evidence(case_id)
        records = [json.loads(b64decode(str(envelope["payload"])))["predicate"] for envelope in envelopes]
        return [record["facts"] for record in records if (record["step"], record["system"]) == (step, system)]


def a_small(house: House, folder: Path, kind: str, *tables: Table) -> tuple[Small, Services]:
    """The company and its services."""
    contracts = contracts_of(*(tables or (CUSTOMER, LOG, ACCOUNT)))
    make = _in_memory if kind == "memory" else _in_sqlite
    systems = {name: make(contracts, name, folder) for name in contracts.systems}
    small = Small(house, systems, folder)
    services = replace(house.installation.services, contracts=contracts, routes=plan_routes(contracts), systems=small)
    return small, services


def _in_memory(contracts: Contracts, system: str, _folder: Path) -> Connector:
    return MemoryConnector(contracts.systems[system], ROWS[system], time_zone="Europe/Paris")  # type: ignore[arg-type]  # rows are copied


def _in_sqlite(contracts: Contracts, system: str, folder: Path) -> Connector:
    with closing(sqlite3.connect(folder / f"{system}.db")) as connection, connection:
        for table, rows in ROWS[system].items():
            connection.execute(f"CREATE TABLE {table} ({', '.join(_declared(contracts.table(system, table)))})")
            for row in rows:
                marks = ", ".join("?" * len(row))
                connection.execute(f"INSERT INTO {table} VALUES ({marks})", tuple(row.values()))  # noqa: S608  # our own names
    return open_connector(contracts.systems[system], f"sqlite:///{folder}/{system}.db", time_zone="Europe/Paris")


def _declared(table: Table) -> list[str]:
    types = {"integer": "INTEGER", "boolean": "BOOLEAN"}
    return [
        f"{c.name} {types.get(c.logical_type, 'VARCHAR(80)')}{' PRIMARY KEY' if c.primary_key else ''}"
        for c in table.columns
    ]


__all__ = ["ACCOUNT", "CUSTOMER", "LOG", "ROWS", "Broken", "Small", "a_small"]
