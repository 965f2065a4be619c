"""What a witness may find, and what its findings mean (law 7).

Pure. A witness searches the keys of the data subject as raw text (:mod:`data_contracts.connectors.witnessing`). Here
stands in which columns of which rows the contract and the plan explain them, and what is left over.
"""

from collections.abc import Iterable, Mapping, Sequence

from data_contracts.case.plan import COPIES, KEY_SEEN, Located, Remaining, Unreached
from data_contracts.company.contract import SystemContract, Table
from data_contracts.connectors.keys import Condition
from data_contracts.connectors.witnessing import Looked, NotLooked, Sighting
from tasks.rules.act.plan import KEY, Segment

Explained = dict[tuple[str, str], tuple[Condition, ...]]

APPROVED = "approved"
"""The hold of a line that stays because people saw it before they approved."""
_STAYING = frozenset({"keep", "refer", "shred"})
_UNREADABLE_BY_NATURE = frozenset({NotLooked.OTHER_DATABASE})
"""Not a place of the system itself: named by ``contracts check`` and the audit, and no gap of the proof."""


def explained_before(contract: SystemContract, located: Located) -> Explained:
    """Where keys are expected before anything is done: in each declared column of each row that a contract led to."""
    return {
        (table.name, column.name): ways
        for table in contract.tables
        if (ways := located.ways_to((contract.name, table.name)))
        for column in table.columns
    }


def explained_after(contract: SystemContract, located: Located, parts: Iterable[Segment]) -> Explained:
    """Where keys are expected after an erasure: in what the plan keeps.

    Args:
        contract: of the system.
        located: the rows of the data subject, with the keys of rows that stay.
        parts: the parts of the plan in the system.
    """
    by_table: dict[str, list[Segment]] = {}
    for part in parts:
        by_table.setdefault(part.path[1], []).append(part)
    made: Explained = {}
    for table in contract.tables:
        ways = located.ways_to((contract.name, table.name))
        own = by_table.get(table.name, [])
        if not ways or not any(part.verb != "delete" and part.note != KEY for part in own):
            continue
        kept = {name for part in own if part.verb in _STAYING for name in part.columns or _names(table)}
        changed = {name for part in own if part.verb not in _STAYING for name in part.columns}
        made |= {(table.name, name): ways for name in _names(table) if name in kept or name not in changed}
    return made


def _names(table: Table) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns)


def unreached(system: str, seen: Iterable[Looked]) -> tuple[Unreached, ...]:
    """Places that hold a key and that no contract leads to, sorted."""
    return tuple(
        sorted(
            Unreached(system, place_name(sighting), sighting.rows - sighting.explained, sighting.kinds)
            for one in seen
            for sighting in one.sightings
            if sighting.rows > sighting.explained
        )
    )


def place_name(sighting: Sighting) -> str:
    """The place as a person reads it: ``schema.table.column``, or a file's path."""
    place = sighting.place
    return f"{place.name}.{place.column}" if place.column else place.name


def not_looked(system: str, seen: Iterable[Looked]) -> tuple[tuple[str, str], ...]:
    """Places of the system that were not looked at, with the code of why, sorted."""
    return tuple(
        sorted(
            (f"{system}: {one.place.name}", one.not_looked.value)
            for one in seen
            if one.not_looked is not None and one.not_looked not in _UNREADABLE_BY_NATURE
        )
    )


def witness_lines(system: str, found: Iterable[Unreached], approved: Sequence[Unreached]) -> list[Remaining]:
    """Lines of the proof: what is there beyond what the plan explains, against what people saw before.

    Copies that a database keeps cannot be counted afterwards: they stay as people saw them. A system in which nothing
    was seen has one line of nothing, so that it is seen that somebody looked.

    Args:
        system: where.
        found: what is there now.
        approved: what people saw at the gate, in this system.
    """
    known: Mapping[tuple[str, str], int] = {(one.place, one.check): one.rows for one in approved}
    kept = [one for one in approved if one.check == COPIES]
    lines = [
        Remaining(system, one.place, one.check, one.rows, min(one.rows, known.get((one.place, one.check), 0)), APPROVED)
        for one in (*found, *kept)
    ]
    return lines or [Remaining(system, "", KEY_SEEN, 0, 0)]


def places_seen(seen: Iterable[Looked]) -> frozenset[tuple[str, str]]:
    """Tables of the contract and their columns in which a key was seen."""
    return frozenset((sighting.place.table, sighting.place.column) for one in seen for sighting in one.sightings)
