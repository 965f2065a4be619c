"""The connector to SQL databases: any that SQLAlchemy knows, proven on PostgreSQL, MariaDB and SQLite.

Every method is a number of statements that depends on the number of tables and columns asked about; only where a
database cannot take all keys at once (MariaDB) does it grow with the number of *keys*. Never with the number of rows.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.contract import SystemContract
from data_contracts.keys import Key, Look, Order, Selection
from data_contracts.ports import LiveSchema
from integrations.systems._sql_arrow import arrow_schema, oddities, to_batch
from integrations.systems._sql_conditions import Conditions
from integrations.systems._sql_engine import Engines
from integrations.systems._sql_errors import guarded
from integrations.systems._sql_orders import Orders, count_unlike
from integrations.systems._sql_query import Asked, Queries
from integrations.systems._sql_tables import SqlColumn, SqlTables
from integrations.systems._values import Kind


class SqlConnector:
    """Our adapter to one SQL database; implements :class:`data_contracts.ports.Connector`.

    Args:
        contract: what the system holds; its table names, or their ``physical_name`` (``schema.table`` too), are live.
        url: SQLAlchemy URL.
        time_zone: IANA name; of times stored without zone, and of the country whose national telephone numbers
            are stored.
        beside: other systems of the same database, whose tables are declared there.
    """

    def __init__(
        self, contract: SystemContract, url: str | sa.URL, *, time_zone: str, beside: Iterable[SystemContract] = ()
    ) -> None:
        self.system = contract.name
        self._engines = Engines(url)
        self._tables = SqlTables(contract, self._engines.dialect, self._engines.inspector)
        self._beside = tuple(beside)
        self._queries = Queries(self._tables, Conditions(self._engines.dialect, ZoneInfo(time_zone)))

    def describe(self) -> LiveSchema:
        """The live schema of the contract's tables, and every foreign key that points at them."""
        with self._guard():
            return self._tables.describe()

    def undeclared(self) -> list[str]:
        """Tables of the contract's schemas that no contract names; those outside the default one with their schema."""
        with self._guard():
            return self._tables.undeclared(self._beside)

    def find_keys(
        self, selection: Selection, columns: Sequence[tuple[str, ...]]
    ) -> dict[tuple[str, ...], frozenset[Key]]:
        """The different keys that the selected rows hold, for each tuple of columns asked for."""
        found: dict[tuple[str, ...], set[Key]] = {names: set() for names in columns}
        names = tuple(dict.fromkeys(name for group in columns for name in group))
        if names and not selection.is_empty:
            with self._guard():
                asked = self._queries.ask(selection)
                for row in self._distinct(asked, names):
                    _collect(row, names, found)
        return {group: frozenset(keys) for group, keys in found.items()}

    def _distinct(self, asked: Asked, names: tuple[str, ...]) -> Iterator[Sequence[Any]]:
        # A loose DISTINCT would give one of two keys that differ in case alone.
        is_exact = not asked.table.compares_loosely
        padded = [asked.table.column(name).kind is Kind.PADDED for name in names]
        if not asked.parts:
            return
        with self._engines.single() as connection:
            for part in asked.parts:
                query = self._queries.values(asked, part, names, distinct=is_exact)
                rows = connection.execute(query, self._queries.params(asked, part))
                yield from rows if not any(padded) else (_unpadded(row, padded) for row in rows)

    def read(self, selection: Selection, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The selected rows, each exactly once, as a stream of record batches of one schema."""
        with self._guard():
            asked = self._queries.ask(selection)
            live = [asked.table.column(name) for name in columns]
            if (rows := self._few(asked, tuple(columns))) is not None:
                yield to_batch(rows, arrow_schema(live))
                return
            doubtful = oddities(live) if self._engines.dialect == "sqlite" else {}
            with self._engines.reading(statements=len(asked.parts) + bool(doubtful)) as connection:
                schema = arrow_schema(live, self._odd(connection, asked, doubtful))
                yield from self._batches(connection, asked, live, schema)

    def _few(self, asked: Asked, columns: tuple[str, ...]) -> Sequence[Sequence[Any]] | None:
        """The rows of a small selection; a cursor in the server costs several round trips more."""
        if self._engines.dialect == "sqlite":
            return None  # types must be looked at first, in the same transaction
        with self._engines.single() as connection:
            return self._queries.few(connection, asked, columns)

    def _batches(
        self, connection: Connection, asked: Asked, live: Sequence[SqlColumn], schema: pa.Schema
    ) -> Iterator[pa.RecordBatch]:
        is_empty = True
        for rows in self._queries.rows(connection, asked, [column.name for column in live]):
            is_empty = False
            yield to_batch(rows, schema)
        if is_empty:
            yield to_batch([], schema)

    def _odd(self, connection: Connection, asked: Asked, doubtful: dict[str, sa.ColumnElement[Any]]) -> frozenset[str]:
        if not doubtful:
            return frozenset()
        odd: set[str] = set()
        for part in asked.parts:
            query = self._queries.aggregates(asked, part, doubtful)
            row = connection.execute(query, self._queries.params(asked, part)).one()
            odd |= {name for name, is_odd in zip(doubtful, row, strict=True) if is_odd}
        return frozenset(odd)

    def count(self, selections: Sequence[Selection]) -> list[int]:
        """How many rows each selection has, in one read-only transaction, in the order given."""
        with self._guard():
            asked = [self._queries.ask(selection) for selection in selections]
            if not any(question.parts for question in asked):
                return [0] * len(asked)
            with self._engines.reading(statements=len(asked) + 1) as connection:
                return [self._queries.count(connection, question) for question in asked]

    def count_unlike(self, selection: Selection, look: Look) -> int:
        """How many selected rows do not look as ``look`` says."""
        with self._guard():
            asked = self._queries.ask(selection)
            with self._engines.reading(statements=len(asked.parts)) as connection:
                return count_unlike(self._queries, connection, asked, look)

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Carry out ``orders`` in one transaction, all or nothing; the rows touched by each."""
        with self._guard(), self._engines.writing() as connection:
            erasure = Orders(self._queries, connection)
            return [erasure.carry_out(order) for order in orders]

    def close(self) -> None:
        """Give back connections; using the connector afterwards opens new ones."""
        self._engines.close()

    def _guard(self) -> AbstractContextManager[None]:
        return guarded(self.system, self._recheck)

    def _recheck(self) -> None:
        self._queries.forget()
        self._tables.recheck()


def _collect(row: Sequence[Any], names: tuple[str, ...], found: dict[tuple[str, ...], set[Key]]) -> None:
    by_name = dict(zip(names, row, strict=True))
    for group, keys in found.items():
        key = tuple(by_name[name] for name in group)
        if None not in key:
            keys.add(key)


def _unpadded(row: Sequence[Any], padded: Sequence[bool]) -> list[Any]:
    pairs = zip(row, padded, strict=True)
    return [value.rstrip(" ") if is_padded and isinstance(value, str) else value for value, is_padded in pairs]
