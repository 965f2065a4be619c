"""Rows that stay whatever their period: of open cases, and under restriction (Art. 18(2)).

Nothing is erased in a system while one of these cannot be read (law 6).
"""

from collections.abc import Iterator, Mapping

from data_contracts.keys import Condition
from tasks.restricted import joined, restricted_rows
from tasks.sealed import LOCATED, read_located
from tasks.services import services


def spared_rows(system: str) -> dict[str, tuple[Condition, ...]]:
    """What to leave as it is in one system, by table: any of the conditions selects it.

    Raises:
        CaseBusy: while a restriction was set and its rows are not yet found.
        VaultSealed: when the keys of a case cannot be read.
    """
    found: dict[str, tuple[Condition, ...]] = {}
    for rows in (restricted_rows(system), *_rows_of_open_cases(system)):
        for table, ways in rows.items():
            found[table] = joined((*found.get(table, ()), *ways))
    return found


def _rows_of_open_cases(system: str) -> Iterator[Mapping[str, tuple[Condition, ...]]]:
    """Rows that a plan speaks of, and that people may have approved as they are."""
    provided = services()
    for case in provided.register.cases(open_only=True):
        if provided.vault.has(case.case_id, LOCATED):
            located = read_located(case.case_id)
            for found in (located.conditions, located.shared):
                yield {path[1]: ways for path, ways in found.items() if path[0] == system}
