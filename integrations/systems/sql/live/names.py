"""What live types are called and how much they take, for messages and for ways of erasing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.sql.type_api import TypeEngine

from data_contracts.connectors.connecting import LiveColumn

_OF_FOUR_BYTES = "1971-01-01"
"""MariaDB's TIMESTAMP begins with 1970, in whatever time zone."""


def type_name(type_: TypeEngine[Any]) -> str:
    """The type as people know it; of a domain the type that it rests on."""
    while isinstance(type_, postgresql.DOMAIN):
        type_ = type_.data_type
    if isinstance(type_, sa.ARRAY):
        return f"{type_name(type_.item_type)}[]"
    if isinstance(type_, mysql.BIT | postgresql.BIT) and type_.length:
        return f"BIT({type_.length})"
    return str(type_)


def length_of(type_: TypeEngine[Any]) -> int | None:
    """Signs of a text, or bytes, that a value of the type may have; None: no bound that is told."""
    if isinstance(type_, mysql.BIT):
        return -(-(type_.length or 1) // 8)
    is_open = isinstance(type_, mysql.TEXT | mysql.SET | sa.Enum)
    if is_open or not isinstance(type_, sa.String | sa.BINARY | sa.VARBINARY):
        return None
    return type_.length


def is_computed(column: Mapping[str, Any]) -> bool:
    """Whether the database computes the column, or its identity, and refuses to have it written."""
    identity: Mapping[str, Any] = column.get("identity") or {}
    return bool(column.get("computed") or identity.get("always"))


def bounded(column: LiveColumn, type_: TypeEngine[Any], dialect: str) -> LiveColumn:
    """The column with what its type takes; SQLite takes anything, whatever the type says."""
    if dialect == "sqlite":
        return column
    labels = type_.values if isinstance(type_, mysql.SET) else getattr(type_, "enums", None) or ()
    since = _OF_FOUR_BYTES if isinstance(type_, mysql.TIMESTAMP) else ""
    return replace(column, length=length_of(type_), labels=tuple(labels), since=since)
