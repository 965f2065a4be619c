"""Planting a canary's rows in a SQL database: all of them in one transaction, or none (law 13).

Left alone are tables whose rows the database does not take back, and those whose triggers may act outside it: what is
planted there could leave a half of her behind, or reach somebody.
"""

from collections.abc import Callable, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from data_contracts.connectors.rehearsing import WHY_NOT, MadeUpRow, NotRehearsed, Refusal
from data_contracts.errors import ContractMismatch
from integrations.systems.sql.connection.engine import Engines
from integrations.systems.sql.connection.errors import why_not_rehearsed
from integrations.systems.sql.connection.refusals import Known, refusal_of
from integrations.systems.sql.live.columns import SqlColumn
from integrations.systems.sql.live.containers import as_stored
from integrations.systems.sql.orders.obstacles import surroundings
from integrations.systems.sql.questions.query import Queries
from integrations.systems.values import Kind

__all__ = ["plant", "stored"]


def plant(
    system: str, engines: Engines, queries: Queries, rows: Sequence[MadeUpRow], known: Callable[[], Known]
) -> None:
    """Insert the rows in that order and commit; see :meth:`data_contracts.connectors.connecting.Connector.plant`."""
    try:
        with engines.writing() as connection:
            around = surroundings(connection)
            for row in rows:
                live = queries.tables[row.table]
                if (obstacle := around.obstacle(live.clause.name)) is not None:
                    raise _left_alone(f"{system}.{row.table}", *obstacle)
                values = {name: stored(connection, live.column(name), value) for name, value in row.values.items()}
                connection.execute(sa.insert(live.clause).values(values))
    except sa.exc.DBAPIError as error:
        if why_not_rehearsed(error) is not None:
            raise  # locked, or broken off: the guard says so, and trying again can help
        raise _refused(system, refusal_of(error, known())) from None


def stored(connection: Connection, column: SqlColumn, value: object) -> object:
    """A made-up value as the column takes it."""
    is_cast = connection.dialect.name == "postgresql" and column.kind is Kind.OTHER and isinstance(value, str)
    return as_stored(str(value), column.type) if is_cast else value


def _left_alone(where: str, why: NotRehearsed, about: str) -> ContractMismatch:
    told = f"{WHY_NOT[why]}{f' ({about})' if about else ''}"
    remedy = "take `canary` out of the contract, or mend the table"
    return ContractMismatch(f"a canary is not planted: {told}; nothing was inserted", where=where, remedy=remedy)


def _refused(system: str, refusal: Refusal) -> ContractMismatch:
    error = ContractMismatch(
        f"a canary was not planted: {refusal.what}; nothing was inserted",
        where=refusal.place(system),
        remedy="let the database take such a row, or take `canary` out of the contract",
    )
    return error.with_detail(refusal.detail)
