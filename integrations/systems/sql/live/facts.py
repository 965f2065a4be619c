"""What SQLAlchemy's inspector does not tell of live tables: how text is compared, which signs it takes, and indexes."""

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection

_MYSQL: Final = frozenset({"mysql", "mariadb"})
_CODECS: Final = {
    "latin1": "cp1252",
    "latin2": "iso8859-2",
    "latin5": "iso8859-9",
    "greek": "iso8859-7",
    "hebrew": "iso8859-8",
    "sjis": "shift_jis",
    "euckr": "euc_kr",
    "ujis": "euc_jp",
    "koi8r": "koi8-r",
    "koi8u": "koi8-u",
}
_WHOLE_UNICODE: Final = frozenset({"", "utf8mb4", "utf16", "utf16le", "utf32", "binary"})
_BASIC_PLANE: Final = frozenset({"utf8", "utf8mb3", "ucs2"})
_LAST_BASIC: Final = 0xFFFF


@dataclass(frozen=True, slots=True)
class Facts:
    """What is said of a column of text.

    Attributes:
        is_loose: its equality takes different texts for the same.
        is_by_bytes: its equality is that of the bytes, trailing blanks included.
        charset: the signs that it takes; empty: all.
        type_name: what the database calls its type; empty where it does not say.
    """

    is_loose: bool = False
    is_by_bytes: bool = True
    charset: str = ""
    type_name: str = ""

    def takes(self, text: str) -> bool:
        """Whether the column can hold it; a comparison with what it cannot hold is an error in some databases."""
        if self.charset in _WHOLE_UNICODE:
            return True
        if self.charset in _BASIC_PLANE:
            return all(ord(sign) <= _LAST_BASIC for sign in text)
        try:
            text.encode(_CODECS.get(self.charset, self.charset))
        except UnicodeEncodeError:
            return False
        except LookupError:
            return text.isascii()
        return True


NO_FACTS: Final = Facts()
ByColumn: TypeAlias = Mapping[str, Facts]

_IN_POSTGRESQL: Final = sa.text("""
SELECT c.relname, a.attname, NOT coalesce(l.collisdeterministic, true), format_type(a.atttypid, NULL),
  format_type(a.atttypid, a.atttypmod)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE n.nspname = :schema AND c.relname = ANY(:names) AND a.attnum > 0 AND NOT a.attisdropped
""")
_IN_MYSQL: Final = sa.text("""
SELECT table_name, column_name, collation_name, character_set_name, column_type FROM information_schema.columns
WHERE table_schema = coalesce(:schema, database()) AND table_name IN :names
""").bindparams(sa.bindparam("names", expanding=True))
_POSTGRESQL_INDEXES: Final = sa.text("""
SELECT c.relname, a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
WHERE n.nspname = :schema AND c.relname = ANY(:names) AND i.indisvalid AND i.indpred IS NULL
""")
_MYSQL_INDEXES: Final = sa.text("""
SELECT table_name, column_name FROM information_schema.statistics
WHERE table_schema = coalesce(:schema, database()) AND table_name IN :names AND seq_in_index = 1
""").bindparams(sa.bindparam("names", expanding=True))


def facts(inspector: sa.Inspector, schema: str | None, names: Sequence[str]) -> dict[str, dict[str, Facts]]:
    """How columns compare, by table and column; in one statement where the database has a catalogue."""
    found: dict[str, dict[str, Facts]] = {name: {} for name in names}
    dialect = inspector.dialect.name
    with inspector.engine.connect() as connection:
        if dialect == "postgresql":
            charset = _charset(connection)
            wanted = {"schema": schema or inspector.default_schema_name, "names": list(names)}
            for table, column, is_loose, type_, called in connection.execute(_IN_POSTGRESQL, wanted):
                loose = bool(is_loose) or str(type_).rpartition(".")[2] == "citext"
                found[table][column] = Facts(loose, not is_loose, charset, str(called))
        elif dialect in _MYSQL and names:
            asked = {"schema": schema, "names": names}
            for table, column, collation, charset, called in connection.execute(_IN_MYSQL, asked):
                loose = bool(collation) and not str(collation).endswith(("_bin", "binary"))
                found.get(table, {})[column] = Facts(loose, not collation, charset or "", str(called))
        elif dialect == "sqlite":
            for name in names:
                found[name] = dict(_in_sqlite(connection, schema, name))
    return found


