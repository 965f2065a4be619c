"""Tables that are parts of others, and what refers to what: a partition or child is its parent, at every level.

PostgreSQL repeats a foreign key of a partitioned table at each partition, and one that points at it for each of them.
Here all of these are one reference, between the tables that the contract knows.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

import sqlalchemy as sa

from data_contracts.company.contract import Table
from data_contracts.connectors.connecting import LiveReference
from integrations.systems.sql.live.facts import sqlite_on_delete

Place: TypeAlias = tuple[str, str]
"""Schema and live name."""

_PARENTS: Final = sa.text("""
SELECT n.nspname, c.relname, m.nspname, p.relname FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace m ON m.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') ORDER BY i.inhseqno DESC
""")


def place_of(table: Table) -> tuple[str | None, str]:
    """Where a table of the contract lies: schema, which is None for the default one, and live name."""
    schema, _, name = (table.physical_name or table.name).rpartition(".")
    return schema or None, name


def whole_place(table: Table, default: str) -> Place:
    """Where a table of the contract lies, always with its schema."""
    schema, name = place_of(table)
    return schema or default, name


def parents(inspector: sa.Inspector) -> dict[Place, Place]:
    """The parent of each partition and child table; of several parents the first."""
    if inspector.dialect.name != "postgresql":
        return {}
    with inspector.engine.connect() as connection:
        return {(schema, name): (above, parent) for schema, name, above, parent in connection.execute(_PARENTS)}


def home(place: Place, known: Mapping[Place, str], above: Mapping[Place, Place]) -> Place:
    """The table whose rows those of ``place`` are: the nearest that a contract declares, else the topmost."""
    while place not in known and place in above:
        place = above[place]
    return place


def materialised(inspector: sa.Inspector, schema: str | None) -> list[str]:
    """Materialised views of a schema."""
    try:
        return inspector.get_materialized_view_names(schema)
    except NotImplementedError:
        return []  # a database without such views


def references(inspector: sa.Inspector, places: Mapping[tuple[str | None, str], str]) -> list[LiveReference]:
    """Foreign keys from and to the contract's tables, each once, by its names where it has them."""
    default = inspector.default_schema_name or ""
    known = {(schema or default, name): table for (schema, name), table in places.items()}
    above = parents(inspector)
    schemas = {schema for schema, _ in places} | {
        None if child[0] == default else child[0] for child in above if home(child, known, above) in known
    }
    found = set()
    for schema in schemas:
        for (_, name), keys in inspector.get_multi_foreign_keys(schema=schema).items():
            here = home((schema or default, name), known, above)
            on_deletes = (
                sqlite_on_delete(inspector, schema, name) if keys and inspector.dialect.name == "sqlite" else {}
            )
            for key in keys:
                target = home((key["referred_schema"] or schema or default, key["referred_table"]), known, above)
                if target not in known and here not in known:
                    continue
                columns, to_columns = tuple(key["constrained_columns"]), tuple(key["referred_columns"])
                said = on_deletes.get((columns, key["referred_table"])) or (key.get("options") or {}).get("ondelete")
                names = [known.get(one) or (one[1] if one[0] == default else ".".join(one)) for one in (here, target)]
                found.add(LiveReference(names[0], columns, names[1], to_columns, str(said or "").upper()))
    return sorted(found, key=lambda r: (r.table, r.columns, r.to_table))
