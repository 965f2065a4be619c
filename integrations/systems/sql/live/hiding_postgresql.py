"""What PostgreSQL's catalogue says of what hides data: one statement, and two more where there are triggers.

Source: PostgreSQL manual, chapters "System Catalogs", "Row Security Policies", "System Administration Functions".
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.hiding import Hides, Hiding
from integrations.systems.sql.live.trigger_bodies import Place, Reader

_ON_DELETE: Final = 8
_MAINTAIN_SINCE: Final = (17,)
_ARGUMENTS: Final = "\x1f"

DECLARED: Final = """
WITH RECURSIVE declared AS (
  SELECT c.oid, c.relkind FROM unnest(CAST(:schemas AS text[]), CAST(:names AS text[])) AS wanted (nsp, rel)
  JOIN pg_namespace n ON n.nspname = wanted.nsp JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.rel
), family AS (
  SELECT oid AS root, oid, 0 AS depth FROM declared
  UNION SELECT f.root, i.inhrelid, f.depth + 1 FROM family f JOIN pg_inherits i ON i.inhparent = f.oid
)"""
"""The contract's live tables, and each with its partitions and child tables at every level."""

_QUERY: Final = """, reads AS (
  SELECT d.oid AS root, d.oid, u.oid AS role FROM declared d, pg_roles u WHERE u.rolname = current_user
  UNION SELECT r.root, d.refobjid,
    CASE WHEN EXISTS (SELECT FROM pg_options_to_table(v.reloptions) o
                      WHERE o.option_name = 'security_invoker' AND CAST(o.option_value AS boolean))
         THEN r.role ELSE v.relowner END
  FROM reads r JOIN pg_class v ON v.oid = r.oid AND v.relkind = 'v' JOIN pg_rewrite w ON w.ev_class = v.oid
  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
    AND d.refobjid <> v.oid
), policies AS (
  SELECT r.root, r.oid, r.role, p.polcmd, p.polpermissive,
    coalesce(pg_get_expr(p.polqual, p.polrelid), 'true') = 'true' AS is_whole
  FROM reads r JOIN pg_policy p ON p.polrelid = r.oid
  WHERE EXISTS (SELECT FROM unnest(p.polroles) AS granted (role)
                WHERE CASE WHEN granted.role = 0 THEN true ELSE pg_has_role(r.role, granted.role, 'USAGE') END)
), guarded AS (
  SELECT r.root, cmd, coalesce(bool_or(p.is_whole) FILTER (WHERE p.polpermissive), false)
    AND coalesce(bool_and(p.is_whole) FILTER (WHERE NOT p.polpermissive), true) AS is_whole
  FROM reads r JOIN pg_class t ON t.oid = r.oid JOIN pg_roles u ON u.oid = r.role
  CROSS JOIN unnest(ARRAY['r', 'w', 'd']) AS cmd
  LEFT JOIN policies p ON p.root = r.root AND p.oid = r.oid AND p.role = r.role AND p.polcmd::text IN ('*', cmd)
  WHERE t.relrowsecurity AND NOT u.rolsuper AND NOT u.rolbypassrls
    AND (t.relforcerowsecurity OR NOT pg_has_role(u.oid, t.relowner, 'USAGE'))
  GROUP BY r.root, r.oid, r.role, cmd
), copies AS (
  SELECT root, oid FROM family
  UNION SELECT a.root, w.ev_class FROM copies a
  JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.oid AND d.classid = 'pg_rewrite'::regclass
  JOIN pg_rewrite w ON w.oid = d.objid AND w.ev_class <> a.oid
), columns AS (
  SELECT d.oid AS root, a.attname, a.attgenerated, d.relkind,
    has_schema_privilege(c.relnamespace, 'USAGE') AND has_column_privilege(d.oid, a.attnum, 'SELECT') AS reads,
    has_column_privilege(d.oid, a.attnum, 'UPDATE') AS updates
  FROM declared d JOIN pg_class c ON c.oid = d.oid
  JOIN pg_attribute a ON a.attrelid = d.oid AND a.attnum > 0 AND NOT a.attisdropped
), told (kind, root, col, other, body, number) AS (
  SELECT CASE cmd WHEN 'r' THEN 'rows_unseen' ELSE 'rows_guarded' END, root, '', NULL::oid, '', 0
  FROM guarded WHERE NOT is_whole
  UNION SELECT 'no_select', root, CASE WHEN is_partly THEN attname ELSE '' END, NULL, '', 0
  FROM (SELECT *, bool_or(reads) OVER (PARTITION BY root) AS is_partly FROM columns) c WHERE NOT reads
  UNION SELECT 'no_update', root, attname, NULL, '', 0 FROM columns
  WHERE NOT updates AND attgenerated = '' AND relkind <> 'm'
  UNION SELECT 'no_delete', oid, '', NULL, '', 0 FROM declared
  WHERE relkind <> 'm' AND NOT has_table_privilege(oid, 'DELETE')
  UNION SELECT CASE WHEN {may_refresh} THEN 'view_refreshed' ELSE 'view_stale' END, v.root, '', v.oid, '', 0
  FROM copies v JOIN pg_class c ON c.oid = v.oid WHERE c.relkind = 'm' AND c.relispopulated
  UNION SELECT 'published', d.oid, '', NULL, p.pubname, 0
  FROM declared d JOIN pg_class c ON c.oid = d.oid JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_publication_tables p ON p.schemaname = n.nspname AND p.tablename = c.relname
  WHERE EXISTS (SELECT FROM pg_replication_slots s WHERE s.slot_type = 'logical' AND s.database = current_database())
  UNION SELECT 'child_column', f.root, a.attname, f.oid, '', 0
  FROM family f JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attinhcount = 0
  WHERE f.depth > 0 AND NOT EXISTS
    (SELECT FROM pg_attribute o WHERE o.attrelid = f.root AND o.attname = a.attname AND NOT o.attisdropped)
  UNION SELECT 'child_keys', f.root, '', f.oid, '', 0
  FROM family f JOIN pg_class c ON c.oid = f.oid WHERE f.depth > 0 AND NOT c.relispartition
  UNION SELECT 'same_rows', f.root, '', f.oid, '', 0
  FROM family f JOIN declared d ON d.oid = f.oid WHERE f.depth > 0
  UNION SELECT 'trigger', f.root, t.tgname, NULL, p.prosrc || E'\\x1f' || encode(t.tgargs, 'escape'), t.tgtype
  FROM family f JOIN pg_trigger t ON t.tgrelid = f.oid AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')
  JOIN pg_proc p ON p.oid = t.tgfoid
  UNION SELECT 'trigger', f.root, w.rulename, NULL, pg_get_ruledef(w.oid),
    CASE w.ev_type WHEN '2' THEN 16 WHEN '4' THEN 8 ELSE 4 END
  FROM family f JOIN pg_rewrite w ON w.ev_class = f.oid AND w.rulename <> '_RETURN' AND w.ev_enabled IN ('O', 'A')
)
SELECT t.kind, n.nspname, c.relname, t.col, m.nspname, o.relname, t.body, t.number
FROM told t JOIN pg_class c ON c.oid = t.root JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_class o ON o.oid = t.other LEFT JOIN pg_namespace m ON m.oid = o.relnamespace
UNION ALL SELECT 'read_only', '', '', '', '', '', 'it is a standby server, which follows another', 0
WHERE pg_is_in_recovery()
UNION ALL SELECT 'read_only', '', '', '', '', '', 'transactions are read-only by default', 0
WHERE NOT pg_is_in_recovery() AND CAST(current_setting('default_transaction_read_only') AS boolean)
"""

