"""Names: unique where others refer by them, and fit to be written elsewhere."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from data_contracts.fault import Fault
from data_contracts.odcs.checks.subject import ContractSet, at_column, at_table

_SYSTEM_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*")


def system_names(contracts: ContractSet) -> Iterator[Fault]:
    """A system's id is unique, also as part of an environment variable, where ``-`` is written ``_``."""
    twice = _repeated(system.name.replace("-", "_") for system in contracts.systems)
    for system in contracts.systems:
        if system.name.replace("-", "_") in twice:
            what = f"another contract has the id `{system.name}`, or one that differs in `-` and `_` alone"
            yield Fault(system.file, "", "id", what, "give each system an id of its own")
        if not _SYSTEM_NAME.fullmatch(system.name):
            remedy = "use small letters, digits, `_` and `-`, beginning with a letter; settings are named after it"
            yield Fault(system.file, "", "id", f"the id `{system.name}` is not usable", remedy)


def table_names(contracts: ContractSet) -> Iterator[Fault]:
    """A table is declared once."""
    for system in contracts.systems:
        twice = _repeated(table.name for table in system.tables)
        for table in system.tables:
            if table.name in twice:
                yield at_table(system, table, what="the table is declared twice", remedy="keep one declaration")


def column_names(contracts: ContractSet) -> Iterator[Fault]:
    """A column is declared once, and a table has at least one."""
    for system, table in contracts.tables():
        if not table.columns:
            yield at_table(system, table, what="the table has no column", remedy="declare its columns in `properties`")
        for name in _repeated(column.name for column in table.columns):
            yield at_column(system, table, name, what="the column is declared twice", remedy="keep one declaration")


def key_positions(contracts: ContractSet) -> Iterator[Fault]:
    """A composite key says the order of its columns, or leaves it to the order in the file."""
    for system, table in contracts.tables():
        places = [column.primary_key_position for column in table.columns if column.primary_key]
        if any(places) and sorted(places) != list(range(1, len(places) + 1)):
            what = "the `primaryKeyPosition`s of its key columns do not count 1, 2, …"
            yield at_table(system, table, what=what, remedy="number the key columns from 1 without a gap")


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