def _charset(connection: Connection) -> str:
    info = getattr(connection.connection.driver_connection, "info", None)
    name = str(getattr(info, "encoding", "utf-8"))
    return "" if codecs.lookup(name).name in {"utf-8", "ascii"} else name


def _in_sqlite(connection: Connection, schema: str | None, name: str) -> Iterable[tuple[str, Facts]]:
    """SQLite tells of a collation in the text of the statement that made the table, and nowhere else."""
    place = f"{connection.dialect.identifier_preparer.quote(schema)}." if schema else ""
    query = f"SELECT sql FROM {place}sqlite_master WHERE name = ? AND sql LIKE '%collate%'"  # noqa: S608  # quoted
    sql = connection.exec_driver_sql(query, (name,)).scalar()
    if sql is None:
        return
    for (column,) in connection.exec_driver_sql("SELECT name FROM pragma_table_info(?)", (name,)):
        said = re.search(rf"""["`\[]?{re.escape(column)}["`\]]?\s[^,]*?\bcollate\s+(\w+)""", sql, re.IGNORECASE)
        collation = said[1].lower() if said else "binary"
        # Where the text is unclear, the bytes are compared as well: that costs little.
        yield column, Facts(collation != "binary", is_by_bytes=False)


def leading_columns(inspector: sa.Inspector, schema: str | None, names: Sequence[str]) -> dict[str, frozenset[str]]:
    """Columns that an index on whole tables begins with, by table."""
    query = {"postgresql": _POSTGRESQL_INDEXES, "mysql": _MYSQL_INDEXES, "mariadb": _MYSQL_INDEXES}
    statement = query.get(inspector.dialect.name)
    if statement is None:
        return {name: frozenset(_inspected(inspector, schema, name)) for name in names}
    found: dict[str, set[str]] = {name: set() for name in names}
    is_postgresql = inspector.dialect.name == "postgresql"
    wanted = {"schema": schema or inspector.default_schema_name if is_postgresql else schema, "names": list(names)}
    with inspector.engine.connect() as connection:
        for table, column in connection.execute(statement, wanted) if names else ():
            found.setdefault(table, set()).add(column)
    return {name: frozenset(columns) for name, columns in found.items()}


def _inspected(inspector: sa.Inspector, schema: str | None, name: str) -> Iterable[str]:
    keys: list[Any] = [inspector.get_pk_constraint(name, schema=schema)["constrained_columns"]]
    for index in inspector.get_indexes(name, schema=schema, include_auto_indexes=True):
        is_partial = any(option.endswith("_where") for option in index.get("dialect_options") or {})
        keys += [] if is_partial else [index["column_names"]]
    yield from (columns[0] for columns in keys if columns and columns[0])


def sqlite_on_delete(inspector: sa.Inspector, schema: str | None, name: str) -> dict[tuple[tuple[str, ...], str], str]:
    """What SQLite does to rows that refer to a deleted one, by the referring columns and the table referred to.

    The inspector reads ``REFERENCES … ON DELETE CASCADE`` at a column without what it says of deleting.
    """
    query = 'SELECT id, "from", "table", on_delete FROM pragma_foreign_key_list(:name, :schema) ORDER BY id, seq'
    found: dict[int, tuple[list[str], str, str]] = {}
    with inspector.engine.connect() as connection:
        rows = connection.execute(sa.text(query), {"name": name, "schema": schema or "main"})
        for number, column, to_table, on_delete in rows:
            found.setdefault(number, ([], to_table, on_delete))[0].append(column)
    return {(tuple(c), to): "" if on_delete == "NO ACTION" else on_delete for c, to, on_delete in found.values()}
