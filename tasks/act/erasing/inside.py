"""What an erasure makes of values with identities inside: sealed before acting, and looked for again afterwards.

Her member is taken out, masked or pseudonymised; the rest of the value stays as it is written. Old values are sealed,
so that an act that was cut off is finished with the same.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from data_contracts.company.contract import Column, Table
from data_contracts.connectors.keys import Condition, Key, Selection
from data_contracts.inside.values import REMOVED, Fate
from data_contracts.vocabulary import ColumnErasure
from tasks.case.parts import has_part
from tasks.case.sealed import read_json, read_located, write_json
from tasks.rules.act.plan import Segment
from tasks.rules.search.inside import MASK, Own, containers_of, is_erased_inside, spelling_of
from tasks.search.locate import load_search
from tasks.services import services

Pseudonym = Callable[[Table, Column, str], str]
_CHANGING: Final = frozenset({"clear", "mask", "pseudonymise"})


def seal_inside(case_id: str, system: str) -> None:
    """Seal of one system the values with a key of hers inside, and which rows of several people hold one."""
    sealed = [
        [table.name, column.name, *_found(case_id, table, column, own)]
        for table in services().contracts.systems[system].tables
        for column, own in _containers(case_id, table)
    ]
    if sealed:
        write_json(case_id, _name(system), sealed)


def rows_of_several(case_id: str, system: str) -> dict[tuple[str, ...], frozenset[Key]]:
    """By system, table and column: primary keys of rows of several people with a key of hers inside."""
    return {(system, table, column): frozenset(map(tuple, rows)) for table, column, rows, _ in _sealed(case_id, system)}


def left_inside(case_id: str, table: Table, pseudonym: Pseudonym) -> dict[str, dict[str, str]]:
    """For each column with identities inside: every old value to what is left of it, the same on each run.

    Args:
        case_id: the case.
        table: the table.
        pseudonym: of a value in a column.
    """
    sealed = {(name, column): old for name, column, _, old in _sealed(case_id, table.system)}
    made: dict[str, dict[str, str]] = {}
    for column, own in _containers(case_id, table):
        become = _becoming(column, partial(pseudonym, table, column))
        made[column.name] = {old: own.without(old, become) for old in sealed.get((table.name, column.name), ())}
    return made


def found_again(case_id: str, table: Table, part: Segment) -> int:
    """How many rows of a part still hold a key of hers inside a column that it changed."""
    changed = [(c, own) for c, own in _containers(case_id, table) if c.name in part.columns]
    if part.verb not in _CHANGING or not changed or part.selection.is_empty:
        return 0
    connector = services().systems.connector(table.system)
    rows = connector.find_keys(part.selection, [table.primary_key])[table.primary_key]
    ways = [way for c, own in changed for way in connector.resolve(table.name, spelling_of(table, c, own))]
    return len({key for way in ways for key in way.keys} & rows)


def _found(case_id: str, table: Table, column: Column, own: Own) -> tuple[list[Key], list[str]]:
    """Primary keys of rows of several people, and old values."""
    located, path = read_located(case_id), (table.system, table.name)
    rows: list[Key] = []
    old: dict[str, None] = {}
    for ways, is_several in ((located.conditions.get(path, ()), False), (located.shared.get(path, ()), True)):
        for *key, value in _values(table, column, ways):
            if own.holds_hers(value):
                old[str(value)] = None
                rows += [tuple(key)] if is_several else []
    return rows, list(old)


def _values(table: Table, column: Column, ways: tuple[Condition, ...]) -> Iterator[Key]:
    names = (*table.primary_key, column.name)
    selection = Selection(table.name, ways, when=column.when)
    yield from services().systems.connector(table.system).find_keys(selection, [names])[names]


def _becoming(column: Column, pseudonym: Callable[[str], str]) -> Callable[[str], Fate | str]:
    match column.erase:
        case ColumnErasure.MASK:
            return lambda _value: MASK
        case ColumnErasure.TOKEN | ColumnErasure.HMAC:
            return pseudonym
        case _:
            return lambda _value: REMOVED


def _containers(case_id: str, table: Table) -> list[tuple[Column, Own]]:
    if not any(is_erased_inside(table, column) for column in table.columns):
        return []
    found = containers_of(table, services().contracts, load_search(case_id).identity())
    return [(column, own) for column, own in found if is_erased_inside(table, column)]


def _sealed(case_id: str, system: str) -> list[Any]:
    name = _name(system)
    return list(read_json(case_id, name)) if has_part(case_id, name) else []


def _name(system: str) -> str:
    return f"inside.{system}"
