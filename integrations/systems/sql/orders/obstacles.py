"""What cannot be rehearsed in a database: engines that do not roll back, triggers that may act outside it.

Tables that a change of a table may write to are found from foreign keys with actions and from the bodies of triggers:
the names that they mention. That is more than they write to, never less, but for names that are put together.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.rehearsing import NotRehearsed

_WORD: Final = re.compile(r"[\w$]+")
_OUTSIDE: Final = re.compile(
    r"\b(dblink\w*|pg_background\w*|pg_file_\w+|lo_export|sys_exec|sys_eval|http_\w+)\s*\(|\bcopy\b[^;]*\b(program|to)\b",
    re.IGNORECASE,
)
"""Calls in a trigger's body that leave the database or its transaction."""
_ELSEWHERE: Final = frozenset({"FEDERATED", "CONNECT", "SPIDER", "S3"})
"""Engines whose rows lie on another server or in files."""

_POSTGRESQL_TRIGGERS: Final = sa.text("""
SELECT c.relname, t.tgname, p.proname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
""")
_POSTGRESQL_FUNCTIONS: Final = sa.text("""
SELECT p.proname, l.lanname, l.lanpltrusted, coalesce(p.prosrc, ''),
  EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema')
""")
_POSTGRESQL_TABLES: Final = sa.text("""
SELECT c.relname, c.relkind::text, coalesce(r.relname, c.relname) FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
LEFT JOIN pg_class r ON r.oid = i.inhparent
WHERE c.relkind IN ('r', 'p', 'f', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
""")
_POSTGRESQL_ACTIONS: Final = sa.text("""
SELECT c.confrelid::regclass::text, c.conrelid::regclass::text FROM pg_constraint c
WHERE c.contype = 'f' AND (c.confdeltype IN ('c', 'n', 'd') OR c.confupdtype IN ('c', 'n', 'd'))
""")
_MYSQL_TRIGGERS: Final = sa.text("""
SELECT event_object_table, trigger_name, action_statement FROM information_schema.triggers
WHERE event_object_schema = database()
""")
_MYSQL_TABLES: Final = sa.text("""
SELECT t.table_name, t.engine, coalesce(e.transactions, 'NO') FROM information_schema.tables t
LEFT JOIN information_schema.engines e ON e.engine = t.engine
WHERE t.table_schema = database() AND t.table_type <> 'VIEW'
""")
_MYSQL_ACTIONS: Final = sa.text("""
SELECT referenced_table_name, table_name FROM information_schema.referential_constraints
WHERE constraint_schema = database()
  AND (delete_rule IN ('CASCADE', 'SET NULL') OR update_rule IN ('CASCADE', 'SET NULL'))
""")
_SQLITE_OBJECTS: Final = sa.text("SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master")
_SQLITE_KEYS: Final = sa.text("""
SELECT m.name, k."table" FROM sqlite_master m, pragma_foreign_key_list(m.name) k
WHERE m.type = 'table' AND (k.on_delete IN ('CASCADE', 'SET NULL') OR k.on_update IN ('CASCADE', 'SET NULL'))
""")


