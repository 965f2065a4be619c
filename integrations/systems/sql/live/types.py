"""SQL types that keys are bound as."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.type_api import TypeEngine

from integrations.systems.sql.live.columns import SqlColumn
from integrations.systems.values import Kind


class _Bpchar(sa.types.UserDefinedType[str]):
    """PostgreSQL's ``CHAR`` of any length; a cast to ``CHAR`` alone would cut to one character."""

    cache_ok = True

    def get_col_spec(self, **_kw: object) -> str:
        """The type's name in SQL."""
        return "BPCHAR"


# Without length or precision: a cast to VARCHAR(n) or NUMERIC(p, s) would cut or round a key until it matches.
BOUND_TYPES: Mapping[Kind, TypeEngine[Any]] = {
    Kind.PADDED: _Bpchar(),
    Kind.NUMBER: sa.Numeric(),
    Kind.FLOAT: sa.Double(),
    Kind.BOOLEAN: sa.Boolean(),
    Kind.DATE: sa.Date(),
    Kind.LOCAL_TIME: sa.TIMESTAMP(),
    Kind.INSTANT: sa.TIMESTAMP(timezone=True),
    Kind.UUID: sa.Uuid(),
    Kind.BYTES: sa.LargeBinary(),
}
_INTEGERS: Mapping[int, TypeEngine[Any]] = {16: sa.SmallInteger(), 32: sa.Integer(), 64: sa.BigInteger()}


def array_type(column: SqlColumn, *, by_database: bool = False) -> TypeEngine[Any]:
    """The type of an array that a column is compared with."""
    if by_database and column.is_citext:
        return postgresql.CITEXT()
    if column.kind is Kind.INTEGER:
        return _INTEGERS.get(column.bits, sa.BigInteger())
    if isinstance(column.type, sa.REAL):
        return sa.REAL()  # a comparison in double precision would never be equal
    return BOUND_TYPES.get(column.kind, sa.String())
