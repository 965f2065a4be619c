"""The live tables behind a contract's names, looked up once and kept.

Types come from the live database, not from the contract, because keys must be bound as what the column really is.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.sql.type_api import TypeEngine

from data_contracts.contract import SystemContract, Table
from data_contracts.errors import ContractMismatch
from data_contracts.ports import LiveColumn, LiveReference, LiveSchema
from integrations.systems._values import Kind

_SERIALS = count(1)
_ANY_KIND = sa.engine.reflection.ObjectKind.ANY
_MYSQL = frozenset({"mysql", "mariadb"})
_REMEDY = "correct the contract, or bring the live schema back to it, then run `rightsflow contracts check`"


_SCHEMA_MARK = sa.text("""
SELECT current_schemas(false)::text,
  (SELECT md5(string_agg(concat_ws(' ', n.nspname, c.relname, c.relkind, a.attnum, a.attname, a.attnotnull,
      format_type(a.atttypid, a.atttypmod), t.typtype, t.typbasetype, t.typtypmod), ',' ORDER BY c.oid, a.attnum))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relname = ANY(:names) AND a.attnum > 0 AND NOT a.attisdropped),
  (SELECT md5(string_agg(concat_ws(' ', conrelid::regclass, confrelid::regclass, conkey, confkey, contype, confdeltype),
      ',' ORDER BY oid)) FROM pg_constraint WHERE contype IN ('f', 'p'))
""")
"""What :meth:`SqlTables.describe` tells, in short: one look at PostgreSQL's catalogue instead of five."""

_PARTITIONS = sa.text("""
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relispartition AND n.nspname = :schema
""")

_Columns: TypeAlias = Sequence[sa.engine.interfaces.ReflectedColumn]


@dataclass(frozen=True, slots=True)
class SqlColumn:
    """A live column and how it is compared and read."""

    name: str
    kind: Kind
    bits: int
    type: TypeEngine[Any]
    clause: sa.ColumnElement[Any]
    """The column itself, or its text where we do not know the type."""
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class SqlTable:
    """A live table under the contract's names."""

    path: str
    """``system.table``, for messages."""
    clause: sa.TableClause
    columns: dict[str, SqlColumn]
    refers_to_itself: bool = False
    compares_loosely: bool = False
    """Some column's equality is not sameness of its text: another collation than bytes."""
    mark: Hashable = field(default=(), repr=False)
    """What the live schema said when it was looked up: while it says the same, the table is the same."""
    serial: int = field(default_factory=_SERIALS.__next__)
    """What was built for this table, and not for what it was before, is kept under this number."""

    def column(self, name: str) -> SqlColumn:
        """The live column.

        Raises:
            ContractMismatch: when it is not there.
        """
        try:
            return self.columns[name]
        except KeyError:
            raise ContractMismatch(
                "the live table has no such column", where=f"{self.path}.{name}", remedy=_REMEDY
            ) from None


