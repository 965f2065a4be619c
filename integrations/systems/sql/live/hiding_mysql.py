"""What MariaDB and MySQL say of what hides data: rights are tried with ``EXPLAIN``, which carries nothing out.

What is granted through roles stands in no table that an account may read; so the database is asked whether it would.

Source: MariaDB documentation, "Information Schema Tables", "EXPLAIN"; MySQL Reference Manual, chapter 15.8.2.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.hiding import Hides, Hiding
from integrations.systems.sql.live.trigger_bodies import Place, Reader

Name: TypeAlias = Callable[[Place], str]

_REFUSED: Final = frozenset({1044, 1142, 1143, 1227, 1370})
_SETTINGS: Final = sa.text("SHOW GLOBAL VARIABLES WHERE variable_name IN ('read_only', 'super_read_only')")
_MAY_WRITE: Final = sa.text("""
SELECT count(*) FROM information_schema.user_privileges
WHERE privilege_type IN ('SUPER', 'READ ONLY ADMIN', 'READ_ONLY ADMIN', 'CONNECTION_ADMIN')
  AND replace(grantee, '''', '') = current_user()
""")
_VERSIONED: Final = sa.text("""
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_type = 'SYSTEM VERSIONED' AND table_schema IN :schemas
""").bindparams(sa.bindparam("schemas", expanding=True))
_TRIGGERS: Final = sa.text("""
SELECT event_object_schema, event_object_table, trigger_name, event_manipulation, action_statement
FROM information_schema.triggers WHERE event_object_schema IN :schemas
""").bindparams(sa.bindparam("schemas", expanding=True))
_SEES_TRIGGERS: Final = sa.text("""
SELECT concat(table_schema, '.', table_name) FROM information_schema.table_privileges
WHERE privilege_type = 'TRIGGER'
UNION SELECT table_schema FROM information_schema.schema_privileges WHERE privilege_type = 'TRIGGER'
UNION SELECT '' FROM information_schema.user_privileges WHERE privilege_type = 'TRIGGER'
""")
_RELATIONS: Final = sa.text("""
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
""")
_ROUTINES: Final = sa.text("SELECT routine_name, routine_definition FROM information_schema.routines")


def in_mysql(
    connection: Connection, places: Sequence[Place], name: Name, columns: Mapping[Place, Sequence[str]]
) -> Iterator[Hiding]:
    """What hides data of the tables at ``places``.

    Args:
        connection: to the database; each statement stands for itself.
        places: live tables that the contract declares.
        name: what a live table is called: as the contract does, where one declares it.
        columns: declared columns of each table that can be written.
    """
    yield from _read_only(connection)
    for place in places:
        yield from _rights(connection, place, name(place), columns[place])
    wanted, schemas = set(places), sorted({schema for schema, _ in places})
    for schema, live in connection.execute(_VERSIONED, {"schemas": schemas}):
        if (schema, live) in wanted:
            yield Hiding(Hides.VERSIONED, name((schema, live)))
    yield from _of_triggers(connection, places, schemas, name)


def _read_only(connection: Connection) -> Iterator[Hiding]:
    is_off = {"OFF", "0", ""}
    on = {str(key).lower() for key, value in connection.execute(_SETTINGS) if str(value).upper() not in is_off}
    if "super_read_only" in on or (on and not connection.execute(_MAY_WRITE).scalar_one()):
        yield Hiding(Hides.READ_ONLY, about="the server is set to read only, as a replica is")


def _rights(connection: Connection, place: Place, table: str, columns: Sequence[str]) -> Iterator[Hiding]:
    quote = connection.dialect.identifier_preparer.quote_identifier
    live, names = ".".join(map(quote, place)), {column: quote(column) for column in columns}

    def refused(start: str, end: str, written: str) -> list[str]:
        """Of the columns, those with which a statement is refused; tried together first."""
        if _error(connection, start + ", ".join(written.format(own) for own in names.values()) + end) == 0:
            return []
        return [c for c, own in names.items() if _error(connection, start + written.format(own) + end) in _REFUSED]

    unread = refused("SELECT ", f" FROM {live} WHERE 1 = 0", "{0}")
    if len(unread) == len(names):
        yield Hiding(Hides.NO_SELECT, table)
        return
    yield from (Hiding(Hides.NO_SELECT, table, column) for column in unread)
    unchanged = refused(f"EXPLAIN UPDATE {live} SET ", " WHERE 1 = 0", "{0} = {0}")  # noqa: S608  # quoted
    yield from (Hiding(Hides.NO_UPDATE, table, column) for column in unchanged)
    if _error(connection, f"EXPLAIN DELETE FROM {live} WHERE 1 = 0") in _REFUSED:  # noqa: S608  # quoted
        yield Hiding(Hides.NO_DELETE, table)


def _error(connection: Connection, statement: str) -> int:
    """The code of the error that a statement ends with; 0 for none."""
    try:
        connection.exec_driver_sql(statement.replace("%", "%%")).close()
    except sa.exc.DBAPIError as error:
        if error.connection_invalidated:
            raise
        return int(error.orig.args[0]) if error.orig is not None else -1
    return 0


def _of_triggers(
    connection: Connection, places: Sequence[Place], schemas: Sequence[str], name: Name
) -> Iterator[Hiding]:
    sees = set(connection.execute(_SEES_TRIGGERS).scalars())
    for schema, live in places:
        if not sees & {"", schema, f"{schema}.{live}"}:
            yield Hiding(Hides.TRIGGERS_UNSEEN, name((schema, live)))
    triggers = [row for row in connection.execute(_TRIGGERS, {"schemas": schemas}) if (row[0], row[1]) in set(places)]
    if not triggers:
        return
    tables = {(schema, live) for schema, live in connection.execute(_RELATIONS)}
    routines = {routine: source or "" for routine, source in connection.execute(_ROUTINES)}
    reader = Reader(tables, routines)
    for schema, live, _, event, body in triggers:
        written, table = reader.read(body, schema), name((schema, live))
        for place in written.writes - {(schema, live)}:
            yield Hiding(Hides.TRIGGER_WRITES, table, "", name(place))
        for place in written.deletes - {(schema, live)} if event == "DELETE" else ():
            yield Hiding(Hides.TRIGGER_DELETES, table, "", name(place))