_RELATIONS = sa.text("""
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
""")
_FUNCTIONS = sa.text("""
SELECT p.proname, p.prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND l.lanname NOT IN ('c', 'internal')
""")
_FAMILY = sa.text(
    DECLARED
    + """
SELECT p.nspname, r.relname, n.nspname, c.relname FROM family f
JOIN pg_class r ON r.oid = f.root JOIN pg_namespace p ON p.oid = r.relnamespace
JOIN pg_class c ON c.oid = f.oid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE f.depth > 0 ORDER BY f.depth DESC
"""
)

Name: TypeAlias = Callable[[Place], str]


def in_postgresql(connection: Connection, places: Sequence[Place], name: Name) -> Iterator[Hiding]:
    """What hides data of the tables at ``places``.

    Args:
        connection: to the database; each statement stands for itself.
        places: live tables.
        name: what a live table is called: as the contract does, where one declares it.
    """
    wanted = {"schemas": [schema for schema, _ in places], "names": [live for _, live in places]}
    is_new = (connection.dialect.server_version_info or ()) >= _MAINTAIN_SINCE
    may = "pg_has_role(c.relowner, 'USAGE')" + (" OR has_table_privilege(c.oid, 'MAINTAIN')" if is_new else "")
    rows = connection.execute(sa.text(DECLARED + _QUERY.format(may_refresh=may)), wanted).all()
    for kind, schema, live, column, other_schema, other, body, _ in rows:
        if kind != "trigger":
            about = name((other_schema, other)) if other else body
            yield Hiding(Hides(kind), name((schema, live)) if live else "", column, about)
    if triggers := [row for row in rows if row[0] == "trigger"]:
        yield from _of_triggers(connection, triggers, wanted, name)


def _of_triggers(connection: Connection, rows: Sequence[Any], wanted: dict[str, Any], name: Name) -> Iterator[Hiding]:
    family = family_of(connection, wanted)
    tables = {(schema, live) for schema, live in connection.execute(_RELATIONS)}
    functions: dict[str, str] = {}
    for function, source in connection.execute(_FUNCTIONS):
        functions[function] = f"{functions.get(function, '')}\n{source}"
    reader = Reader(tables, functions)
    for _, schema, live, trigger, _, _, body, number in rows:
        text, _, arguments = body.partition(_ARGUMENTS)
        written, table = reader.read(text, schema, arguments), name((schema, live))
        own = {(schema, live), *(child for child, root in family.items() if root == (schema, live))}
        yield from (Hiding(Hides.TRIGGER_WRITES, table, "", name(place)) for place in written.writes - own)
        if number & _ON_DELETE:
            yield from (Hiding(Hides.TRIGGER_DELETES, table, "", name(place)) for place in written.deletes - own)
        if written.is_unclear:
            yield Hiding(Hides.TRIGGER_UNCLEAR, table, "", trigger)


def family_of(connection: Connection, wanted: dict[str, Any]) -> dict[Place, Place]:
    """Partitions and child tables at every level, each with the table that is asked about."""
    rows = connection.execute(_FAMILY, wanted)
    return {(schema, live): (root_schema, root) for root_schema, root, schema, live in rows if live}
