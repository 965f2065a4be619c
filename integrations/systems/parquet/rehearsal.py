"""A rehearsal over Parquet files: names, types and values of each order are tried on every file's schema.

No file is written: a process that is killed would leave a copy beside it. What only writing can show (the account's
right to the folder, room on the disk) is not tried, and the rehearsal says that it is partial.
"""

from collections.abc import Callable, Sequence
from typing import Final

from data_contracts.connectors.keys import DeleteRows, Order
from data_contracts.connectors.rehearsing import Refusal, RefusalKind, Rehearsal, RehearsedTable
from data_contracts.errors import ContractMismatch

_COLUMN: Final = 2
"""Dots in the place of a column: ``system.table.column``."""


def rehearse(attempt: Callable[[Order], None], orders: Sequence[Order]) -> Rehearsal:
    """Try each order; ``attempt`` raises ContractMismatch, naming the column, where a file's type cannot hold it."""
    found: dict[str, RehearsedTable] = {}
    for order in orders:
        name = order.selection.table
        found.setdefault(name, RehearsedTable(name))
        try:
            attempt(order)
        except ContractMismatch as error:
            if error.where.count(".") < _COLUMN:  # the whole dataset is not as the contract says
                raise
            statement = "delete" if isinstance(order, DeleteRows) else "update"
            refusal = Refusal(name, RefusalKind.TYPE, statement, error.where.rpartition(".")[2])
            found[name] = RehearsedTable(name, refusal)
    return Rehearsal(tuple(found.values()), is_partial=bool(found))
