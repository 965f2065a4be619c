"""Rows of the data subject that rows of several people refer to: the database does not let them go (law 8, law 13).

A message between two people stays, and with it the row that it names as its sender. Whether the database refuses to
delete that row, or would delete the message too, is found out before people decide.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from data_contracts.connectors.connecting import Connector, LiveReference
from data_contracts.connectors.keys import Selection
from data_contracts.errors import ContractMismatch
from tasks.rules.act.plan import Segment
from tasks.search.shared_rows import SHARED

_LETS_GO: Final = frozenset({"SET NULL", "SET DEFAULT"})
"""What a foreign key says where the row that stays only loses its reference."""


def refuse_pinned(
    case_id: str, connector: Connector, counted: Sequence[tuple[Segment, int]], references: Iterable[LiveReference]
) -> None:
    """That no row that is to be deleted is one that rows of several people refer to.

    Args:
        case_id: the case.
        connector: to the system.
        counted: parts of the plan in that system, each with its number of rows.
        references: foreign keys of the live schema.

    Raises:
        ContractMismatch: when there is one; the tables are named.
    """
    parts = [part for part, rows in counted if rows]
    staying = {part.path[1]: part.selection for part in parts if part.note == SHARED}
    leaving = [part for part in parts if part.verb == "delete"]
    for one in references:
        going = [part.selection for part in leaving if part.path[1] == one.to_table]
        if one.table not in staying or one.on_delete in _LETS_GO:
            continue
        if any(_refers(connector, one, staying[one.table], rows) for rows in going):
            raise ContractMismatch(
                f"rows of `{one.table}` that are other people's too refer to rows of `{one.to_table}` that are to be "
                "deleted, which the database does not allow without them",
                where=f"{case_id}, {connector.system}",
                remedy=f"write `erase: columns` at `{one.to_table}`, or ON DELETE SET NULL at the foreign key",
            )


def _refers(connector: Connector, one: LiveReference, staying: Selection, leaving: Selection) -> bool:
    going = connector.find_keys(leaving, [one.to_columns])[one.to_columns]
    return not going.isdisjoint(connector.find_keys(staying, [one.columns])[one.columns])