class SqlTables:
    """Live tables by the contract's name, kept until :meth:`describe` or :meth:`recheck` sees that they changed."""

    def __init__(self, contract: SystemContract, dialect: str, inspector: Callable[[], sa.Inspector]) -> None:
        """Nothing is looked up before it is asked for."""
        self._contract = contract
        self._dialect = dialect
        self._inspector = inspector
        self._known: dict[str, SqlTable] = {}
        self._described: tuple[Hashable, LiveSchema] | None = None

    def __getitem__(self, name: str) -> SqlTable:
        """The live table of that name; raises ContractMismatch when it is not there."""
        if name not in self._known:
            self._known[name] = self._look_up(name, self._inspector())
        return self._known[name]

    def recheck(self) -> None:
        """Compare what was in use with the live schema; raises ContractMismatch when something went missing."""
        before, self._known = self._known, {}
        inspector = self._inspector()
        for name, table in before.items():
            now = self._look_up(name, inspector)
            for column in table.columns:
                now.column(column)

    def describe(self) -> LiveSchema:
        """The live schema of the contract's tables that are there, with all foreign keys that point at them.

        Tables that are no longer what they were are forgotten. PostgreSQL's are kept as long as their columns are the
        same: of the other facts about a table (its collations, references to itself) nothing hangs on them there.
        """
        inspector = self._inspector()
        mark = self._schema_mark(inspector)
        if self._described is None or mark is None or self._described[0] != mark:
            self._described = mark, self._describe(inspector)
        return self._described[1]

    def _schema_mark(self, inspector: sa.Inspector) -> Hashable:
        """The same as long as the live schema is the same; None where the database cannot tell so quickly."""
        if self._dialect != "postgresql":
            return None
        names = [_place(table)[1] for table in self._contract.tables]
        with inspector.engine.connect() as connection:
            return tuple(connection.execute(_SCHEMA_MARK, {"names": names}).one())

    def _describe(self, inspector: sa.Inspector) -> LiveSchema:
        if self._dialect != "postgresql":
            self._known.clear()
        places = {_place(table): table.name for table in self._contract.tables}
        found: dict[str, dict[str, LiveColumn]] = {}
        primary_keys: dict[str, tuple[str, ...]] = {}
        for schema in dict.fromkeys(schema for schema, _ in places):
            names = [name for place, name in places if place == schema]
            keys = self._primary_keys(inspector, schema, names)
            for name, columns in self._columns(inspector, schema, names).items():
                table = places[schema, name]
                found[table] = {c["name"]: LiveColumn(c["name"], str(c["type"]), bool(c["nullable"])) for c in columns}
                primary_keys[table] = keys[name]
                self._keep_if(table, _mark(columns))
        self._known = {name: table for name, table in self._known.items() if name in found}
        return LiveSchema(found, tuple(_references(inspector, places)), primary_keys)

    def undeclared(self, beside: Iterable[SystemContract] = ()) -> list[str]:
        """Tables and materialised views of the contract's schemas that neither it nor one beside it names."""
        inspector = self._inspector()
        default = inspector.default_schema_name
        declared = {
            (schema or default, name)
            for contract in (self._contract, *beside)
            for schema, name in map(_place, contract.tables)
        }
        found = set()
        for schema in {_place(table)[0] for table in self._contract.tables}:
            names = {*inspector.get_table_names(schema), *_materialised(inspector, schema)}
            others = {name for name in names if (schema or default, name) not in declared}
            found |= {
                name if schema is None else f"{schema}.{name}" for name in others - self._parts(inspector, schema)
            }
        return sorted(found)

    def _parts(self, inspector: sa.Inspector, schema: str | None) -> set[str]:
        """Partitions: their rows are those of the table that they are part of."""
        if self._dialect != "postgresql":
            return set()
        with inspector.engine.connect() as connection:
            wanted = {"schema": schema or inspector.default_schema_name}
            return set(connection.execute(_PARTITIONS, wanted).scalars())

    def _keep_if(self, name: str, mark: Hashable) -> None:
        if name in self._known and self._known[name].mark != mark:
            del self._known[name]

    def _columns(self, inspector: sa.Inspector, schema: str | None, names: Sequence[str]) -> dict[str, _Columns]:
        """Columns of those tables that are there; PostgreSQL tells of all of them at once."""
        if self._dialect == "postgresql":
            found = inspector.get_multi_columns(schema=schema, filter_names=names, kind=_ANY_KIND)
            return {name: columns for (_, name), columns in found.items()}
        there = [name for name in names if inspector.has_table(name, schema=schema)]
        return {name: inspector.get_columns(name, schema=schema) for name in there}

    def _primary_keys(
        self, inspector: sa.Inspector, schema: str | None, names: Sequence[str]
    ) -> Mapping[str, tuple[str, ...]]:
        if self._dialect == "postgresql":
            found = inspector.get_multi_pk_constraint(schema=schema, filter_names=names, kind=_ANY_KIND)
            return {name: tuple(key["constrained_columns"]) for (_, name), key in found.items()}
        there = [name for name in names if inspector.has_table(name, schema=schema)]
        return {n: tuple(inspector.get_pk_constraint(n, schema=schema)["constrained_columns"]) for n in there}

    def _look_up(self, name: str, inspector: sa.Inspector) -> SqlTable:
        path = f"{self._contract.name}.{name}"
        try:
            schema, live = _place(self._contract.table(name))
            columns = inspector.get_columns(live, schema=schema)
        except (KeyError, sa.exc.NoSuchTableError):
            raise ContractMismatch("the live system has no such table", where=path, remedy=_REMEDY) from None
        made = {
            c["name"]: _sql_column(c["name"], c["type"], self._dialect, nullable=bool(c["nullable"])) for c in columns
        }
        clause = sa.table(live, *(sa.column(c) for c in made), schema=schema)
        keys = inspector.get_foreign_keys(live, schema=schema)
        to_itself = any((k["referred_schema"], k["referred_table"]) == (schema, live) for k in keys)
        return SqlTable(path, clause, made, to_itself, self._compares_loosely(inspector, live), _mark(columns))

    def _compares_loosely(self, inspector: sa.Inspector, live: str) -> bool:
        if self._dialect != "sqlite":
            return self._dialect in _MYSQL
        with inspector.engine.connect() as connection:
            query = sa.text("SELECT sql FROM sqlite_master WHERE name = :name AND sql LIKE '%collate%'")
            return connection.execute(query, {"name": live}).first() is not None


