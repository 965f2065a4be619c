"""Rows of others that refer to rows that go: they stay, and lose the reference (law 8, law 13).

Somebody's answer to a comment of the data subject is not hers. Where the database would refuse to delete the comment
because of it, the reference in the answer is cleared, which stands in the plan; where the column takes no NULL, that is
found out before people decide.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from data_contracts.company.contract import SystemContract
from data_contracts.connectors.connecting import Connector, LiveReference, LiveSchema
from data_contracts.connectors.keys import Condition, Key, Selection
from data_contracts.errors import ContractMismatch
from tasks.case.parts import has_part
from tasks.case.sealed import keep_json, keys_of, plain_keys, read_json
from tasks.rules.act.plan import Segment
from tasks.services import services

REFERENCE: Final = "reference"
"""The note of a plan's line: rows of others that lose a reference to a row that goes."""
_STANDS: Final = frozenset({"", "NO ACTION", "RESTRICT"})
"""What a foreign key says where the database refuses to delete a row that another refers to."""


def seal_references(
    case_id: str, connector: Connector, counted: Sequence[tuple[Segment, int]], live: LiveSchema
) -> None:
    """Seal which rows of others lose a reference.

    Args:
        case_id: the case.
        connector: to the system.
        counted: parts of the plan in that system, each with its number of rows.
        live: its schema.

    Raises:
        ContractMismatch: when such a reference takes no NULL; table and column are named.
    """
    contract = services().contracts.systems[connector.system]
    parts = [part for part, rows in counted if rows]
    found: dict[tuple[str, ...], frozenset[Key]] = {}
    for one in live.references:
        if one.on_delete in _STANDS and (keys := _staying(connector, contract, one, parts)):
            column = _cleared(case_id, contract, one, live)
            found[one.table, column] = found.get((one.table, column), frozenset()) | keys
    keep_json(case_id, _name(connector.system), plain_keys(found))


def reference_parts(case_id: str, system: str) -> Iterator[Segment]:
    """The parts of the plan that clear references in rows of others, from what is sealed."""
    if not has_part(case_id, _name(system)):
        return
    for (table, column), keys in keys_of(read_json(case_id, _name(system))).items():
        key = services().contracts.table(system, table).primary_key
        yield Segment((system, table), "clear", Selection(table, (Condition(key, keys),)), (column,), note=REFERENCE)


def _name(system: str) -> str:
    return f"references.{system}"


def _staying(
    connector: Connector, contract: SystemContract, one: LiveReference, parts: Iterable[Segment]
) -> frozenset[Key]:
    """Keys of the rows that refer to one that goes, and neither go themselves nor lose the reference anyway."""
    own = [part for part in parts if part.path[1] == one.table]
    leaving = [part.selection for part in parts if part.verb == "delete" and part.path[1] == one.to_table]
    tables = {table.name: table for table in contract.tables}
    if not leaving or one.table not in tables or not tables[one.table].primary_key:
        return frozenset()
    key = tables[one.table].primary_key
    gone = _keys(connector, leaving, one.to_columns)
    if not gone:
        return frozenset()
    referring = _keys(connector, [Selection(one.table, (Condition(one.columns, gone),))], key)
    settled = [p.selection for p in own if p.verb == "delete" or (p.verb == "clear" and {*p.columns} & {*one.columns})]
    return referring - _keys(connector, settled, key) if referring else referring


def _keys(connector: Connector, selections: Iterable[Selection], columns: tuple[str, ...]) -> frozenset[Key]:
    return frozenset().union(*(connector.find_keys(one, [columns])[columns] for one in selections))


def _cleared(case_id: str, contract: SystemContract, one: LiveReference, live: LiveSchema) -> str:
    """The column that is cleared: of several, that which is a part of the fewest references."""
    table = contract.table(one.table)
    declared = {column.name for column in table.columns if not column.primary_key}
    free = [name for name in one.columns if name in declared and live.tables[one.table][name].nullable]
    if not free:
        raise ContractMismatch(
            f"rows of `{one.table}` that are not the data subject's refer to rows of `{one.to_table}` that are to be "
            f"deleted, and ({', '.join(one.columns)}) takes no NULL",
            where=f"{case_id}, {_place(contract, one)}",
            remedy=f"write `erase: columns` at `{one.to_table}`, or let the column take NULL",
        )
    return min(free, key=lambda name: (sum(name in other.columns for other in table.references), name))


def _place(contract: SystemContract, one: LiveReference) -> str:
    return f"{contract.name}.{one.table}.{one.columns[0]}"
