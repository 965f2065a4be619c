"""A live column: what kind of values it holds, and how it is compared and read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.sql.type_api import TypeEngine

from integrations.systems.sql.live.containers import readable
from integrations.systems.sql.live.facts import NO_FACTS, Facts
from integrations.systems.values import Kind

_MYSQL: Final = frozenset({"mysql", "mariadb"})
TEXTS: Final = frozenset({Kind.TEXT, Kind.PADDED, Kind.OTHER, Kind.LOOSE, Kind.ANY})
"""Kinds whose values are compared as text."""


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
    facts: Facts = NO_FACTS
    zone: ZoneInfo | None = None
    """Of moments that it holds without one; None: the system's."""
    is_doubtful: bool = False
    """The contract says that its moments have a zone, and neither the live type nor the contract says which."""

    @property
    def is_shifted(self) -> bool:
        """Whether its days do not begin with the system's."""
        return self.zone is not None or self.is_doubtful

    @property
    def stored_as(self) -> str:
        """What the database calls its type."""
        return self.facts.type_name or ("" if isinstance(self.type, sa.types.NullType) else str(self.type))

    @property
    def is_bits(self) -> bool:
        """Whether it is MariaDB's row of bits, which compares as a number and is shown bit by bit."""
        return isinstance(self.type, mysql.BIT)

    @property
    def shown(self) -> sa.ColumnElement[Any]:
        """The column as its rows are read."""
        if isinstance(self.type, mysql.BIT):
            return sa.func.lpad(sa.func.bin(self.clause), self.type.length or 1, "0")
        return self.clause

    @property
    def is_loose(self) -> bool:
        """Whether its equality is not sameness of its text: another collation than bytes."""
        return self.kind in TEXTS and not self.facts.is_by_bytes

    @property
    def own(self) -> sa.ColumnElement[Any]:
        """The column as the database compares it."""
        return sa.column(self.name)

    @property
    def is_citext(self) -> bool:
        """Whether it is PostgreSQL's text that ignores case."""
        return isinstance(self.type, postgresql.CITEXT)


def sql_column(told: sa.engine.interfaces.ReflectedColumn, said: Facts, dialect: str) -> SqlColumn:
    """A column of the live schema, by what the inspector and the catalogue say of it."""
    name, type_ = told["name"], told["type"]
    while isinstance(type_, postgresql.DOMAIN):
        type_ = type_.data_type
    if isinstance(type_, sa.types.NullType) and said.type_name.endswith("[]"):
        type_ = sa.ARRAY(sa.Text())  # of members that SQLAlchemy does not know
    kind = _sqlite_kind(type_) if dialect == "sqlite" else _kind(type_, dialect)
    column: sa.ColumnElement[Any] = sa.column(name)
    if kind is Kind.OTHER:
        column = sa.cast(readable(column, type_), mysql.CHAR(charset="utf8mb4") if dialect in _MYSQL else sa.Text())
    if isinstance(type_, mysql.BIT):
        column = column + sa.literal_column("0")
    return SqlColumn(name, kind, _bits(type_, dialect), type_, column, bool(told["nullable"]), said)


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
    (mysql.BIT, Kind.INTEGER),
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
    return 65 if getattr(type_, "unsigned", False) or isinstance(type_, mysql.BIT) else 64
