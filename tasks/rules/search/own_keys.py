"""Which keys in a row of the data subject are of rows that are the data subject's too (law 8).

Pure. A row of hers may refer to a row that is not hers, or not hers alone: an address that others use as well, a
card that says it is somebody else's. Whose it is, is not hers to know; so the key of such a row is not shown. What is
shown is said the other way round, since keys of other people are not known here and need not be:

1. a reference to a table in which no row is anybody's is shown as it is;
2. of any other reference, the keys of rows that the search found to be the data subject's alone;
3. in rows of several people also of columns that hold identities: the data subject's own, and kinds that people share.
"""

from collections.abc import Iterator

from data_contracts.case.plan import SHARED, TablePath
from data_contracts.company.contract import Table
from data_contracts.connectors.keys import Condition, Key, When
from tasks.rules.search.routes import CELL, is_personal
from tasks.rules.search.traversal import Search

_Place = tuple[tuple[str, ...], tuple[When, ...]]


def own_keys(search: Search) -> dict[TablePath, tuple[Condition, ...]]:
    """By table, the columns whose values may be keys of others' rows, and those keys that are the data subject's.

    Rows of several people stand under the table's name with :data:`data_contracts.case.plan.SHARED`.
    """
    found: dict[TablePath, tuple[Condition, ...]] = {}
    for table in search.contracts.tables():
        references = tuple(_references(search, table))
        found[table.system, table.name] = references
        if search.conditions(table, shared=True):
            found[table.system, f"{table.name}{SHARED}"] = (*references, *_identities(search, table))
    return {path: ways for path, ways in found.items() if ways}


def _references(search: Search, table: Table) -> Iterator[Condition]:
    joined: dict[_Place, frozenset[Key]] = {}
    for reference in table.references:
        target = search.contracts.table(reference.to_system, reference.to_table)
        if is_personal(target):
            place = (reference.columns, reference.when)
            # What leads to a row of the data subject is a key of hers, whatever else it refers to.
            own = _held(search, target, reference.to_columns) | _by(search, table, reference.columns)
            joined[place] = joined.get(place, frozenset()) | own
    for (columns, when), keys in joined.items():
        yield Condition(columns, keys, when=when)


def _identities(search: Search, table: Table) -> Iterator[Condition]:
    kinds = search.contracts.vocabulary.identities
    for column in table.identities:
        # Of a value that people lie inside, others' members were left out already.
        if column.inside is None and not kinds[column.identity].shared:
            yield Condition((column.name,), _by(search, table, (column.name,)), when=column.when)


def _held(search: Search, table: Table, columns: tuple[str, ...]) -> frozenset[Key]:
    """What these columns hold in rows of ``table`` that are the data subject's alone, as far as the search asked."""
    path = (table.system, table.name)
    asked = search.keys((CELL, *path, *columns))
    # Of rows that may name somebody else nothing is hers until it was looked.
    is_looked_at = path in search.found.splits or not search.routes[path].is_contested
    ways = search.conditions(table) if is_looked_at else ()
    return asked.union(*(way.keys for way in ways if way.columns == columns and not way.when))


def _by(search: Search, table: Table, columns: tuple[str, ...]) -> frozenset[Key]:
    ways = search.of_subject((table.system, table.name))
    return frozenset().union(*(way.keys for way in ways if way.columns == columns))
