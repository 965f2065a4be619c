"""What hides data in a SQL database, asked each time: rights and settings change without a change of the schema."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.hiding import Hides, Hiding
from integrations.systems.sql.live.hiding_mysql import in_mysql
from integrations.systems.sql.live.hiding_postgresql import DECLARED, Name, in_postgresql
from integrations.systems.sql.live.hiding_sqlite import in_sqlite
from integrations.systems.sql.live.trigger_bodies import Place

_ELSEWHERE: Final = {
    "postgresql": """
SELECT n.nspname FROM pg_namespace n
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'
  AND has_schema_privilege(n.oid, 'USAGE') AND EXISTS (
    SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'm', 'f')
      AND has_table_privilege(c.oid, 'SELECT')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                      AND d.deptype = 'e'))
""",
    "mysql": """
SELECT DISTINCT table_schema FROM information_schema.tables
WHERE table_type <> 'VIEW' AND table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
""",
}
_SWITCHED_OFF: Final = sa.text(
    DECLARED
    + """
SELECT DISTINCT n.nspname, c.relname, coalesce(k.conname, t.tgname)
FROM family f JOIN pg_trigger t ON t.tgrelid = f.oid AND t.tgenabled IN ('D', 'R')
JOIN pg_class c ON c.oid = f.root JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint AND t.tgisinternal
ORDER BY 1, 2, 3
"""
)
_ELSEWHERE_AS: Final = {"mariadb": "mysql"}


def hidings(
    inspector: sa.Inspector, places: Sequence[Place], name: Name, written: Mapping[Place, Sequence[str]]
) -> tuple[Hiding, ...]:
    """What hides data of the contract's tables, each thing once.

    Args:
        inspector: of the live database.
        places: live tables of the contract, with their schema.
        name: what a live table is called: as the contract does, where one declares it.
        written: declared columns of each table that can be written.
    """
    with inspector.engine.connect() as connection:
        return tuple(sorted(set(_asked(connection, places, name, written)))) if places else ()


def _asked(
    connection: Connection, places: Sequence[Place], name: Name, written: Mapping[Place, Sequence[str]]
) -> Iterable[Hiding]:
    dialect = connection.dialect.name
    if dialect == "postgresql":
        return in_postgresql(connection, places, name)
    if dialect in {"mysql", "mariadb"}:
        return in_mysql(connection, places, name, written)
    return in_sqlite(connection, places, name) if dialect == "sqlite" else ()


def same_rows(names: Mapping[str, Place], dialect: str) -> Iterable[Hiding]:
    """Tables of the contract that are one live table: a database that takes no notice of case gives both its rows.

    Args:
        names: where each table of the contract lies.
        dialect: of the database.
    """
    by_place: dict[Place, str] = {}
    for name, (schema, live) in names.items():
        place = (schema.casefold(), live.casefold()) if dialect == "sqlite" else (schema, live)
        first = by_place.setdefault(place, name)
        if first != name:
            yield Hiding(Hides.SAME_ROWS, first, "", name)


def switched_off(inspector: sa.Inspector, places: Sequence[Place]) -> list[tuple[Place, str]]:
    """Triggers and foreign keys that are there and switched off, by live table; PostgreSQL alone can."""
    if inspector.dialect.name != "postgresql" or not places:
        return []
    wanted = {"schemas": [schema for schema, _ in places], "names": [live for _, live in places]}
    with inspector.engine.connect() as connection:
        return [((schema, live), name) for schema, live, name in connection.execute(_SWITCHED_OFF, wanted)]


def other_schemas(inspector: sa.Inspector) -> set[str]:
    """Schemas, or databases where these are the same, with tables that the account can read."""
    dialect = inspector.dialect.name
    query = _ELSEWHERE.get(_ELSEWHERE_AS.get(dialect, dialect))
    if query is None:
        return set()
    with inspector.engine.connect() as connection:
        return set(connection.execute(sa.text(query)).scalars())
