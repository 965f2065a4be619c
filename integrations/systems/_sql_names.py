"""What live types are called and how much they take, for messages and for ways of erasing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.sql.type_api import TypeEngine

from data_contracts.connecting import LiveColumn


def type_name(type_: TypeEngine[Any]) -> str:
    """The type as people know it; of a domain the type that it rests on."""
    return str(type_.data_type if isinstance(type_, postgresql.DOMAIN) else type_)


def length_of(type_: TypeEngine[Any]) -> int | None:
    """Signs of a text, or bytes, that a value of the type may have; None: no bound that is told."""
    if isinstance(type_, mysql.BIT):
        return -(-(type_.length or 1) // 8)
    if isinstance(type_, mysql.TEXT | sa.Enum) or not isinstance(type_, sa.String | sa.BINARY | sa.VARBINARY):
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
    return replace(column, length=length_of(type_), labels=tuple(getattr(type_, "enums", None) or ()))
