"""What a restriction of processing covers, marks and spares (Art. 18).

Pure. What is contested is named as data categories or columns; the purposes that use them are restricted, and the
tables that hold them are marked. Nothing named is everything, and so is what nobody can read: the wider restriction is
the safer one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from data_contracts.case.permissions import Restriction
from data_contracts.case.plan import Ground, Located
from data_contracts.case.request import Statement
from data_contracts.company.contract import Contracts, Table
from data_contracts.company.row_cases import Part, parts_of
from data_contracts.connectors.keys import Selection
from data_contracts.vocabulary import RestrictionGround, TableErasure
from tasks.rules.act.changes import Change
from tasks.rules.act.plan import Segment, rules_of
from tasks.rules.search.partners import is_ours

MARKER: Final = "art18"
HOLD: Final = "restricted"
"""What a plan calls the ground of restricted rows; no hold of a vocabulary."""
BY_LIST: Final = "served_by_list"
SHARED: Final = "shared"
OTHERS: Final = "other_controller"
OWN_REQUEST: Final = "restricted_own_request"
_LAW: Final = "Art. 18(2)"
_TO_BE_KEPT = frozenset({RestrictionGround.UNLAWFUL, RestrictionGround.CLAIMS})
"""Grounds on which the data subject wants the data kept: against erasure, or for legal claims."""


def ground_of_restriction(statement: Statement) -> RestrictionGround:
    """The ground that was stated; without one, that the data subject contests something."""
    return statement.restriction_ground or RestrictionGround.ACCURACY


def restricted_purposes(statement: Statement, contracts: Contracts) -> tuple[str, ...]:
    """Keys of the purposes that are restricted, sorted; empty for all.

    Args:
        statement: what is contested, or which purposes.
        contracts: the checked set.
    """
    if not statement.fields:
        return tuple(sorted(statement.purposes))
    found = {purpose for table in contracts.tables() for purpose in _purposes_of(table, statement.fields)}
    is_read = all(any(_is_column(table, name) for table in contracts.tables()) for name in statement.fields)
    return tuple(sorted(found | set(statement.purposes))) if is_read else ()


def restriction_changes(
    contracts: Contracts, located: Located, system: str, statement: Statement
) -> tuple[Change, ...]:
    """What is marked in one system, what the list serves, and what is not ours or not the subject's alone.

    Args:
        contracts: the checked set.
        located: where the subject's rows are.
        system: name of the system.
        statement: what is contested.
    """
    wanted = restricted_purposes(statement, contracts)
    changes: list[Change] = []
    for part in (part for table in contracts.systems[system].tables for part in parts_of(table)):
        table, path = part.table, (system, part.table.name)
        if not _covers(wanted, table):
            continue
        if not is_ours(table, contracts.vocabulary):
            changes += referred(part, located)
            continue
        if located.conditions.get(path):
            marked = _marked(table, part.rows(Selection(table.name, located.conditions[path])))
            changes.append(replace(marked, when=part.said))
        if located.shared.get(path) and table.erase is not TableErasure.NONE:
            # Law 8: marking a row that belongs to other people too would restrict theirs.
            rows = part.rows(Selection(table.name, located.shared[path]))
            changes.append(Change(path, "keep", rows, note=SHARED, when=part.said))
    return tuple(changes)


def markers_of(table: Table, marker: str = MARKER) -> tuple[str, ...]:
    """Columns of ``table`` that other programs read before they use a row."""
    return tuple(column.name for column in table.columns if column.marker == marker)


def spare(parts: Sequence[Segment], contracts: Contracts, restrictions: Iterable[Restriction]) -> tuple[Segment, ...]:
    """The parts of an erasure, of which restricted rows stay (Art. 18(2): storing only).

    Where the data subject asked that the data be kept (Art. 18(1)(b), (c)) they stay. On the other grounds the data
    subject's own request to erase may be the consent of Art. 18(2): the plan says so, and the people who approve judge.

    Args:
        parts: of one data subject.
        contracts: the checked set.
        restrictions: of that data subject, in force.
    """
    standing = list(restrictions)
    return tuple(_spared(part, rules_of(part, contracts), standing) for part in parts)


def _spared(part: Segment, table: Table, standing: Iterable[Restriction]) -> Segment:
    grounds = {one.ground for one in standing if _covers(one.purposes, table)}
    if part.verb in {"keep", "refer"} or not grounds:
        return part
    if grounds & _TO_BE_KEPT:
        return replace(part, verb="keep", ground=Ground(HOLD, art17_3="", law=_LAW), note="")
    return replace(part, note=OWN_REQUEST)


def referred(part: Part, located: Located) -> list[Change]:
    """All that was found in a part of another controller's table (charter P2); empty where nothing leads there."""
    path = (part.table.system, part.table.name)
    ways = located.ways_to(path)
    rows = part.rows(Selection(part.table.name, ways))
    return [Change(path, "refer", rows, note=OTHERS, when=part.said)] if ways else []


def _marked(table: Table, selection: Selection) -> Change:
    markers = markers_of(table)
    return Change(
        (table.system, table.name),
        "restrict",
        selection,
        set_to=dict.fromkeys(markers, True),
        note="" if markers else BY_LIST,
    )


def _covers(purposes: Sequence[str], table: Table) -> bool:
    return not purposes or bool(set(purposes) & _all_purposes(table))


def _all_purposes(table: Table) -> set[str]:
    return {*table.purposes, *(purpose for column in table.rules for purpose in column.purposes)}


def _purposes_of(table: Table, fields: Sequence[str]) -> set[str]:
    """Purposes for which the named columns are used; a column without purposes of its own has its table's."""
    columns = [c for c in table.rules if any(_names(name, table, c.name, c.category) for name in fields)]
    return {purpose for column in columns for purpose in column.purposes or table.purposes}


def _is_column(table: Table, name: str) -> bool:
    return any(_names(name, table, column.name, column.category) for column in table.rules)


def _names(name: str, table: Table, column: str, category: str) -> bool:
    is_place = name == f"{table.system}.{table.name}.{column}"
    return is_place or category == name or category.startswith(f"{name}.")