@dataclass(slots=True)
class Surroundings:
    """What hangs on the tables of a database.

    Attributes:
        tables: every table, with why it cannot be rehearsed itself; None: it can.
        triggers: by table: its triggers' names, and what they do as text.
        acts_outside: triggers that may act outside the database, by name.
        actions: by table: tables whose rows a foreign key changes with its own.
    """

    tables: dict[str, tuple[NotRehearsed, str] | None] = field(default_factory=dict)
    triggers: dict[str, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    acts_outside: set[str] = field(default_factory=set)
    actions: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def reached(self, table: str) -> set[str]:
        """The table, and every one that a change of its rows may write to."""
        known = {name.lower(): name for name in self.tables}
        reached, pending = set(), [table]
        while pending:
            name = pending.pop()
            if name in reached:
                continue
            reached.add(name)
            words = {word.lower() for _, body in self.triggers.get(name, ()) for word in _WORD.findall(body)}
            pending += [*self.actions.get(name, ()), *(known[word] for word in words if word in known)]
        return reached

    def obstacle(self, table: str) -> tuple[NotRehearsed, str] | None:
        """Why the table cannot be rehearsed, and what that is about; None: it can."""
        reached = sorted(self.reached(table), key=lambda name: (name != table, name))
        for name in reached:
            if found := self.tables.get(name):
                return found
        for name in reached:
            for trigger, body in self.triggers.get(name, ()):
                if trigger in self.acts_outside or _OUTSIDE.search(body):
                    return NotRehearsed.TRIGGER, trigger
        return None


def surroundings(connection: Connection) -> Surroundings:
    """What hangs on the tables of the database; a few looks into its catalogue."""
    return _READ.get(connection.dialect.name, lambda _: Surroundings())(connection)


def _of_postgresql(connection: Connection) -> Surroundings:
    made = Surroundings()
    for name, kind, root in connection.execute(_POSTGRESQL_TABLES):
        is_foreign = (NotRehearsed.FOREIGN_TABLE, str(name)) if kind == "f" else None
        made.tables[name] = made.tables.get(name) or is_foreign
        if root != name:
            made.actions[root].add(name)
    functions: dict[str, list[tuple[str, bool, str, bool]]] = defaultdict(list)
    for name, language, is_trusted, body, is_extension in connection.execute(_POSTGRESQL_FUNCTIONS):
        functions[name].append((language, is_trusted, body, is_extension))
    for table, trigger, function in connection.execute(_POSTGRESQL_TRIGGERS):
        called = _called(function, functions)
        body = "\n".join(body for name in called for _, _, body, _ in functions.get(name, ()))
        made.triggers[table].append((trigger, body))
        if any(_may_leave(*one) for name in called for one in functions.get(name, ())):
            made.acts_outside.add(trigger)
    for parent, child in connection.execute(_POSTGRESQL_ACTIONS):
        made.actions[_plain(parent)].add(_plain(child))
    return made


def _may_leave(language: str, is_trusted: bool, _body: str, is_extension: bool) -> bool:  # noqa: FBT001  # a row
    # A language that the database trusts cannot reach outside; what an extension brings in C is known by its name.
    return not is_trusted and language not in {"internal", "sql"} and not (language == "c" and is_extension)


def _called(function: str, functions: Mapping[str, Sequence[tuple[str, bool, str, bool]]]) -> set[str]:
    called, pending = set(), [function]
    while pending:
        name = pending.pop()
        if name in called:
            continue
        called.add(name)
        for _, _, body, _ in functions.get(name, ()):
            pending += [word for word in re.findall(r"([\w$]+)\s*\(", body) if word in functions]
    return called


def _of_mysql(connection: Connection) -> Surroundings:
    made = Surroundings()
    for name, engine, transactions in connection.execute(_MYSQL_TABLES):
        cannot = transactions != "YES" or str(engine).upper() in _ELSEWHERE
        made.tables[name] = (NotRehearsed.ENGINE, f"{name}: {engine}") if cannot else None
    for table, trigger, body in connection.execute(_MYSQL_TRIGGERS):
        made.triggers[table].append((trigger, body))
    for parent, child in connection.execute(_MYSQL_ACTIONS):
        made.actions[parent].add(child)
    return made


def _of_sqlite(connection: Connection) -> Surroundings:
    made = Surroundings()
    for kind, name, table, sql in connection.execute(_SQLITE_OBJECTS):
        if kind == "trigger":
            made.triggers[table].append((name, sql))
        elif kind in {"table", "view"}:
            is_virtual = re.match(r"\s*create\s+virtual\s+table", sql, re.IGNORECASE)
            made.tables[name] = (NotRehearsed.VIRTUAL_TABLE, name) if is_virtual else None
    for child, parent in connection.execute(_SQLITE_KEYS):
        made.actions[parent].add(child)
    return made


def _plain(name: str) -> str:
    return name.rpartition(".")[2].strip('"')


_READ: Final = {
    "postgresql": _of_postgresql,
    "mysql": _of_mysql,
    "mariadb": _of_mysql,
    "sqlite": _of_sqlite,
}


# --- rows that appear meanwhile ---------------------------------------------------------------------------------------

_POSTGRESQL_TOUCHED: Final = sa.text("""
SELECT coalesce(nullif(r.relnamespace::regnamespace::text, current_schema()) || '.', '') || r.relname,
  sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del)
FROM pg_stat_xact_user_tables s
JOIN pg_class r ON r.oid = coalesce(pg_partition_root(s.relid),
  (SELECT i.inhparent FROM pg_inherits i WHERE i.inhrelid = s.relid LIMIT 1), s.relid)
WHERE s.n_tup_ins + s.n_tup_upd + s.n_tup_del > 0 GROUP BY 1
""")


def counts(connection: Connection, tables: Iterable[str]) -> dict[str, int]:
    """How many rows each table has, or how many the transaction has touched, where the database keeps count."""
    if connection.dialect.name == "postgresql":
        return {name: int(rows) for name, rows in connection.execute(_POSTGRESQL_TOUCHED)}
    quote = connection.dialect.identifier_preparer.quote
    return {name: _count(connection, quote(name)) for name in sorted(tables)}


def _count(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one())  # noqa: S608  # quoted


def more(before: Mapping[str, int], after: Mapping[str, int], but: Collection[str]) -> Iterator[tuple[str, int]]:
    """Tables beside ``but`` with other counts than before, and by how much."""
    for name in sorted(after.keys() - set(but)):
        if rows := abs(after[name] - before.get(name, 0)):
            yield name, rows
