"""Keys that are replaced together with everything that refers to them (Art. 17(1)).

A primary key that is somebody's address cannot be erased by itself: what refers to it would lead nowhere. Where the
contract erases it with ``token``, every column of the system that refers to it, over however many references, gets the
same pseudonym in one transaction, whosever the rows are.
"""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from data_contracts.company.contract import SystemContract, Table
from data_contracts.vocabulary import ColumnErasure

Place: TypeAlias = tuple[str, str]
"""A table and a column of it."""


def moved_keys(contract: SystemContract) -> dict[Place, Place]:
    """By column that is replaced: the column whose pseudonym it gets; a column that refers to nothing gets its own."""
    pointing = [pair for table in contract.tables for pair in _pointing(table, contract.name)]
    tokens = {
        (table.name, c.name) for table in contract.tables for c in table.columns if c.erase is ColumnErasure.TOKEN
    }
    keys = {(table.name, name) for table in contract.tables for name in table.primary_key}
    targets = {to for _, to in pointing}
    refers = {place for place, to in pointing if to in tokens}
    moved = {place: place for place in sorted(tokens & (keys | targets) - refers)}
    while more := {place: moved[to] for place, to in pointing if to in moved and place not in moved}:
        moved |= more
    return moved


def places_of(moved: Mapping[Place, Place], key: Place) -> tuple[Place, ...]:
    """Columns that get the pseudonym of one, itself first."""
    return (key, *(place for place, root in moved.items() if root == key != place))


def _pointing(table: Table, system: str) -> Iterator[tuple[Place, Place]]:
    for reference in table.references:
        if reference.to_system == system:
            for name, to in zip(reference.columns, reference.to_columns, strict=True):
                yield (table.name, name), (reference.to_table, to)
