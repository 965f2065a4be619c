"""Rectification of identities inside a column's value: which members are meant, and what the value becomes (Art. 16).

Only members that are the data subject's are put right; the rest of the value stays as it is written.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from data_contracts.case.plan import Located
from data_contracts.company.contract import Contracts
from data_contracts.connectors.connecting import Connector
from data_contracts.connectors.keys import Condition, Key, Selection
from data_contracts.inside.values import REMOVED, Fate
from data_contracts.text.normal_form import normal_form
from tasks.rules.act.rectification import Target
from tasks.rules.search.inside import Own, containers_of, spelling_of
from tasks.search.locate import load_search


@dataclass(frozen=True, slots=True)
class MembersFound:
    """What lies inside the column of a target. Personal data.

    Attributes:
        rows: primary keys of rows in which a member is meant.
        members: as they are written.
        left: each old value to what it becomes.
    """

    rows: frozenset[Key] = field(repr=False)
    members: tuple[str, ...] = field(repr=False)
    left: dict[str, str] = field(repr=False)

    def ways(self, target: Target) -> tuple[Condition, ...]:
        """What selects these rows."""
        return (Condition(target.table.primary_key, self.rows),) if self.rows else ()


def members_found(
    connector: Connector, target: Target, located: Located, own: Own, is_meant: Callable[[str], bool] = bool
) -> MembersFound:
    """The data subject's members that are meant, in her rows and in rows of several people.

    Args:
        connector: to the system.
        target: the column.
        located: where the rows are.
        own: which members are hers.
        is_meant: whether one, in normal form, is meant; all unless given.
    """
    meant = replace(own, keys=frozenset(filter(is_meant, own.keys)))
    members: set[str] = set()
    rows: set[Key] = set()
    left: dict[str, str] = {}

    def become(value: str) -> Fate | str:
        members.add(value)
        return REMOVED if target.value is None else str(target.value)

    for *key, value in _values(connector, target, located.ways_to(target.path)):
        if meant.holds_hers(value):
            rows.add(tuple(key))
            left[str(value)] = meant.without(value, become)
    return MembersFound(frozenset(rows), tuple(sorted(members)), left)


def own_of(case_id: str, target: Target, contracts: Contracts) -> Own:
    """Which members inside the column are hers."""
    found = containers_of(target.table, contracts, load_search(case_id).identity())
    return next(own for column, own in found if column.name == target.column.name)


def rows_with(connector: Connector, target: Target, own: Own, value: object) -> frozenset[Key]:
    """Primary keys of all rows that a search finds by a value inside the column."""
    form = normal_form(own.rule, value, own.region)
    spelling = replace(spelling_of(target.table, target.column, own), keys=frozenset({form} - {""}))
    return frozenset(key for way in connector.resolve(target.table.name, spelling) for key in way.keys)


def _values(connector: Connector, target: Target, ways: tuple[Condition, ...]) -> Iterator[Key]:
    names = (*target.table.primary_key, target.column.name)
    selection = Selection(target.table.name, ways, when=target.column.when)
    yield from connector.find_keys(selection, [names])[names]
