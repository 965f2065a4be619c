"""Two people who are nobody: made-up rows in each table, to try every way of erasing when a contract is written.

Pure. There are two of them, so that one constant for both shows where values are unique. Values fit the live types and
refer to each other as foreign keys demand; what else a system asks of them (a CHECK, a trigger) it says itself when a
row is refused.
"""

from collections.abc import Iterator, Mapping
from uuid import UUID

from data_contracts.case.plan import Located
from data_contracts.company.contract import Column, SystemContract, Table
from data_contracts.connectors.connecting import Container, Holds, LiveColumn, LiveSchema
from data_contracts.connectors.keys import Condition, Key
from data_contracts.connectors.rehearsing import MadeUpRow
from data_contracts.errors import ContractInvalid
from tasks.rules.act.sequence import table_order

_NUMBER = 31_013
"""A key that few tables have, and that the narrowest of integers but one holds."""
_GROWN = 21
"""A number that most checks allow: an age, a quantity, a month's day."""
_CONTAINERS: Mapping[Container, str] = {
    Container.ARRAY: "[]",
    Container.JSON: "{}",
    Container.ENTRIES: "{}",
    Container.XML: "<x/>",
}
_HOLDS: Mapping[Holds, object] = {
    Holds.BOOLEAN: True,
    Holds.MOMENT: "2001-02-03",
}
_TYPES: Mapping[str, str] = {"inet": "192.0.2.1", "cidr": "192.0.2.1", "time": "01:02:03", "interval": "01:02:03"}


def made_up_rows(contract: SystemContract, live: LiveSchema) -> tuple[MadeUpRow, ...]:
    """Two rows of each table that is there, those that others refer to first."""
    return tuple(row for who in range(2) for row in _rows_of(who, contract, live))


def _rows_of(who: int, contract: SystemContract, live: LiveSchema) -> list[MadeUpRow]:
    made: dict[str, dict[str, object]] = {}
    for table in parents_first(contract, live):
        columns = live.tables.get(table.name)
        if columns is not None:
            values = {c.name: value_of(who, table, c, columns[c.name]) for c in table.columns if is_written(c, columns)}
            made[table.name] = values | _references(table, live, made, columns)
    return [MadeUpRow(name, values) for name, values in made.items()]


def located_rows(contract: SystemContract, rows: tuple[MadeUpRow, ...]) -> Located:
    """Where these rows are: by their primary keys; a table without one is left out."""
    found: dict[str, set[Key]] = {}
    for row in rows:
        key = tuple(row.values.get(name) for name in contract.table(row.table).primary_key)
        if key and None not in key:
            found.setdefault(row.table, set()).add(key)
    return Located(
        {
            (contract.name, name): (Condition(contract.table(name).primary_key, frozenset(keys)),)
            for name, keys in found.items()
        }
    )


def parents_first(contract: SystemContract, live: LiveSchema) -> tuple[Table, ...]:
    """The contract's tables, those that others refer to first; in the contract's order where they form a circle."""
    try:
        return tuple(reversed(table_order(contract, [t.name for t in contract.tables], live.references)))
    except ContractInvalid:  # a circle: some row refers to nothing yet, and the system says so
        return contract.tables


def is_written(column: Column, columns: Mapping[str, LiveColumn]) -> bool:
    """Whether the live table has the column, and takes a value for it."""
    return column.name in columns and not columns[column.name].is_computed


def _references(
    table: Table, live: LiveSchema, made: Mapping[str, Mapping[str, object]], columns: Mapping[str, LiveColumn]
) -> dict[str, object]:
    """What the columns hold that refer to other rows: their keys, or nothing where there is no such row."""
    return {
        name: made.get(parent, {}).get(to)
        for names, parent, tos in pointers(table, live)
        for name, to in zip(names, tos, strict=True)
        if name in columns and (parent in made or columns[name].nullable)
    }


def pointers(table: Table, live: LiveSchema) -> Iterator[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    """What refers to other rows of the same system, declared and live: columns, the table and columns they refer to."""
    for own in table.references:
        if own.to_system == table.system:
            yield own.columns, own.to_table, own.to_columns
    for one in live.references:
        if one.table == table.name:
            yield one.columns, one.to_table, one.to_columns


def value_of(who: int, table: Table, column: Column, live: LiveColumn) -> object:
    """A value that fits the live type and differs from one person to the other where it can."""
    name = live.type.lower().partition("(")[0]
    if live.holds is Holds.BYTES:
        return bytes([who]) * (live.length or 1)
    if live.holds is Holds.UUID:
        return str(UUID(int=_NUMBER + who))
    if live.holds is Holds.NUMBER or (live.holds is Holds.UNKNOWN and column.logical_type in {"integer", "number"}):
        return (_NUMBER if column.primary_key else _GROWN) + who
    ways = (_CONTAINERS.get(live.container), _HOLDS.get(live.holds), _TYPES.get(name), *live.labels)
    known = next((way for way in ways if way is not None), None)
    return _text(who, table, column, live) if known is None else known


def _text(who: int, table: Table, column: Column, live: LiveColumn) -> str:
    text = f"made-up-{who}-{column.name}"
    if column.identity == "email":
        text = f"made-up-{who}@{table.name}.invalid"
    if live.length is None or len(text) <= live.length:
        return text
    return str(who) * live.length
