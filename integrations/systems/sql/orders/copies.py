"""Copying rows of a SQL database before they are erased, so that they can be given back as they were.

What is copied is what the database itself writes of a value and reads again: text with PostgreSQL, under settings of
our own (as pg_dump does); storage class and bytes with SQLite. No type of Python lies between, so that dates beyond
Python's, numbers that are none, and bytes that are no text come back the same.
"""

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.connecting import LiveSchema
from data_contracts.connectors.hiding import Hides
from data_contracts.connectors.keys import ChangeColumns, DeleteRows
from data_contracts.connectors.recovering import CopyHead, Keeping, NotCopied
from integrations.systems.sql.live.tables import SqlTables
from integrations.systems.sql.orders.statements import Orders
from integrations.systems.sql.questions.query import Asked, Queries

SETTINGS: Final = (
    "SET LOCAL datestyle = 'ISO, YMD'",
    "SET LOCAL intervalstyle = 'postgres'",
    "SET LOCAL timezone = 'UTC'",
    "SET LOCAL extra_float_digits = 1",
    "SET LOCAL bytea_output = 'hex'",
    "SET LOCAL xmloption = 'content'",
    "SET LOCAL lc_monetary = 'C'",
)
"""What PostgreSQL's text of a value depends on."""
GIVING: Final = frozenset({"sqlite", "postgresql"})
_MOST_COLUMNS: Final = 400
"""Two expressions a column, old and new: PostgreSQL takes 1,664 in a list, and rows of 1,600 columns."""
_INHERITED: Final = sa.text("""
SELECT n.nspname, c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'
""")


def not_copied(
    connection: Connection, live: LiveSchema, tables: SqlTables, names: Sequence[str]
) -> dict[str, NotCopied]:
    """Those of the tables whose rows cannot be given back, and why."""
    above = set()
    if connection.dialect.name == "postgresql":
        above = {tuple(row) for row in connection.execute(_INHERITED)}
    with_children = {one.table for one in live.hidings if one.kind is Hides.CHILD_COLUMN}
    schema = connection.dialect.default_schema_name or ""
    found: dict[str, NotCopied] = {}
    for name in dict.fromkeys(names):
        clause = tables[name].clause
        if not live.primary_keys.get(name):
            found[name] = NotCopied.NO_KEY
        elif name in with_children or (clause.schema or schema, clause.name) in above:
            found[name] = NotCopied.INHERITED
        elif len(tables[name].columns) > _MOST_COLUMNS:
            found[name] = NotCopied.TOO_WIDE
    return found


class Copies:
    """Copies the rows that orders take, on one connection, inside its transaction."""

    def __init__(self, connection: Connection, queries: Queries, live: LiveSchema, orders: Orders) -> None:
        """Nothing is read yet."""
        self._connection = connection
        self._queries = queries
        self._live = live
        self._orders = orders
        self._form: type[_Text | _Stored] = _Stored if connection.dialect.name == "sqlite" else _Text
        if connection.dialect.name == "postgresql":
            for statement in SETTINGS:
                connection.exec_driver_sql(statement)

    def put(self, number: int, order: DeleteRows | ChangeColumns, keeping: Keeping) -> None:
        """Give the rows of one order to ``keeping``; columns that the database computes are left to it."""
        asked = self._queries.ask(order.selection)
        key = self._live.primary_keys[order.selection.table]
        if isinstance(order, DeleteRows):
            generated = generated_columns(self._connection, asked)
            columns = [name for name in asked.table.columns if name not in generated]
            head, made = CopyHead(order.selection.table, tuple(columns), key, is_deleted=True), {}
        else:
            made = dict(self._orders.written(asked, order))
            head = CopyHead(order.selection.table, tuple(made), key, is_deleted=False)
        if asked.parts and head.columns:
            keeping.put(number, head, self._batches(asked, head, made))
            # Reading by pieces is a setting of the connection, under which nothing can be changed.
            self._connection.execution_options(yield_per=None, stream_results=False)

    def _batches(self, asked: Asked, head: CopyHead, made: Mapping[str, Any]) -> Iterator[pa.RecordBatch]:
        form = self._form
        own = [form.old(asked, name) for name in head.columns]
        if not head.is_deleted:
            own += [form.new(asked, name, made[name]) for name in head.columns]
            own += [form.new(asked, n, made[n]) if n in made else form.old(asked, n) for n in head.key]
        schema = pa.schema([(f"c{i}", form.arrow) for i in range(len(own))])
        wanted = [expression for some in own for expression in some]
        count = len(head.columns)
        for rows in self._queries.rows(self._connection, asked, (), also=wanted):
            packed = [form.packed(row) for row in rows]
            if not head.is_deleted:  # a row that is as ordered already loses nothing
                packed = [row for row in packed if row[:count] != row[count : 2 * count]]
            if packed:
                arrays = [pa.array(values, form.arrow) for values in zip(*packed, strict=True)]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)


