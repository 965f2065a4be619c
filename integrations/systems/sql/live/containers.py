"""Columns of a SQL database that hold several values, or values with names: arrays, JSON, XML, maps.

All are read as text: JSON as it is stored, arrays and PostgreSQL's ``hstore`` as JSON, XML as it is. What is written
back is that text in the type's own notation, which the database casts.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.sql.type_api import TypeEngine

from data_contracts.connectors.connecting import Container, Holds
from integrations.systems.values import HOLDS, Kind


class Xml(sa.types.UserDefinedType[str]):
    """PostgreSQL's XML, which SQLAlchemy does not know."""

    cache_ok = True

    def get_col_spec(self, **_kw: object) -> str:
        """The type's name in SQL."""
        return "XML"


postgresql.base.ischema_names["xml"] = Xml


class Geometry(sa.types.UserDefinedType[str]):
    """MariaDB's shapes, which SQLAlchemy does not know."""

    cache_ok = True

    def get_col_spec(self, **_kw: object) -> str:
        """The type's name in SQL."""
        return "GEOMETRY"


_SHAPES: Final = ("geometry", "point", "linestring", "polygon")
mysql.base.ischema_names |= dict.fromkeys(
    (*_SHAPES, *(f"multi{shape}" for shape in _SHAPES[1:]), "geometrycollection"), Geometry
)

_CONTAINERS: Final[Sequence[tuple[type[TypeEngine[Any]], Container]]] = (
    (sa.ARRAY, Container.ARRAY),
    (sa.JSON, Container.JSON),
    (postgresql.HSTORE, Container.ENTRIES),
    (Xml, Container.XML),
)


def container_of(type_: TypeEngine[Any]) -> Container:
    """What sort of container a live type is."""
    found = next((container for known, container in _CONTAINERS if isinstance(type_, known)), Container.NONE)
    # SQLite says of JSON only its name, and keeps text.
    return Container.JSON if str(type_).upper() in {"JSON", "JSONB"} else found


def is_json(type_: TypeEngine[Any]) -> bool:
    """Whether values of the type are read as the text of JSON."""
    return container_of(type_) in {Container.JSON, Container.ARRAY, Container.ENTRIES}


def holds(type_: TypeEngine[Any], kind: Kind) -> Holds:
    """What a search can expect in a column; SQLite keeps what it is given, whatever the type says."""
    return Holds.CONTAINER if container_of(type_) else HOLDS.get(kind, Holds.UNKNOWN)


def readable(column: sa.ColumnElement[Any], type_: TypeEngine[Any]) -> sa.ColumnElement[Any]:
    """A container of a database's own notation as JSON, what has no text as one; any other column as it is."""
    if isinstance(type_, sa.ARRAY):
        return sa.func.to_json(column)
    if isinstance(type_, Geometry):
        return sa.func.st_astext(column)
    if isinstance(type_, postgresql.INET):
        return sa.func.abbrev(column)  # a cast adds a mask that nobody wrote
    # A cast is found wherever the extension was installed, a function of it is not.
    return sa.cast(column, postgresql.JSON()) if isinstance(type_, postgresql.HSTORE) else column


def as_stored(text: str, type_: TypeEngine[Any]) -> object:
    """A text in the type's own notation, bound without a type, so that the database casts it to the column's."""
    written = text
    if isinstance(type_, sa.ARRAY):
        written = _array(json.loads(text))
    elif isinstance(type_, postgresql.HSTORE):
        entries = json.loads(text).items()
        written = ", ".join(f"{_quoted(key)} => {_quoted(value)}" for key, value in entries)
    return sa.bindparam(None, written, type_=sa.types.NullType(), unique=True)


def _array(members: object) -> str:
    if isinstance(members, list):
        return f"{{{','.join(map(_array, members))}}}"
    return _quoted(members)


def _quoted(value: object) -> str:
    if value is None:
        return "NULL"
    text = value if isinstance(value, str) else json.dumps(value)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