def _materialised(inspector: sa.Inspector, schema: str | None) -> list[str]:
    try:
        return inspector.get_materialized_view_names(schema)
    except NotImplementedError:
        return []  # a database without such views


def _mark(columns: _Columns) -> Hashable:
    """What a table's columns are; ``repr`` tells of a type what ``str`` leaves out, such as its time zone."""
    return tuple((c["name"], repr(c["type"]), bool(c["nullable"])) for c in columns)


def _place(table: Table) -> tuple[str | None, str]:
    schema, _, name = (table.physical_name or table.name).rpartition(".")
    return schema or None, name


def _references(inspector: sa.Inspector, places: dict[tuple[str | None, str], str]) -> list[LiveReference]:
    default = inspector.default_schema_name
    known = {(schema or default, name): table for (schema, name), table in places.items()}
    found = []
    for schema in {schema for schema, _ in places}:
        for (_, name), keys in inspector.get_multi_foreign_keys(schema=schema).items():
            here = known.get((schema or default, name), name if schema is None else f"{schema}.{name}")
            for key in keys:
                target = (key["referred_schema"] or schema or default, key["referred_table"])
                if target in known or (schema or default, name) in known:
                    there = known.get(target, key["referred_table"])
                    columns, to_columns = tuple(key["constrained_columns"]), tuple(key["referred_columns"])
                    on_delete = str((key.get("options") or {}).get("ondelete") or "").upper()
                    found.append(LiveReference(here, columns, there, to_columns, on_delete))
    return sorted(found, key=lambda r: (r.table, r.columns))


def _sql_column(name: str, type_: TypeEngine[Any], dialect: str, *, nullable: bool) -> SqlColumn:
    if isinstance(type_, postgresql.DOMAIN):
        type_ = type_.data_type
    kind = _sqlite_kind(type_) if dialect == "sqlite" else _kind(type_, dialect)
    column: sa.ColumnElement[Any] = sa.column(name)
    if kind is Kind.OTHER:
        column = sa.cast(column, mysql.CHAR(charset="utf8mb4") if dialect in _MYSQL else sa.Text())
    return SqlColumn(name, kind, _bits(type_, dialect), type_, column, nullable)


def _sqlite_kind(type_: TypeEngine[Any]) -> Kind:
    if isinstance(type_, sa.Float):
        return Kind.LOOSE
    if isinstance(type_, sa.String):
        return Kind.TEXT
    return Kind.ANY if isinstance(type_, sa.LargeBinary | sa.types.NullType) else Kind.LOOSE


_KINDS: Sequence[tuple[type[TypeEngine[Any]], Kind]] = (
    (sa.Uuid, Kind.UUID),
    (sa.Boolean, Kind.BOOLEAN),
    (sa.Integer, Kind.INTEGER),
    (sa.Float, Kind.FLOAT),
    (sa.Numeric, Kind.NUMBER),
    (sa.Date, Kind.DATE),
    (sa.types._Binary, Kind.BYTES),  # noqa: SLF001  # the only common ancestor of BYTEA, BLOB and BINARY
    (mysql.BIT, Kind.BYTES),
)


def _kind(type_: TypeEngine[Any], dialect: str) -> Kind:
    if isinstance(type_, sa.DateTime):
        is_instant = isinstance(type_, sa.TIMESTAMP) if dialect in _MYSQL else type_.timezone
        return Kind.INSTANT if is_instant else Kind.LOCAL_TIME
    if isinstance(type_, sa.String):
        return _text_kind(type_, dialect)
    return next((kind for known, kind in _KINDS if isinstance(type_, known)), Kind.OTHER)


def _text_kind(type_: sa.String, dialect: str) -> Kind:
    if dialect in _MYSQL:
        return Kind.TEXT
    if isinstance(type_, sa.CHAR):
        return Kind.PADDED
    is_plain = isinstance(type_, sa.VARCHAR | sa.Text | sa.NVARCHAR) or type(type_) is sa.String
    return Kind.TEXT if is_plain else Kind.OTHER  # an ENUM or CITEXT does not compare like text


def _bits(type_: TypeEngine[Any], dialect: str) -> int:
    if dialect == "postgresql" and isinstance(type_, sa.Integer):
        if isinstance(type_, sa.BigInteger):
            return 64
        return 16 if isinstance(type_, sa.SmallInteger) else 32
    return 65 if getattr(type_, "unsigned", False) else 64