def generated_columns(connection: Connection, asked: Asked) -> set[str]:
    """Columns that the database computes from others, and that nobody can write; identities can be written."""
    clause = asked.table.clause
    found = sa.inspect(connection).get_columns(clause.name, schema=clause.schema)
    return {column["name"] for column in found if column.get("computed")}


class Named(sa.types.UserDefinedType[Any]):
    """A type of PostgreSQL under the name that its catalogue gives it."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        """Keep the name."""
        self.name = name

    def get_col_spec(self, **_: Any) -> str:  # noqa: ANN401  # the base class's signature
        """The name."""
        return self.name


class _Text:
    """Values of PostgreSQL, as its own text."""

    arrow = pa.string()

    @staticmethod
    def old(asked: Asked, name: str) -> list[sa.ColumnElement[Any]]:
        return [sa.cast(asked.table.clause.c[name], sa.Text())]

    @staticmethod
    def new(asked: Asked, name: str, made: Any) -> list[sa.ColumnElement[Any]]:  # noqa: ANN401  # a value or expression
        if made is None:
            return [sa.cast(sa.null(), sa.Text())]
        live = asked.table.column(name)
        value = made if isinstance(made, sa.ColumnElement) else sa.literal(made)
        return [sa.cast(sa.cast(value, Named(live.stored_as)), sa.Text())]

    @staticmethod
    def packed(row: Sequence[Any]) -> Sequence[Any]:
        return tuple(row)


class _Stored:
    """Values of SQLite: the letter of the storage class, then the value; of text and blobs their bytes."""

    arrow = pa.binary()

    @staticmethod
    def old(asked: Asked, name: str) -> list[sa.ColumnElement[Any]]:
        return _Stored.told(asked.table.clause.c[name])

    @staticmethod
    def new(asked: Asked, _name: str, made: Any) -> list[sa.ColumnElement[Any]]:  # noqa: ANN401  # a value or expression
        del asked
        return _Stored.told(made if isinstance(made, sa.ColumnElement) else sa.literal(made))

    @staticmethod
    def told(value: sa.ColumnElement[Any]) -> list[sa.ColumnElement[Any]]:
        stored = sa.func.typeof(value)
        raw = sa.type_coerce(sa.cast(value, sa.LargeBinary()), sa.types.NullType())
        plain = sa.type_coerce(value, sa.types.NullType())
        return [stored, sa.type_coerce(sa.case((stored == "text", raw), else_=plain), sa.types.NullType())]

    @staticmethod
    def packed(row: Sequence[Any]) -> Sequence[Any]:
        pairs = zip(row[::2], row[1::2], strict=True)
        return tuple(pack(stored, value) for stored, value in pairs)


def pack(stored: str, value: Any) -> bytes | None:  # noqa: ANN401  # whatever SQLite stores
    """A value of SQLite as bytes that say what it is.

    >>> unpack(pack("integer", 2**53 + 1)), unpack(pack("text", b"a")), unpack(pack("null", None))
    (('i', 9007199254740993), ('t', b'a'), None)
    """
    if stored == "null":
        return None
    if stored == "integer":
        return b"i" + str(value).encode()
    if stored == "real":
        return b"r" + struct.pack("<d", value)
    return stored[:1].encode() + bytes(value)


def unpack(packed: bytes | None) -> tuple[str, Any] | None:
    """The letter of the storage class (``i``, ``r``, ``t``, ``b``) and the value; of text its bytes."""
    if packed is None:
        return None
    letter, rest = packed[:1].decode(), packed[1:]
    if letter == "i":
        return letter, int(rest)
    return letter, struct.unpack("<d", rest)[0] if letter == "r" else rest
