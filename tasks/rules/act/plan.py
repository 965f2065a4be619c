"""From contracts and located rows to what an erasure does, table by table (Art. 17).

Pure. :func:`segments` cuts each table into parts that are treated alike (rows whose hold is over, rows still held,
rows shared with others); a caller counts them; :func:`erasure_plan` puts counts and parts together for the people at
the gate.
The same segments give the orders (:func:`orders`) and the proof (:func:`erased_look`), so that what is approved, what
is done and what is proven cannot drift apart.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from data_contracts.case.plan import Action, Ground, Located, Plan, PlanLine, TablePath
from data_contracts.company.contract import Column, Contracts, Table
from data_contracts.company.row_cases import Part, part_at, parts_of, rules_at
from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Key, Look, Order, Selection
from data_contracts.vocabulary import ColumnErasure, RetentionAction, Sensitivity, TableErasure
from tasks.rules.act.exemptions import Calendar, bound, carrier_of, ground_of, period_of
from tasks.rules.search.inside import is_erased_inside
from tasks.rules.search.partners import is_ours
from tasks.rules.values.replacing import masked_value

_VERBS: Mapping[ColumnErasure, Action] = {
    ColumnErasure.CLEAR: "clear",
    ColumnErasure.MASK: "mask",
    ColumnErasure.TOKEN: "pseudonymise",
    ColumnErasure.HMAC: "pseudonymise",
}


KEY = "key"
"""The note of a part: columns that refer to a replaced key and get its pseudonym, whosever the rows are."""
_LEAVING: frozenset[Action] = frozenset({"keep", "refer", "shred"})
"""Verbs of rows that stay as they are; what is shredded is only made unreadable, by deleting its key."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows of one table that are treated alike.

    Attributes:
        columns: the columns erased or kept; empty for whole rows.
        verb: what is done; ``keep`` says nothing is, ``refer`` that another controller decides.
    """

    path: TablePath
    verb: Action
    selection: Selection = field(repr=False)
    columns: tuple[str, ...] = ()
    ground: Ground | None = None
    note: str = ""
    part: str = ""
    """Name of the part of the table, where its columns have cases; see :func:`rules_of`."""


def rules_of(segment: Segment, contracts: Contracts) -> Table:
    """The table as its rules are in the rows of a segment."""
    return rules_at(contracts, segment.path[0], segment.part or segment.path[1])


def segments(
    contracts: Contracts,
    located: Located,
    calendar: Calendar,
    *,
    over: Mapping[TablePath, frozenset[Key]] = MappingProxyType({}),
    inside: Mapping[tuple[str, ...], frozenset[Key]] = MappingProxyType({}),
) -> tuple[Segment, ...]:
    """All parts of all located tables, in the order of systems and tables.

    Args:
        contracts: the checked set.
        located: where the subject's rows are.
        calendar: the day the parts are made for.
        over: by table whose rows are held as long as those they refer to: the keys of those that are over.
        inside: by system, table and column, of rows of several people: the primary keys of those with a key of the
            data subject inside the column's value.
    """
    parts: list[Segment] = []
    for table in contracts.tables():
        path = (table.system, table.name)
        if path not in located.conditions:
            continue
        if not is_ours(table, contracts.vocabulary):
            # Charter P2: another controller's rows are counted, told and left as they are.
            parts.append(Segment(path, "refer", Selection(table.name, located.ways_to(path))))
            continue
        for part in parts_of(table):
            own = _of_part(part, located.conditions[path], contracts, calendar, over.get(path))
            name = part.name if part.when else ""
            parts += [replace(one, selection=part.rows(one.selection), part=name) for one in own]
        if path in located.shared and table.erase is not TableErasure.NONE:
            # Law 8: a row that belongs to other people too stays as it is.
            shared = Selection(table.name, located.shared[path])
            parts.append(Segment(path, "keep", shared, note="shared"))
            parts += _members_out(table, inside)
    return tuple(parts)


def _of_part(
    part: Part,
    conditions: tuple[Condition, ...],
    contracts: Contracts,
    calendar: Calendar,
    over: frozenset[Key] | None,
) -> list[Segment]:
    table = part.table
    carrier = None if over is None else carrier_of(table, contracts)
    if carrier and over is not None and all(way.columns == carrier.columns for way in conditions):
        return _with_carrier(table, conditions, contracts, gone=over)
    return _own_rows(table, conditions, contracts, calendar)


def _members_out(table: Table, inside: Mapping[tuple[str, ...], frozenset[Key]]) -> list[Segment]:
    """Her members leave the values of rows that stay because of others; what is a key of hers inside is hers alone."""
    path = (table.system, table.name)
    return [
        Segment(path, _VERBS[column.erase or ColumnErasure.CLEAR], _by_key(table, keys), (column.name,))
        for column in table.columns
        if is_erased_inside(table, column) and (keys := inside.get((*path, column.name), frozenset()))
    ]


def _by_key(table: Table, keys: frozenset[Key]) -> Selection:
    return Selection(table.name, (Condition(table.primary_key, keys),))


def erasure_plan(
    case_id: str, contracts: Contracts, parts: Sequence[Segment], *, rows: Sequence[int], by_hand: Mapping[str, str]
) -> Plan:
    """The plan people are shown.

    Args:
        case_id: the case.
        contracts: the checked set the parts were made from.
        parts: from :func:`segments`.
        rows: how many rows each part has, in the same order.
        by_hand: references of systems handled outside the software, by system.
    """
    lines = tuple(
        PlanLine(
            system=part.path[0],
            table=part.path[1],
            action=part.verb,
            rows=count,
            columns=part.columns,
            ground=part.ground,
            note=part.note,
            when=part_at(contracts, part.path[0], part.part).said if part.part else "",
        )
        for part, count in zip(parts, rows, strict=True)
    )
    touched = {(line.system, line.table) for line in lines if line.rows}
    return Plan(
        case_id=case_id,
        right="erasure",
        contracts=contracts.name,
        lines=lines,
        sensitivity=sensitivity_of(contracts, touched),
        by_hand=tuple(sorted(by_hand.items())),
    )


def sensitivity_of(contracts: Contracts, paths: Iterable[TablePath]) -> Sensitivity:
    """The highest sensitivity among the columns of some tables; ``public`` when there are none."""
    ranks = list(Sensitivity)
    found = [ranks.index(c.sensitivity) for path in paths for c in contracts.table(*path).rules if c.is_personal]
    return ranks[max(found, default=0)]


def orders(
    parts: Iterable[Segment],
    table: Table,
    replacements: Mapping[str, Mapping[Any, Any]],
    moved: Collection[str] = (),
) -> tuple[Order, ...]:
    """What the connector is told to do with one table.

    Args:
        parts: the parts of the plan; those of other tables are passed over.
        table: the table.
        replacements: for each pseudonymised column, old value to pseudonym; for each column with identities inside,
            old value to what is left of it.
        moved: columns that are replaced together with what refers to them, by orders of their own.
    """
    own = [p for p in parts if p.note != KEY and p.path == (table.system, table.name) and p.verb not in _LEAVING]
    columns = [
        ChangeColumns(part.selection, **_values(part, table, replacements))
        for part in (replace(p, columns=tuple(c for c in p.columns if c not in moved)) for p in own)
        if part.verb != "delete" and part.columns
    ]
    return (*_joined(columns), *(DeleteRows(part.selection) for part in own if part.verb == "delete"))


def erased_look(part: Segment, table: Table, replacements: Mapping[str, Mapping[Any, Any]]) -> Look:
    """What the columns of ``part`` look like afterwards, for the proof (law 7)."""
    values = _values(part, table, replacements)
    return Look(
        cleared=values["clear"],
        holding=values["set_to"],
        replaced={column: frozenset(old) for column, old in values["replace"].items()},
    )


def pseudonymised(table: Table) -> tuple[str, ...]:
    """Columns of ``table`` whose old values must be known before acting."""
    if table.erase is not TableErasure.COLUMNS:
        return ()
    replaced = {ColumnErasure.TOKEN, ColumnErasure.HMAC}
    names = (c.name for c in table.rules if c.erase in replaced and c.inside is None)
    return tuple(dict.fromkeys(names))


def _own_rows(
    table: Table, conditions: tuple[Condition, ...], contracts: Contracts, calendar: Calendar
) -> list[Segment]:
    if table.erase is TableErasure.DELETE:
        return [Segment((table.system, table.name), "delete", Selection(table.name, conditions))]
    if table.erase is TableErasure.SHRED:
        return [Segment((table.system, table.name), "shred", Selection(table.name, conditions))]
    if table.erase is TableErasure.KEEP:
        return _held(table, conditions, table.hold, (), contracts=contracts, calendar=calendar)
    if table.erase is TableErasure.NONE:
        return []
    return _by_column(table, conditions, contracts, calendar)


def _held(  # noqa: PLR0913  # a hold's place, ground and time are six facts
    table: Table,
    conditions: tuple[Condition, ...],
    hold: str,
    columns: tuple[str, ...],
    *,
    contracts: Contracts,
    calendar: Calendar,
) -> list[Segment]:
    """Rows (or columns of rows) that ``hold`` keeps, and those for which it is over."""
    path = (table.system, table.name)
    period = period_of(table, hold)
    ground = ground_of(hold, contracts.vocabulary, until="per_row" if period else "")
    if period is None:
        return [Segment(path, "keep", Selection(table.name, conditions), columns, ground)]
    held = Selection(table.name, conditions, (bound(period, calendar, over=False),))
    over = Selection(table.name, conditions, (bound(period, calendar, over=True),))
    kept = Segment(path, "keep", held, columns, ground)
    if columns:
        return [*_verbs(table, over, columns), kept]
    if period.then is RetentionAction.DELETE:
        return [Segment(path, "delete", over, note="hold_over"), kept]
    return [*_verbs(table, over, tuple(c.name for c in table.columns if c.erase in _VERBS)), kept]


def _with_carrier(
    table: Table, conditions: tuple[Condition, ...], contracts: Contracts, *, gone: frozenset[Key]
) -> list[Segment]:
    """Rows that go with the rows they refer to, and rows held as long as those."""
    path = (table.system, table.name)
    leaving = tuple(replace(way, keys=way.keys & gone) for way in conditions)
    staying = tuple(replace(way, keys=way.keys - gone) for way in conditions)
    ground = ground_of(table.hold, contracts.vocabulary, until="per_row")
    return [
        Segment(path, "delete", Selection(table.name, _not_empty(leaving)), note="hold_over"),
        Segment(path, "keep", Selection(table.name, _not_empty(staying)), (), ground),
    ]


def _not_empty(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(way for way in conditions if way.keys)


def _by_column(
    table: Table, conditions: tuple[Condition, ...], contracts: Contracts, calendar: Calendar
) -> list[Segment]:
    every = Selection(table.name, conditions)
    free = tuple(c.name for c in table.columns if c.erase in _VERBS and not _hold_of(c))
    parts = _verbs(table, every, free)
    for hold in sorted({_hold_of(c) for c in table.columns if c.erase in _VERBS and _hold_of(c)}):
        columns = tuple(c.name for c in table.columns if c.erase in _VERBS and _hold_of(c) == hold)
        parts += _held(table, conditions, hold, columns, contracts=contracts, calendar=calendar)
    for hold in sorted({c.hold for c in table.columns if c.erase is ColumnErasure.KEEP}):
        columns = tuple(c.name for c in table.columns if c.erase is ColumnErasure.KEEP and c.hold == hold)
        ground = ground_of(hold, contracts.vocabulary, until="")
        parts.append(Segment((table.system, table.name), "keep", every, columns, ground))
    return parts


def _hold_of(column: Column) -> str:
    # A keyed hash is itself what the hold asks for (Art. 4(5)): it is made at once, not after the hold.
    return "" if column.erase is ColumnErasure.HMAC else column.hold


def _verbs(table: Table, selection: Selection, columns: tuple[str, ...]) -> list[Segment]:
    """One part for each way to erase among ``columns``, so that the plan can say it."""
    by_verb: dict[Action, list[str]] = {}
    for name in columns:
        strategy = table.column(name).erase
        by_verb.setdefault(_VERBS[strategy or ColumnErasure.CLEAR], []).append(name)
    return [Segment((table.system, table.name), verb, selection, tuple(names)) for verb, names in by_verb.items()]


def _values(part: Segment, table: Table, replacements: Mapping[str, Mapping[Any, Any]]) -> dict[str, Any]:
    # What an identity lies inside is other people's as well, and never cleared or masked as a whole.
    inside = {c for c in part.columns if table.column(c).inside is not None}
    whole = tuple(c for c in part.columns if c not in inside)
    replaced = [c for c in part.columns if c in inside or part.verb == "pseudonymise"]
    return {
        "clear": whole if part.verb == "clear" else (),
        "set_to": {c: masked_value(table.column(c)) for c in whole} if part.verb == "mask" else {},
        "replace": {c: replacements.get(c, {}) for c in replaced},
    }


def _joined(columns: Sequence[ChangeColumns]) -> list[ChangeColumns]:
    """One statement for the parts that select the same rows: fewer passes, and no half-blanked row in between."""
    joined: list[ChangeColumns] = []
    for order in columns:
        if joined and joined[-1].selection == order.selection:
            last = joined.pop()
            joined.append(
                ChangeColumns(
                    last.selection,
                    clear=last.clear + order.clear,
                    set_to={**last.set_to, **order.set_to},
                    replace={**last.replace, **order.replace},
                )
            )
        else:
            joined.append(order)
    return joined
