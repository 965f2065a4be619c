"""Small systems of any shape, each with a contract written for the test, in which cases are walked end to end."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Gate, Right
from integrations.demo.company import DemoCompany, DemoSubject
from tests.flows.company import CONTRACTS, House, a_house
from tests.yaml_text import read_yaml, write_yaml

NOBODY = DemoSubject("ana@example.org", "", "", "", "Ana Example", "en")
KINDS: Mapping[str, Mapping[str, Any]] = {
    "email": {"normalise": "email", "unique": True},
    "phone": {"normalise": "phone", "shared": True},
    "cookie": {"shared": True},
    "customer_no": {"unique": True},
}
"""Identity kinds; a test leaves out those that no column of its own holds."""


def column(name: str, kind: str = "string", *, key: bool = False, to: Any = None, **dsr: Any) -> dict[str, Any]:
    """A column of a contract; ``to`` is where it refers, with ``follow`` and what else a relationship says."""
    made: dict[str, Any] = {"name": name, "logicalType": kind}
    if key:
        made |= {"primaryKey": True, "primaryKeyPosition": 1}
    if to is not None:
        target, said = to
        made["relationships"] = [{"to": target, "customProperties": _dsr(said)}]
    plain = {"category": "user.contact" if "identity" in dsr else "user.content", "source": "provided"}
    if dsr or not (key or to):
        made["customProperties"] = _dsr(plain | dsr)
    return made


def table(name: str, *columns: dict[str, Any], **dsr: Any) -> dict[str, Any]:
    """A table of a contract whose rows are deleted."""
    said = {"erase": "delete", "purposes": ["contract"]} | dsr
    return {"name": name, "customProperties": _dsr(said), "properties": list(columns)}


def kept(made: dict[str, Any], element: str, years: int, **dsr: Any) -> dict[str, Any]:
    """The same table with a retention period of so many years from a date column."""
    item = {"id": f"keep_{made['name']}", "property": "retention", "value": years, "unit": "y"}
    item |= {"element": f"{made['name']}.{element}", "customProperties": _dsr(dsr)}
    return made | {"slaProperties": [item]}


def number(name: str = "id") -> dict[str, Any]:
    """The key column of a table."""
    return column(name, "integer", key=True)


def _dsr(said: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"property": "dsr", "value": dict(said)}]


@dataclass(frozen=True)
class Town:
    """A house over one system, named ``sys``."""

    house: House
    url: str

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query to the system, as tuples."""
        engine = sa.create_engine(self.url)
        with engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(sa.text(query))]
        engine.dispose()
        return found

    def ask_to(self, statement: str) -> None:
        """Carry a statement out in the system, as the company's own people do."""
        engine = sa.create_engine(self.url)
        with engine.begin() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()

    def open(self, right: Right, **identity: str) -> str:
        """The case id of a request that names these keys."""
        return self.house.open(right, identity={kind: [value] for kind, value in identity.items()})

    def gates(self, case_id: str) -> list[GateEntry]:
        """Every gate ``subjects`` of a case."""
        return [g for g in self.house.installation.register.gates(case_id) if g.gate is Gate.SUBJECTS]


def write_contracts(
    folder: Path,
    tables: Sequence[dict[str, Any]],
    kinds: Mapping[str, Any],
    country: str,
    *,
    canary: bool = False,
    recovery_days: int = 0,
) -> None:
    """A folder of contracts: one system of these tables, with words, organisation and policy beside it."""
    (folder / "systems").mkdir(parents=True)
    profile = read_yaml(CONTRACTS / "organisation.yaml") | {"country": country}
    write_yaml(folder / "organisation.yaml", profile)
    policy = read_yaml(CONTRACTS / "policy.yaml") | {
        "contact_systems": [],
        "identity_facts": [],
        "recovery_days": recovery_days,
    }
    policy["gates"]["erasure"]["approval"] = {"roles": ["legal", "dpo"], "people": 1}
    write_yaml(folder / "policy.yaml", policy)
    words = {
        "company": {"key": "shop", "name": "Shop Example SA", "country": country, "dpo": "dpo@shop.example"},
        "parties": {"shop": {"role": "controller", "name": "Shop Example SA", "country": country}},
        "purposes": {"contract": {"use": "essential.service", "basis": "A6-1-b", "label": _label("Contrat")}},
        "holds": {key: _hold(letter) for key, letter in (("tax", "b"), ("litigation", "e"))},
        "identities": {kind: dict(said) | {"label": _label(kind)} for kind, said in kinds.items()},
    }  # fmt: skip
    write_yaml(folder / "vocabulary.yaml", words)
    head = {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": "sys",
        "name": "sys",
        "version": "1.0.0",
        "status": "active",
    }
    contract = head | {
        "customProperties": _dsr({"controller": "shop", "subjects": ["customer"], "canary": canary}),
        "schema": [{name: said for name, said in one.items() if name != "slaProperties"} for one in tables],
        "slaProperties": [item for one in tables for item in one.get("slaProperties", ())],
    }
    write_yaml(folder / "systems" / "sys.odcs.yaml", contract)


def _hold(letter: str) -> dict[str, Any]:
    return {"art17_3": letter, "law": "Tax Act", "open_ended": True, "note": "set by hand", "label": _label("Tax")}


def _label(words: str) -> dict[str, str]:
    return {"fr": words, "en": words}


def _given(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in facts.items() if value is not None}


def _columns_of(tables: Sequence[dict[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for one in tables:
        for own in one["properties"]:
            yield from (item["value"] for item in own.get("customProperties", ()))


@contextmanager
def a_town(
    home: Path,
    url: str,
    tables: Sequence[dict[str, Any]],
    *statements: str,
    country: str = "FR",
    canary: bool = False,
    recovery_days: int = 0,
    **kinds: Any,
) -> Iterator[Town]:
    """A house over the system at ``url``, made by ``statements``; one that is there already takes none.

    ``RIGHTSFLOW_SYSTEM_SYS_URL`` must name the same URL. ``kinds`` says of identity kinds what :data:`KINDS` does not.
    """
    if statements:
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
        engine.dispose()
    held = {said["identity"] for said in _columns_of(tables) if "identity" in said}
    said = {kind: _given(dict(KINDS.get(kind, {})) | kinds.get(kind, {})) for kind in held}
    shutil.rmtree(home / "contracts", ignore_errors=True)
    write_contracts(home / "contracts", tables, said, country, canary=canary, recovery_days=recovery_days)
    company = DemoCompany(urls={}, subject=NOBODY, relative=NOBODY, rows={})
    with contextmanager(a_house)(home, company, home / "contracts") as (house, _):
        yield Town(house, url)
