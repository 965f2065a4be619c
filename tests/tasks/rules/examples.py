"""Builders of valid contracts, and a set of tables in memory to ask; a test names only what matters to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data_contracts.case.plan import Located, TablePath
from data_contracts.company.company import Company, Hold, IdentityKind, Vocabulary
from data_contracts.company.contract import Column, Contracts, Reference, Retention, SystemContract, Table
from data_contracts.connectors.keys import Condition, Key
from data_contracts.text.normal_form import normal_form
from data_contracts.vocabulary import (
    Assertion,
    ColumnErasure,
    Follow,
    RetentionAction,
    RetentionStart,
    TableErasure,
)

NOT_SHARED = frozenset({Follow.FROM})
HOLDS = {
    "accounting": Hold(art17_3="b", law="C. com. L123-22"),
    "lawsuit": Hold(art17_3="e", law="C. civ. 2224", open_ended=True, note="as long as it lasts"),
}
IDENTITIES = {
    "email": IdentityKind(normalise="email", shared=False),
    "phone": IdentityKind(normalise="phone", shared=True),
    "customer_no": IdentityKind(unique=True),
}


def a_column(name: str, **facts: Any) -> Column:
    """A column of text that follows its table; the organisation vouches for an identity in it."""
    assertion = Assertion.CONFIRMED if "identity" in facts else None
    return Column(**{"name": name, "logical_type": "string", "assertion": assertion, **facts})


def a_key(name: str = "id", **facts: Any) -> Column:
    """A bare key column."""
    return a_column(name, **{"logical_type": "integer", "primary_key": True, "is_personal": False, **facts})


def a_table(name: str, *columns: Column, **facts: Any) -> Table:
    """A table of the system crm whose rows are deleted; with a key where no column is named."""
    return Table(
        **{"system": "crm", "name": name, "columns": columns or (a_key(),), "erase": TableErasure.DELETE, **facts}
    )


def a_reference(column: str, to: str, **facts: Any) -> Reference:
    """A reference to the ``id`` of another table (``table`` or ``system.table``), followed towards what refers."""
    system, _, table = to.rpartition(".")
    return Reference(
        **{
            "columns": (column,),
            "to_system": system or "crm",
            "to_table": table,
            "to_columns": ("id",),
            "follow": NOT_SHARED,
            **facts,
        }
    )


def a_period(table: str, column: str, **facts: Any) -> Retention:
    """Ten years from the date in a column, then the row is deleted."""
    plain = {"id": "kept", "value": 10, "unit": "y", "start": RetentionStart.VALUE, "then": RetentionAction.DELETE}
    return Retention(**{"table": table, "column": column, **plain, **facts})


def contracts_of(*tables: Table) -> Contracts:
    """A set of contracts of these tables, with the vocabulary above."""
    by_system: dict[str, list[Table]] = {}
    for table in tables:
        by_system.setdefault(table.system, []).append(table)
    systems = {
        name: SystemContract(name, title=name.upper(), version="1.0.0", controller="acme", tables=tuple(own))
        for name, own in sorted(by_system.items())
    }
    company = Company(key="acme", name="Acme SA", country="FR", dpo="dpo@acme.example")
    vocabulary = Vocabulary(company=company, parties={}, purposes={}, holds=HOLDS, identities=IDENTITIES)
    return Contracts(systems, vocabulary, digest="0" * 64)


def keys_in(column: str, *values: object) -> Condition:
    """A condition on one column."""
    return Condition((column,), frozenset((value,) for value in values))


def located_in(table: Table, *values: object, **facts: Any) -> Located:
    """Rows of ``table`` with one of these ids."""
    return Located(conditions={(table.system, table.name): (keys_in("id", *values),)}, **facts)


def erased(name: str, how: ColumnErasure, **facts: Any) -> Column:
    """A column that is erased in its own way."""
    return a_column(name, erase=how, **facts)


@dataclass(frozen=True)
class Rows:
    """Tables in memory, which answer as a connector does."""

    tables: Mapping[TablePath, tuple[Mapping[str, object], ...]]

    def selected(self, path: TablePath, conditions: tuple[Condition, ...]) -> frozenset[int]:
        """Numbers of the rows that any of the conditions selects."""
        rows = enumerate(self.tables[path])
        return frozenset(number for number, row in rows if any(_holds(row, condition) for condition in conditions))

    def answer(
        self, path: TablePath, conditions: tuple[Condition, ...], columns: tuple[tuple[str, ...], ...]
    ) -> dict[tuple[str, ...], frozenset[Key]]:
        """The different keys that the selected rows hold, for each tuple of columns; those with a NULL left out."""
        rows = [self.tables[path][number] for number in self.selected(path, conditions)]
        found = {names: frozenset(tuple(row[name] for name in names) for row in rows) for names in columns}
        return {names: frozenset(key for key in keys if None not in key) for names, keys in found.items()}


def _holds(row: Mapping[str, object], condition: Condition) -> bool:
    values = tuple(row[name] for name in condition.columns)
    if None in values:
        return False
    if condition.normalise == "verbatim":
        return values in condition.keys
    return (normal_form(condition.normalise, values[0], "FR"),) in condition.keys
