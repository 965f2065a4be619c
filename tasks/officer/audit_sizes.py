"""How large a table is that an audit would ask somebody to give an index."""

from typing import Final

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.keys import Selection
from tasks.services import services

_READ_EACH_TIME: Final = 100_000
"""So many rows a database reads in a part of a second: an index would spare nobody anything."""


def is_large(contract: SystemContract, place: str) -> bool:
    """Whether the table of a column has more rows than a search may read each time.

    Args:
        contract: of the system.
        place: ``system.table.column``.
    """
    tables = (one.name for one in contract.tables if place.startswith(f"{contract.name}.{one.name}."))
    every = [Selection(name, (), reads_every_row=True) for name in tables]
    return any(rows > _READ_EACH_TIME for rows in services().systems.connector(contract.name).count(every))
