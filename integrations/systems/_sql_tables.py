"""The live tables behind a contract's names, looked up once and kept.

Types come from the live database, not from the contract, because keys must be bound as what the column really is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.sql.type_api import TypeEngine

from data_contracts.contract import SystemContract, Table
from data_contracts.errors import ContractMismatch
from data_contracts.ports import LiveColumn, LiveReference, LiveSchema
from integrations.systems._values import Kind

_MYSQL = frozenset({"mysql", "mariadb"})
_REMEDY = "correct the contract, or bring the live schema back to it, then run `rightsflow contracts check`"


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
    missing: frozenset[str] = field(default=frozenset())

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
    """Live tables by the contract's name, cached until :meth:`forget`."""

    def __init__(self, contract: SystemContract, dialect: str, inspector: Callable[[], sa.Inspector]) -> None:
        """Nothing is looked up before it is asked for."""
        self._contract = contract
        self._dialect = dialect
        self._inspector = inspector
        self._known: dict[str, SqlTable] = {}

    def __getitem__(self, name: str) -> SqlTable:
        """The live table of that name; raises ContractMismatch when it is not there."""
        if name not in self._known:
            self._known[name] = self._look_up(name, self._inspector())
        return self._known[name]

    def forget(self) -> None:
        """Look everything up anew from now on."""
        self._known.clear()

    def recheck(self) -> None:
        """Compare what was in use with the live schema; raises ContractMismatch when something went missing."""
        before, self._known = self._known, {}
        inspector = self._inspector()
        for name, table in before.items():
            now = self._look_up(name, inspector)
            for column in table.columns:
                now.column(column)

    def describe(self) -> LiveSchema:
        """The live schema of the contract's tables that are there, with all foreign keys that point at them."""
        inspector = self._inspector()
        found: dict[str, dict[str, LiveColumn]] = {}
        places = {_place(table): table.name for table in self._contract.tables}
        for (schema, name), table in places.items():
            if inspector.has_table(name, schema=schema):
                found[table] = {
                    c["name"]: LiveColumn(c["name"], str(c["type"]), bool(c["nullable"]))
                    for c in inspector.get_columns(name, schema=schema)
                }
        primary_keys = {
            table: tuple(inspector.get_pk_constraint(name, schema=schema)["constrained_columns"])
            for (schema, name), table in places.items()
            if table in found
        }
        return LiveSchema(found, tuple(_references(inspector, places)), primary_keys)

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
        return SqlTable(path, clause, made, to_itself, self._compares_loosely(inspector, live))

    def _compares_loosely(self, inspector: sa.Inspector, live: str) -> bool:
        if self._dialect != "sqlite":
            return self._dialect in _MYSQL
        with inspector.engine.connect() as connection:
            query = sa.text("SELECT sql FROM sqlite_master WHERE name = :name AND sql LIKE '%collate%'")
            return connection.execute(query, {"name": live}).first() is not None


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
