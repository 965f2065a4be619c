"""Rows that the master key sealed, of every table that has some, and credentials of systems and recipients."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Row

from data_contracts.case.subjects import SubjectKey
from data_contracts.ports.key_marks import mark_context
from data_contracts.ports.sealed_rows import (
    Credential,
    SealedRow,
    credential_context,
    former_key_context,
    operator_context,
    webhook_context,
)
from integrations.register.store import Store
from integrations.register.tables import tables
from integrations.register.tables.marks import key_marks

_C = tables.credentials.c
_PAGE = 1_000


def _former(row: Row[Any]) -> str:
    return former_key_context(SubjectKey("", row.account), SubjectKey("", row.digest))


SEALED: Final[Mapping[sa.Column[bytes], Callable[[Row[Any]], str]]] = {
    tables.operators.c.secret: lambda row: operator_context(row.name),
    tables.webhooks.c.secret: lambda row: webhook_context(row.name),
    tables.former_keys.c.sealed: _former,
    tables.credentials.c.sealed: lambda row: credential_context(row.name),
    key_marks.c.sealed: lambda row: mark_context(row.kind),
}
"""Columns that the master key seals, each with the context of a row."""


class SealedRowStore(Store):
    """The part of the register that knows what the master key sealed."""

    def sealed_rows(self) -> Iterator[SealedRow]:
        """Every row that the master key sealed, table by table."""
        for column, context in SEALED.items():
            table = column.table
            keys = list(table.primary_key.columns)
            after: tuple[str, ...] | None = None
            while rows := self._page(column, keys, after):
                for row in rows:
                    yield SealedRow(
                        str(table.description),
                        {one.name: getattr(row, one.name) for one in keys},
                        context(row),
                        row.sealed_bytes,
                    )
                after = tuple(getattr(rows[-1], one.name) for one in keys)

    def reseal(self, row: SealedRow, sealed: bytes) -> bool:
        """Exchange the sealed bytes; False where the row changed or went meanwhile."""
        column = next(one for one in SEALED if one.table.description == row.table)
        same = [column.table.c[name] == value for name, value in row.key.items()]
        exchange = sa.update(column.table).where(*same, column == row.sealed).values({column.name: sealed})
        with self._database.write() as connection:
            return connection.execute(exchange).rowcount == 1

    def put_credential(self, one: Credential) -> None:
        """Keep a credential, in the place of one of that name."""
        values = {"name": one.name, "sealed": one.sealed, "set_at": one.at, "set_by": one.by}
        insert = self._insert(tables.credentials).values(values)
        with self._database.write() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=[_C.name], set_=values))

    def credential(self, name: str) -> Credential | None:
        """The credential of that name."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(tables.credentials).where(_C.name == name)).one_or_none()
        return None if row is None else Credential(*row)

    def credentials(self) -> list[Credential]:
        """All, by name."""
        with self._database.read() as connection:
            return [Credential(*row) for row in connection.execute(sa.select(tables.credentials).order_by(_C.name))]

    def remove_credential(self, name: str) -> bool:
        """Remove one; whether there was one of that name."""
        with self._database.write() as connection:
            return connection.execute(sa.delete(tables.credentials).where(_C.name == name)).rowcount == 1

    def _page(
        self, column: sa.Column[bytes], keys: list[sa.Column[Any]], after: tuple[str, ...] | None
    ) -> list[Row[Any]]:
        """The next rows by primary key; rows whose bytes are empty were never sealed."""
        wanted = sa.select(*keys, column.label("sealed_bytes")).where(sa.func.length(column) > 0)
        if after is not None:
            wanted = wanted.where(sa.tuple_(*keys) > sa.tuple_(*(sa.literal(one) for one in after)))
        with self._database.read() as connection:
            return list(connection.execute(wanted.order_by(*keys).limit(_PAGE)).all())
