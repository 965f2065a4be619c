"""A small valid contracts folder as plain values, to be changed by a test and written.

Two systems: ``crm`` (people, their requests, their household) and ``shop`` (accounts that refer to crm, orders).
"""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from data_contracts.vocabulary import Gate, Right
from tests.yaml_text import Dumper

Files = dict[str, Any]
Change = Callable[[Files], object]
_VOUCHED_EMAIL = {"identity": "email", "assertion": "confirmed"}


def dsr(**facts: object) -> list[dict[str, Any]]:
    """``customProperties`` that hold one ``dsr`` block."""
    return [{"property": "dsr", "value": facts}]


def a_column(
    name: str, logical_type: str = "string", *, facts: dict[str, Any] | None, **native: object
) -> dict[str, Any]:
    """A column; without ``facts`` it is a bare key."""
    column = {"name": name, "logicalType": logical_type, **native}
    return column if facts is None else {**column, "customProperties": dsr(**facts)}


def a_relationship(to: str, *, follow: object = "from", **facts: object) -> dict[str, Any]:
    """A reference to a column; towards what refers, unless a test says otherwise."""
    return {"to": to, "customProperties": dsr(follow=follow, **facts)}


def _crm() -> dict[str, Any]:
    given = {"source": "provided"}
    customer = {
        "name": "customer",
        "customProperties": dsr(erase="columns", purposes=["contract"], account="email"),
        "properties": [
            a_column("id", "integer", facts=None, primaryKey=True, required=True),
            a_column("email", facts={**given, "category": "user.contact.email", **_VOUCHED_EMAIL, "erase": "clear"}),
            a_column(
                "name",
                physicalType="varchar(80)",
                facts={**given, "category": "user.name", "erase": "clear", "hold": "identity_5y"},
            ),
            a_column("ended_on", "date", facts={**given, "category": "user.account", "erase": "clear"}),
            a_column(
                "household_id",
                "integer",
                facts=None,
                relationships=[a_relationship("household.id", follow="to", shared=True)],
            ),
        ],
    }
    ticket = {
        "name": "ticket",
        "customProperties": dsr(erase="delete", purposes=["contract"]),
        "properties": [
            a_column("id", "integer", facts=None, primaryKey=True),
            a_column(
                "customer_id", "integer", facts=None, relationships=[a_relationship("schema/customer/properties/id")]
            ),
            a_column("at", "timestamp", facts={"category": "user.behavior", "source": "observed"}),
            a_column(
                "agent",
                facts={"category": "user.account.username", "source": "derived", "about": "employee", "access": "omit"},
            ),
        ],
    }
    household = {
        "name": "household",
        "customProperties": dsr(erase="delete", purposes=["contract"]),
        "properties": [
            a_column("id", "integer", facts=None, primaryKey=True),
            a_column("address", facts={"category": "user.contact.address", "source": "provided"}),
        ],
    }
    return _document(
        "crm",
        [customer, ticket, household],
        [
            _retention("keep_name", "customer.ended_on", value=5, hold="identity_5y", then="columns"),
        ],
    )


def _shop() -> dict[str, Any]:
    order = {
        "name": "order",
        "customProperties": dsr(erase="keep", hold="accounting_10y", purposes=["contract"]),
        "properties": [
            a_column("no", facts=None, primaryKey=True),
            a_column(
                "customer_id",
                "integer",
                facts=None,
                relationships=[a_relationship("crm.odcs.yaml#/schema/customer/properties/id")],
            ),
            a_column("at", "date", facts={"category": "user.financial", "source": "observed"}),
        ],
    }
    return _document("shop", [order], [_retention("keep_orders", "order.at", value=10, hold="accounting_10y")])


def _document(name: str, tables: list[dict[str, Any]], retentions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "v3.2.0",
        "kind": "DataContract",
        "id": name,
        "version": "1.0.0",
        "status": "active",
        "servers": [{"server": "prod", "type": "custom", "location": f"sqlite:///{name}.db"}],
        "customProperties": dsr(controller="acme", recipients=["printer"]),
        "schema": tables,
        "slaProperties": retentions,
    }


def _retention(name: str, element: str, *, value: int, then: str = "delete", **facts: object) -> dict[str, Any]:
    return {
        "id": name,
        "property": "retention",
        "value": value,
        "unit": "y",
        "element": element,
        "customProperties": dsr(then=then, **facts),
    }


