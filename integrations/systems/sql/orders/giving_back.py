"""Giving back rows of a SQL database that were copied before they were erased; see `_sql_copies`.

All of a system in one transaction. A row that is there as it had been is left alone, and a value is written only where
what the erasure wrote still stands, so that it can be done again, and does not undo what others wrote meanwhile.

PostgreSQL takes the copies into temporary tables of its own, from which one statement a table writes them: references
of a table to itself hold then, whatever the order of the rows. SQLite would keep temporary tables in files of our
machine, so there rows are written one by one, and references are looked at when the transaction ends.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.recovering import Copy, CopyHead, GivenBack
from data_contracts.connectors.rehearsing import Refusal, RefusalKind
from data_contracts.errors import ContractMismatch
from integrations.systems.sql.connection.errors import why_not_rehearsed
from integrations.systems.sql.connection.refusals import Known, refusal_of
from integrations.systems.sql.live.tables import SqlTable, SqlTables
from integrations.systems.sql.orders.copies import SETTINGS, Named, unpack

_AT_ONCE = 1_000


def give_back(
    system: str, connection: Connection, tables: SqlTables, copies: Sequence[Copy], known: Callable[[], Known]
) -> list[GivenBack]:
    """Write the rows of ``copies`` in that order; what became of each. ``connection`` is in a transaction.

    Raises:
        ContractMismatch: when the database refuses a row.
    """
    writer = _SqliteWriter(connection) if connection.dialect.name == "sqlite" else _PostgresqlWriter(connection)
    given: list[GivenBack] = []
    table = ""
    try:
        for copy in copies:
            table = copy.head.table
            with copy.batches as batches:
                given.append(writer.write(copy.head, tables[table], batches))
        table = ""
        writer.finish()
    except sa.exc.DBAPIError as error:
        if _is_passing(error):
            raise
        refusal = refusal_of(error, known(), table)
        if not refusal.table and (found := writer.lost_reference()):
            refusal = replace(refusal, table=found[0], constraint=found[1], kind=RefusalKind.FOREIGN_KEY)
        raise _refused(system, refusal) from None
    return given


def _is_passing(error: sa.exc.DBAPIError) -> bool:
    """Whether trying again can help; the guard says so."""
    return why_not_rehearsed(error) is not None


def _refused(system: str, refusal: Refusal) -> ContractMismatch:
    said = {
        RefusalKind.UNIQUE: f"another row has the key `{refusal.constraint or refusal.column}` by now",
        RefusalKind.FOREIGN_KEY: f"the row that `{refusal.constraint or 'a foreign key'}` refers to is gone",
    }
    what = said.get(refusal.kind, refusal.what.replace("the new value", "the value").replace("new value", "value"))
    grant = "grant the account INSERT and UPDATE there, and in PostgreSQL TEMPORARY on the database"
    mend = grant if refusal.kind is RefusalKind.RIGHT else "mend it in the system"
    error = ContractMismatch(
        f"what was erased cannot be given back: {what}; nothing of this system was",
        where=refusal.place(system),
        remedy=f"{mend}, then give back once more, while the copy is there",
    )
    return error.with_detail(refusal.detail)


class _PostgresqlWriter:
    """Writes copies through temporary tables."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._number = 0
        for statement in (*SETTINGS, "SET CONSTRAINTS ALL DEFERRED"):
            connection.exec_driver_sql(statement)

    def write(self, head: CopyHead, table: SqlTable, batches: Iterator[pa.RecordBatch]) -> GivenBack:
        self._number += 1
        staged = _Staged(head, table, f"rightsflow_back_{self._number}")
        names = ", ".join(f"{place} text" for place in staged.places)
        self._connection.exec_driver_sql(f"CREATE TEMPORARY TABLE {staged.name} ({names}) ON COMMIT DROP")
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY pg_temp.{staged.name} FROM STDIN") as copy:
            for batch in batches:
                for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    copy.write_row(row)
        self._connection.exec_driver_sql(f"ANALYZE pg_temp.{staged.name}")
        return self._insert(staged) if head.is_deleted else self._change(staged)

    def finish(self) -> None:
        self._connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")

    @staticmethod
    def lost_reference() -> tuple[str, str] | None:
        return None

    def _insert(self, staged: "_Staged") -> GivenBack:
        columns = staged.head.columns
        same = sa.and_(
            *staged.keys({name: staged.value(i) for i, name in enumerate(columns)}),
            *(staged.stands(name, staged.staged.c[f"c{i}"]) for i, name in enumerate(columns)),
        )
        is_there = sa.exists(
            sa.select(sa.literal_column("1")).select_from(staged.live).where(same).correlate(staged.staged)
        )
        count = self._connection.execute(sa.select(sa.func.count()).select_from(staged.staged)).scalar_one()
        rows = sa.select(*(staged.value(i) for i in range(len(columns)))).select_from(staged.staged).where(~is_there)
        insert = sa.insert(staged.table.clause).from_select(list(columns), rows, include_defaults=False)
        text = str(insert.compile(dialect=self._connection.dialect)).replace(
            ") SELECT ", ") OVERRIDING SYSTEM VALUE SELECT ", 1
        )
        written = self._connection.exec_driver_sql(text).rowcount
        return GivenBack(staged.head.table, written, count - written)

    def _change(self, staged: "_Staged") -> GivenBack:
        columns, width = staged.head.columns, len(staged.head.columns)
        key = {name: staged.value(2 * width + i, name) for i, name in enumerate(staged.head.key)}
        here = sa.and_(*staged.keys(key))
        old = [staged.staged.c[f"c{i}"] for i in range(width)]
        new = [staged.staged.c[f"c{width + i}"] for i in range(width)]
        differs = [a.is_distinct_from(b) for a, b in zip(old, new, strict=True)]
        stands = [staged.stands(name, b) for name, b in zip(columns, new, strict=True)]
        is_back = [staged.stands(name, a) for name, a in zip(columns, old, strict=True)]
        open_ = [sa.and_(d, s) for d, s in zip(differs, stands, strict=True)]
        lost = [
            sa.case((sa.and_(d, sa.not_(s), sa.not_(b)), 1), else_=0)
            for d, s, b in zip(differs, stands, is_back, strict=True)
        ]
        done = sa.case((sa.or_(*open_), 0), (sum(lost[1:], lost[0]) > 0, 0), else_=1)
        joined = sa.join(staged.staged, staged.live, here)
        sums = sa.select(sa.func.count(), sa.func.sum(sum(lost[1:], lost[0])), sa.func.sum(done)).select_from(joined)
        found, changed, already = self._connection.execute(sums).one()
        count = self._connection.execute(sa.select(sa.func.count()).select_from(staged.staged)).scalar_one()
        values = {
            name: sa.case((is_open, staged.value(i)), else_=staged.live.c[name])
            for i, (name, is_open) in enumerate(zip(columns, open_, strict=True))
        }
        update = sa.update(staged.live).values(values).where(here, sa.or_(*open_))
        written = self._connection.execute(update).rowcount
        return GivenBack(staged.head.table, written, int(already or 0), int(changed or 0) + count - found)


