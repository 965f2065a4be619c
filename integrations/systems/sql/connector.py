"""The connector to SQL databases: any that SQLAlchemy knows, proven on PostgreSQL, MariaDB and SQLite.

Every method is a number of statements that depends on the number of tables and columns asked about; only where a
database cannot take all keys at once (MariaDB) does it grow with the number of *keys*. Never with the number of rows.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.connecting import LiveSchema
from data_contracts.connectors.counting import note_counts
from data_contracts.connectors.held_keys import HeldKeys
from data_contracts.connectors.hiding import Hides, Undeclared
from data_contracts.connectors.keys import Condition, Key, Look, MoveKeys, Order, Selection, Spelling
from data_contracts.connectors.recovering import Copy, GivenBack, Keeping, NotCopied
from data_contracts.connectors.rehearsing import Limits, MadeUpRow, Rehearsal
from data_contracts.connectors.witnessing import Budget, Looked, Testimony
from integrations.systems.spelling import Sought, resolved
from integrations.systems.sql.connection.engine import SCAN_SECONDS, Engines
from integrations.systems.sql.connection.errors import guarded
from integrations.systems.sql.live.columns import SqlColumn
from integrations.systems.sql.live.tables import SqlTables
from integrations.systems.sql.live.views import refresh
from integrations.systems.sql.orders.copies import GIVING, Copies, not_copied
from integrations.systems.sql.orders.giving_back import give_back
from integrations.systems.sql.orders.planting import plant
from integrations.systems.sql.orders.rehearsal import SqlRehearsal
from integrations.systems.sql.orders.statements import Orders, count_unlike
from integrations.systems.sql.questions.arrow import arrow_schema, oddities, to_batch, whole_batch
from integrations.systems.sql.questions.candidates import may_hold
from integrations.systems.sql.questions.conditions import Conditions
from integrations.systems.sql.questions.held_keys import count_held_by_several
from integrations.systems.sql.questions.odd_keys import from_mysql
from integrations.systems.sql.questions.query import Asked, Queries
from integrations.systems.sql.questions.undeclared import filled, referring
from integrations.systems.sql.witness.witness import SqlWitness
from integrations.systems.values import Kind


class SqlConnector:
    """Our adapter to one SQL database; implements :class:`data_contracts.connectors.connecting.Connector`.

    Args:
        contract: what the system holds; its table names, or their ``physical_name`` (``schema.table`` too), are live.
        url: SQLAlchemy URL.
        time_zone: IANA name; of times stored without zone.
        beside: other systems of the same database, whose tables are declared there.
        apart: databases of the same server that are other systems; a MySQL account may read them too.
        scan_seconds: how long a search may take that no index serves.
    """

    def __init__(  # noqa: PLR0913  # what a system is, and what lies beside it
        self,
        contract: SystemContract,
        url: str | sa.URL,
        *,
        time_zone: str,
        beside: Iterable[SystemContract] = (),
        apart: Collection[str] = (),
        scan_seconds: float = SCAN_SECONDS,
    ) -> None:
        beside = tuple(beside)
        self.system = contract.name
        self._contract = contract
        self._zone = ZoneInfo(time_zone)
        self._engines = Engines(url, scan_seconds=scan_seconds)
        self._tables = SqlTables(contract, self._engines.dialect, self._engines.inspector, beside)
        self._queries = Queries(self._tables, Conditions(self._engines.dialect, self._zone))
        self._apart = frozenset(apart)
        self._witness = SqlWitness(contract, beside, self._engines, self._queries, self.resolve, apart=self._apart)

    def describe(self) -> LiveSchema:
        """The live schema of the contract's tables, and every foreign key that points at them."""
        with self._guard():
            return self._tables.describe()

    def undeclared(self) -> list[str]:
        """Tables of the contract's schemas that no contract names; those outside the default one with their schema."""
        with self._guard():
            return self._tables.undeclared()

    def elsewhere(self) -> list[str]:
        """Other schemas, or databases, with tables that the account can read and no contract looks into."""
        with self._guard():
            return [name for name in self._tables.elsewhere() if name not in self._apart]

    def switched_off(self) -> list[tuple[str, str]]:
        """Triggers and foreign keys of the contract's tables that are there and switched off, by table and name."""
        with self._guard():
            return self._tables.switched_off()

    def resolve(self, table: str, spelling: Spelling) -> tuple[Condition, ...]:
        """The rows whose column holds one of the keys, however it is spelt, as conditions on what is stored.

        Raises:
            StepFailed: when looking took longer than ``scan_seconds``, or :meth:`cancel` was called.
        """
        if not spelling.keys:
            return ()
        with self._guard():
            live = self._tables[table]
            if not may_hold(live.column(spelling.column), spelling.rule):
                is_whole = spelling.rule == "verbatim" and spelling.inside is None
                return self._exactly(table, spelling) if is_whole else ()
            sought = Sought(spelling)
            with self._engines.scanning() as connection:
                for row in self._queries.spellings(connection, spelling, live):
                    sought.look(*row)
            return sought.conditions()

    def _exactly(self, table: str, spelling: Spelling) -> tuple[Condition, ...]:
        """Keys in a column whose type has one spelling for each."""
        column = (spelling.column,)
        wanted = Condition(column, frozenset((key,) for key in spelling.keys), when=spelling.when)
        found = self.find_keys(Selection(table, (wanted,)), [column])[column]
        return (Condition(column, found, when=spelling.when),) if found else ()

    def cancel(self) -> None:
        """Break off the searches over whole tables that are under way; they end as StepFailed."""
        with self._guard():
            self._engines.cancel()

    def find_keys(
        self, selection: Selection, columns: Sequence[tuple[str, ...]]
    ) -> dict[tuple[str, ...], frozenset[Key]]:
        """The different keys that the selected rows hold, for each tuple of columns asked for."""
        found: dict[tuple[str, ...], set[Key]] = {names: set() for names in columns}
        names = tuple(dict.fromkeys(name for group in columns for name in group))
        if names and not selection.is_empty:
            with self._guard():
                asked = self._ask(selection)
                for row in self._distinct(asked, names):
                    _collect(row, names, found)
        return {group: frozenset(keys) for group, keys in found.items()}

    def _distinct(self, asked: Asked, names: tuple[str, ...]) -> Iterator[Sequence[Any]]:
        # A loose DISTINCT would give one of two keys that differ in case alone.
        is_exact = not asked.table.compares_loosely
        live = [asked.table.column(name) for name in names]
        is_changed = any(column.kind in {Kind.PADDED, Kind.INSTANT} for column in live)
        if not asked.parts:
            return
        with self._engines.single() as connection:
            for part in asked.parts:
                query = self._queries.values(asked, part, names, distinct=is_exact)
                rows = connection.execute(query, self._queries.params(asked, part))
                yield from rows if not is_changed else (_as_keys(row, live) for row in rows)

    def read(self, selection: Selection, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The selected rows, each exactly once, as a stream of record batches of one schema."""
        with self._guard():
            asked = self._ask(selection)
            live = [asked.table.column(name) for name in columns]
            if (rows := self._few(asked, tuple(columns))) is not None:
                yield whole_batch(rows, live)
                return
            doubtful = oddities(live, self._engines.dialect)
            with self._engines.reading(statements=len(asked.parts) + bool(doubtful)) as connection:
                schema = arrow_schema(live, self._queries.seen(connection, asked, doubtful))
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
        for rows in self._queries.rows(connection, asked, [column.name for column in live], shown=True):
            is_empty = False
            yield to_batch(rows, schema)
        if is_empty:
            yield to_batch([], schema)

    def count(self, selections: Sequence[Selection]) -> list[int]:
        """How many rows each selection has, in one read-only transaction, in the order given."""
        with self._guard():
            asked = [self._ask(selection) for selection in selections]
            if not any(question.parts for question in asked):
                return [0] * len(asked)
            with self._engines.reading(statements=len(asked) + 1) as connection:
                return [self._queries.count(connection, question) for question in asked]

    def count_unlike(self, selection: Selection, look: Look) -> int:
        """How many selected rows do not look as ``look`` says."""
        with self._guard():
            asked = self._ask(selection)
            with self._engines.reading(statements=len(asked.parts)) as connection:
                return count_unlike(self._queries, connection, asked, look)

    def count_held_by_several(self, asked: HeldKeys) -> int:
        """How many different keys of a column two or more accounts hold."""
        with self._guard(), self._engines.single() as connection:
            return count_held_by_several(connection, self._tables[asked.table], asked)

    def count_undeclared(self, selection: Selection) -> Undeclared:
        """What hangs on the selected rows and no contract declares; a statement for each table that is looked into."""
        if selection.is_empty:
            return Undeclared()
        live = self.describe()
        names = {column.name for column in self._contract.table(selection.table).columns}
        own = sorted(live.tables.get(selection.table, {}).keys() - names)
        hers = [one for one in live.hidings if one.table == selection.table and one.kind is Hides.CHILD_COLUMN]
        children = {child: [one.column for one in hers if one.about == child] for child in {o.about for o in hers}}
        declared = {table.name for table in self._contract.tables}
        refer = [r for r in live.references if r.to_table == selection.table and r.table not in declared]
        keys = self.find_keys(selection, [r.to_columns for r in refer])
        with self._guard():
            exact = self._exact(selection)
            parts = [("", self._tables[selection.table], own)] if own else []
            parts += [(f"{child}.", self._tables.outside(child), columns) for child, columns in children.items()]
            with self._engines.reading(statements=len(parts) + len(refer)) as connection:
                counts = {
                    f"{prefix}{name}": count
                    for prefix, table, columns in parts
                    for name, count in filled(
                        connection, self._queries, self._queries.ask(exact, table), [table.column(c) for c in columns]
                    ).items()
                }
                others = [(one, self._tables.outside(one.table)) for one in refer]
                return Undeclared(counts, referring(connection, self._queries, keys, others))

    def carry_out(self, orders: Sequence[Order]) -> list[int]:
        """Carry out ``orders`` in one transaction, all or nothing; the rows touched by each."""
        with self._guard():
            exact = [replace(order, selection=self._exact(order.selection)) for order in orders]
            copies = self._tables.copies() if self._engines.dialect == "postgresql" else set()
            with self._engines.writing() as connection:
                return _counted(Orders(self._queries, connection, copies), exact)

    def giver(self) -> "SqlConnector | None":
        """Itself, where it can copy rows as the database writes them; MariaDB and MySQL are not among these."""
        return self if self._engines.dialect in GIVING else None

    def not_copied(self, tables: Sequence[str]) -> dict[str, NotCopied]:
        """Those of the tables whose rows cannot be given back, and why."""
        live = self.describe()
        with self._guard(), self._engines.single() as connection:
            return not_copied(connection, live, self._tables, tables)

    def carry_out_kept(self, orders: Sequence[Order], again: Sequence[Order], keeping: Keeping) -> list[int]:
        """Give ``keeping`` the rows that ``orders`` take, then carry out all, in one transaction that sees the same."""
        live = self.describe()
        moved = {table for order in (*orders, *again) if isinstance(order, MoveKeys) for table, _ in order.places}
        left_out = {*self.not_copied([order.selection.table for order in orders]), *moved}
        with self._guard():
            exact = [replace(order, selection=self._exact(order.selection)) for order in (*orders, *again)]
            views = self._tables.copies() if self._engines.dialect == "postgresql" else set()
            with self._engines.writing(keeps=True) as connection:
                erasure = Orders(self._queries, connection, views)
                copies = Copies(connection, self._queries, live, erasure)
                for number, order in enumerate(exact[: len(orders)]):
                    if order.selection.table not in {*left_out, *views} and not isinstance(order, MoveKeys):
                        copies.put(number, order, keeping)
                keeping.sealed()
                return _counted(erasure, exact)

    def give_back(self, copies: Sequence[Copy]) -> list[GivenBack]:
        """Write rows back in that order, in one transaction; what became of each."""
        with self._guard(), self._engines.writing() as connection:
            return give_back(self.system, connection, self._tables, copies, self._tables.known)

    def rehearse(self, orders: Sequence[Order], limits: Limits, made_up: Sequence[MadeUpRow] = ()) -> Rehearsal:
        """Carry out ``orders`` on a connection that cannot commit, and say what the database refuses."""
        live = self.describe()
        with self._guard():
            exact = [replace(order, selection=self._exact(order.selection)) for order in orders]
            copies = self._tables.copies() if self._engines.dialect == "postgresql" else set()
            rehearsal = SqlRehearsal(self._contract, live, self._queries, limits, copies)
            return rehearsal.run(self._engines, exact, made_up) if exact else Rehearsal()

    def plant(self, rows: Sequence[MadeUpRow]) -> None:
        """Insert rows of a canary in that order, in one transaction."""
        with self._guard():
            plant(self.system, self._engines, self._queries, rows, self._tables.known)

    def witness(self, asked: Testimony, budget: Budget) -> Iterator[Looked]:
        """Look for keys, raw, in everything that the account can read, declared or not; only counts come back."""
        with self._guard():
            yield from self._witness.look(asked, budget)

    def refresh_views(self) -> list[str]:
        """Refresh the materialised views that hold copies of the contract's rows; those that could not be, by name."""
        if self._engines.dialect != "postgresql":
            return []
        with self._guard(), self._engines.single() as connection:
            return refresh(connection, self._tables.places(), ".".join, self._engines.scan_seconds)

    def close(self) -> None:
        """Give back connections; using the connector afterwards opens new ones."""
        self._engines.close()

    def _ask(self, selection: Selection) -> Asked:
        return self._queries.ask(self._exact(selection))

    def _exact(self, selection: Selection) -> Selection:
        return resolved(selection, self.resolve, self._zone.key)

    def _guard(self) -> AbstractContextManager[None]:
        return guarded(self.system, self._recheck, self._tables.known)

    def _recheck(self) -> None:
        self._queries.forget()
        self._tables.recheck()


def _collect(row: Sequence[Any], names: tuple[str, ...], found: dict[tuple[str, ...], set[Key]]) -> None:
    by_name = dict(zip(names, row, strict=True))
    for group, keys in found.items():
        key = tuple(by_name[name] for name in group)
        if None not in key:
            keys.add(key)


def _as_keys(row: Sequence[Any], live: Sequence[SqlColumn]) -> list[Any]:
    """Values as keys: without the blanks that pad them, times with their zone."""
    pairs = zip(row, live, strict=True)
    return [
        value.rstrip(" ") if column.kind is Kind.PADDED and isinstance(value, str) else from_mysql(value, column)
        for value, column in pairs
    ]


def _counted(erasure: Orders, orders: Sequence[Order]) -> list[int]:
    """Carry orders out, and tell the rows that each touched before they are committed."""
    touched = [erasure.carry_out(order) for order in orders]
    note_counts(touched)
    return touched
