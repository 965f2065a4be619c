"""Materialised views: copies of rows that stay as they are until they are refreshed.

They are refreshed after an act, outside its transaction: with ``CONCURRENTLY`` where a unique index allows it, so that
readers go on; else the view is locked while it is made anew, and nobody is waited for longer than a few seconds.

Source: PostgreSQL manual, "REFRESH MATERIALIZED VIEW".
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from integrations.systems.sql.live.hiding_postgresql import DECLARED
from integrations.systems.sql.live.trigger_bodies import Place

_LOCK_SECONDS: Final = 10
_QUERY: Final = """, copies AS (
  SELECT oid, 0 AS depth FROM family
  UNION SELECT w.ev_class, a.depth + 1 FROM copies a
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.oid AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite w ON w.oid = d.objid AND w.ev_class <> a.oid
)
SELECT n.nspname, c.relname, EXISTS (
    SELECT FROM pg_index i
    WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL)
FROM copies v JOIN pg_class c ON c.oid = v.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm' AND c.relispopulated
GROUP BY n.nspname, c.relname, c.oid ORDER BY max(v.depth), n.nspname, c.relname
"""


def views_of(connection: Connection, places: Sequence[Place]) -> list[tuple[Place, bool]]:
    """Materialised views over these tables, those first that others are made of; whether one is refreshed in use."""
    if connection.dialect.name != "postgresql" or not places:
        return []
    wanted = {"schemas": [schema for schema, _ in places], "names": [name for _, name in places]}
    return [
        ((schema, name), bool(unique))
        for schema, name, unique in connection.execute(sa.text(DECLARED + _QUERY), wanted)
    ]


def refresh(connection: Connection, places: Sequence[Place], name: Callable[[Place], str], seconds: float) -> list[str]:
    """Refresh the materialised views over these tables; those that could not be, by name.

    Args:
        connection: to the database; each statement stands for itself.
        places: live tables.
        name: what a live table is called.
        seconds: how long one may take.
    """
    views = views_of(connection, places)
    if not views:
        return []
    limits = {"statement_timeout": round(seconds * 1000), "lock_timeout": _LOCK_SECONDS * 1000}
    for setting, milliseconds in limits.items():
        connection.exec_driver_sql(f"SET {setting} = {milliseconds}")
    try:
        return [name(view) for view, is_unique in views if not _is_refreshed(connection, view, is_unique=is_unique)]
    finally:
        for setting in limits:
            connection.exec_driver_sql(f"RESET {setting}")


def _is_refreshed(connection: Connection, view: Place, *, is_unique: bool) -> bool:
    quote: Any = connection.dialect.identifier_preparer.quote_identifier
    way = "CONCURRENTLY " if is_unique else ""
    try:
        connection.exec_driver_sql(f"REFRESH MATERIALIZED VIEW {way}{'.'.join(map(quote, view))}".replace("%", "%%"))
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        return False
    return True