class _Staged:
    """A temporary table of copies, and the table that they go to."""

    def __init__(self, head: CopyHead, table: SqlTable, name: str) -> None:
        self.head = head
        self.table = table
        self.name = name
        width = len(head.columns) if head.is_deleted else 2 * len(head.columns) + len(head.key)
        self.places = [f"c{i}" for i in range(width)]
        self.staged = sa.table(name, *(sa.column(place, sa.Text()) for place in self.places), schema="pg_temp")

    @property
    def live(self) -> Any:  # noqa: ANN401  # an alias of a table
        return self.table.clause

    def value(self, place: int, name: str = "") -> sa.ColumnElement[Any]:
        """The staged value of a place, in the type of its column."""
        column = self.table.column(name or self.head.columns[place])
        return sa.cast(self.staged.c[f"c{place}"], Named(column.stored_as))

    def keys(self, values: Any) -> list[sa.ColumnElement[bool]]:  # noqa: ANN401  # by column
        """That the row of the table has the primary key."""
        return [self.live.c[name] == values[name] for name in self.head.key]

    def stands(self, name: str, text: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
        """Whether the table's column holds the value that the text says."""
        return sa.cast(self.live.c[name], sa.Text()).is_not_distinct_from(text)


class _SqliteWriter:
    """Writes copies row by row."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._tables: list[str] = []
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")

    def write(self, head: CopyHead, table: SqlTable, batches: Iterator[pa.RecordBatch]) -> GivenBack:
        quote = self._connection.dialect.identifier_preparer.quote
        place = (
            f"{quote(table.clause.schema)}.{quote(table.clause.name)}"
            if table.clause.schema
            else quote(table.clause.name)
        )
        self._tables.append(table.clause.name)
        rows = (row for batch in batches for row in zip(*(c.to_pylist() for c in batch.columns), strict=True))
        done = GivenBack(head.table)
        one = self._insert_one if head.is_deleted else self._change_one
        for row in rows:
            written, already, changed = one(head, place, [_bound(value) for value in row], quote)
            done = replace(
                done,
                rows=done.rows + written,
                already=done.already + already,
                changed_since=done.changed_since + changed,
            )
        return done

    def finish(self) -> None:
        """Commit here, where a reference that leads nowhere can still be found; committing again does nothing."""
        self._connection.exec_driver_sql("COMMIT")

    def lost_reference(self) -> tuple[str, str] | None:
        """Table and columns of a reference that leads nowhere now."""
        for table in dict.fromkeys(self._tables):
            row = self._connection.exec_driver_sql(
                'SELECT f."table", f.fkid FROM pragma_foreign_key_check(?) f LIMIT 1', (table,)
            ).one_or_none()
            if row is not None:
                query = 'SELECT "from" FROM pragma_foreign_key_list(?) WHERE id = ?'
                columns = self._connection.exec_driver_sql(query, (table, row[1])).scalars()
                return table, ", ".join(columns)
        return None

    def _insert_one(
        self, head: CopyHead, place: str, row: Sequence["_Bound"], quote: Callable[[str], str]
    ) -> tuple[int, int, int]:
        columns = [quote(name) for name in head.columns]
        made = f"INSERT INTO {place} ({', '.join(columns)}) VALUES ({', '.join(v.sql for v in row)})"  # noqa: S608  # quoted
        values = tuple(v.value for v in row)
        try:
            self._connection.exec_driver_sql(made, values)
        except sa.exc.IntegrityError:
            same = " AND ".join(f"{c} IS {v.sql}" for c, v in zip(columns, row, strict=True))
            found = self._connection.exec_driver_sql(f"SELECT 1 FROM {place} WHERE {same}", values)  # noqa: S608  # quoted
            if found.first() is None:
                raise
            return 0, 1, 0
        return 1, 0, 0

    def _change_one(
        self, head: CopyHead, place: str, row: Sequence["_Bound"], quote: Callable[[str], str]
    ) -> tuple[int, int, int]:
        width = len(head.columns)
        old, new, key = row[:width], row[width : 2 * width], row[2 * width :]
        here = " AND ".join(f"{quote(n)} IS {v.sql}" for n, v in zip(head.key, key, strict=True))
        looks = ", ".join(
            f"{quote(n)} IS {b.sql}, {quote(n)} IS {a.sql}" for n, a, b in zip(head.columns, old, new, strict=True)
        )
        given = [bound.value for pair in zip(new, old, strict=True) for bound in pair]
        query = f"SELECT {looks} FROM {place} WHERE {here}"  # noqa: S608  # quoted
        found = self._connection.exec_driver_sql(query, (*given, *(v.value for v in key))).first()
        if found is None:
            return 0, 0, 1
        differs = [a != b for a, b in zip(old, new, strict=True)]
        stands = [bool(d and found[2 * i]) for i, d in enumerate(differs)]
        lost = sum(bool(d and not found[2 * i] and not found[2 * i + 1]) for i, d in enumerate(differs))
        if not any(stands):
            return 0, int(not lost), lost
        told = [(quote(n), v) for n, v, is_open in zip(head.columns, old, stands, strict=True) if is_open]
        update = f"UPDATE {place} SET {', '.join(f'{n} = {v.sql}' for n, v in told)} WHERE {here}"  # noqa: S608  # quoted
        self._connection.exec_driver_sql(update, (*(v.value for _, v in told), *(v.value for v in key)))
        return 1, 0, lost


@dataclass(frozen=True, slots=True)
class _Bound:
    """A value of SQLite and how it is written in a statement."""

    sql: str
    value: Any


def _bound(packed: bytes | None) -> _Bound:
    found = unpack(packed)
    if found is None:
        return _Bound("?", None)
    letter, value = found
    if letter != "t":
        return _Bound("?", value)
    try:
        return _Bound("?", value.decode())
    except UnicodeDecodeError:
        return _Bound("CAST(? AS TEXT)", value)