def _vocabulary() -> dict[str, Any]:
    return {
        "company": {"key": "acme", "name": "Acme", "country": "FR", "dpo": "dpo@acme.example"},
        "parties": {
            "acme": {"role": "controller", "name": "Acme", "country": "FR"},
            "printer": {"role": "processor", "name": "Printer", "country": "US", "transfer": "scc", "for": "acme"},
        },
        "purposes": {"contract": {"use": "essential.service", "basis": "A6-1-b"}},
        "holds": {
            "accounting_10y": {"art17_3": "b", "law": "C. com. L123-22"},
            "identity_5y": {"art17_3": "b", "law": "CPCE L34-1"},
        },
        "identities": {"email": {"normalise": "email", "unique": True}},
    }


def _organisation() -> dict[str, Any]:
    contact = {"name": "Acme", "address": {"lines": ["1 rue X"], "country": "FR"}}
    people = {role: deepcopy(contact) for role in ("requests", "dpo", "authority")}
    court = {"fr": "le tribunal judiciaire", "en": "the civil court"}
    return {"name": "Acme", "country": "FR", "sender": "privacy@acme.example", "court": court, **people}


def _policy() -> dict[str, Any]:
    return {
        "gates": {right.value: {gate.value: {"roles": ["dpo"]} for gate in Gate} for right in Right},
        "identity_methods": {right.value: ["call_back"] for right in Right},
    }


class _WithoutAliases(Dumper):  # type: ignore[misc]  # chosen at run time
    """Writes what is used twice twice, as a person would."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # PyYAML asks for each value
        """Never an alias."""
        return True


def files() -> Files:
    """The valid set, by the name of the file without its suffix."""
    return {
        "crm": _crm(),
        "shop": _shop(),
        "vocabulary": _vocabulary(),
        "organisation": _organisation(),
        "policy": _policy(),
    }


def write(folder: Path, *changes: Change) -> Path:
    """The valid set with ``changes``, written to ``folder``."""
    content = files()
    for change in changes:
        change(content)
    (folder / "systems").mkdir(parents=True, exist_ok=True)
    for name, value in content.items():
        is_company = name in {"vocabulary", "organisation", "policy"}
        path = folder / f"{name}.yaml" if is_company else folder / "systems" / f"{name}.odcs.yaml"
        path.write_text(yaml.dump(value, Dumper=_WithoutAliases, sort_keys=False, allow_unicode=True), "utf-8")
    return folder


def table(content: Files, system: str, name: str) -> dict[str, Any]:
    """One table."""
    return next(item for item in content[system]["schema"] if item["name"] == name)


def column(content: Files, system: str, name: str, field: str) -> dict[str, Any]:
    """One column."""
    return next(item for item in table(content, system, name)["properties"] if item["name"] == field)


def facts_of(element: dict[str, Any]) -> dict[str, Any]:
    """The ``dsr`` block of an element."""
    value: dict[str, Any] = element["customProperties"][0]["value"]
    return value


# --- changes ---------------------------------------------------------------------------------------------------------


def at(path: str, **facts: object) -> Change:
    """Set facts in the ``dsr`` block at ``system``, ``system.table`` or ``system.table.column``; None removes one."""

    def change(content: Files) -> None:
        element = element_at(content, path)
        element.setdefault("customProperties", dsr())
        _set(facts_of(element), facts)

    return change


def native(path: str, **facts: object) -> Change:
    """Set native ODCS keys of the element at ``path``; None removes one."""
    return lambda content: _set(element_at(content, path), facts)


def add(
    path: str, name: str, logical_type: str = "string", *, facts: dict[str, Any] | None, **native_: object
) -> Change:
    """Add a column to ``system.table``."""
    new = a_column(name, logical_type, facts=facts, **native_)
    return lambda content: element_at(content, path)["properties"].append(deepcopy(new))


def both(*changes: Change) -> Change:
    """Several changes, one after the other."""
    return lambda content: [change(content) for change in changes]


def company(file: str, *keys: str, **facts: object) -> Change:
    """Set keys of the mapping that ``keys`` lead to in a company file; None removes one."""

    def change(content: Files) -> None:
        place = content[file]
        for key in keys:
            place = place[key]
        _set(place, facts)

    return change


def sla(system: str, **facts: object) -> Change:
    """Set native keys of a system's first retention item; None removes one."""
    return lambda content: _set(content[system]["slaProperties"][0], facts)


def element_at(content: Files, path: str) -> dict[str, Any]:
    """The document, table or column that ``path`` names."""
    match path.split("."):
        case [system]:
            found: dict[str, Any] = content[system]
            return found
        case [system, name]:
            return table(content, system, name)
        case parts:
            return column(content, parts[0], parts[1], parts[2])


def _set(place: dict[str, Any], facts: dict[str, object]) -> None:
    for key, value in facts.items():
        if value is None:
            place.pop(key, None)
        else:
            place[key.removesuffix("_")] = value
