"""What changes of values do to the located rows, and the plan that people are shown (Art. 16, 18, 21).

Pure. The same changes give the plan, the orders and the proof, so that what is approved, what is done and what is
proven cannot drift apart. Values travel in :class:`Change` alone and are never in a plan: there a keyed digest stands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from data_contracts.case.plan import Action, Plan, PlanLine, TablePath
from data_contracts.company.contract import Contracts
from data_contracts.connectors.keys import ChangeColumns, Condition, Key, KeyValue, Look, Selection
from data_contracts.vocabulary import Right
from tasks.rules.act.plan import sensitivity_of


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to some rows of one table.

    Attributes:
        verb: ``rectify``, ``restrict`` or ``stop``; with any other action the line is told and nothing is changed.
        selection: the rows, by the keys that the search found.
        set_to: column to its new value; None clears it.
        columns: what the plan names; the changed columns unless given.
        note: a code of why, without personal data; a keyed digest of the new value belongs here (law 5).
        replace: column with identities inside to what each old value becomes; other values stay.
        when: of which rows it tells alone, in the words of the contract; see
            :class:`data_contracts.case.plan.PlanLine`.
    """

    path: TablePath
    verb: Action
    selection: Selection = field(repr=False)
    set_to: Mapping[str, KeyValue] = field(default_factory=dict, repr=False)
    columns: tuple[str, ...] = ()
    note: str = ""
    replace: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    when: str = ""

    @property
    def changes(self) -> bool:
        """Whether anything is changed, and not only told."""
        return bool(self.changed)

    @property
    def changed(self) -> tuple[str, ...]:
        """The columns that are changed."""
        return (*self.set_to, *self.replace)

    @property
    def values(self) -> Mapping[str, Iterable[KeyValue]]:
        """What each changed column is given."""
        return {name: (value,) for name, value in self.set_to.items()} | {
            name: tuple(new.values()) for name, new in self.replace.items()
        }

    @property
    def look(self) -> Look:
        """What the changed columns look like afterwards (law 7)."""
        return Look(
            cleared=tuple(name for name, value in self.set_to.items() if value is None),
            holding={name: value for name, value in self.set_to.items() if value is not None},
            replaced={name: frozenset(old) for name, old in self.replace.items()},
        )

    @property
    def order(self) -> ChangeColumns:
        """What the connector is told to do."""
        look = self.look
        return ChangeColumns(self.selection, clear=look.cleared, set_to=look.holding, replace=self.replace)


def with_row_keys(change: Change, contracts: Contracts, keys: frozenset[Key]) -> Change:
    """The change, its rows also selected by their primary keys, which stay when an identity key is changed.

    Args:
        change: the change as it was made from the search.
        contracts: the checked set.
        keys: primary keys of its rows, sealed before acting; empty where there were none, or the table has no key.
    """
    table = contracts.table(*change.path)
    if not keys:
        return change
    ways: tuple[Condition, ...] = (Condition(table.primary_key, keys),)
    if not {name for way in change.selection.conditions for name in way.columns} & set(change.changed):
        ways = (*change.selection.conditions, *ways)
    return replace(change, selection=replace(change.selection, conditions=ways))


def change_plan(
    case_id: str,
    right: Right,
    contracts: Contracts,
    counted: Sequence[tuple[Change, int]],
    *,
    by_hand: Mapping[str, str],
) -> Plan:
    """The plan people are shown.

    Args:
        case_id: the case.
        right: which right is carried out.
        contracts: the checked set that the changes were made from.
        counted: each change with the number of its rows, in the order of systems and tables.
        by_hand: references of systems handled outside the software, by system.
    """
    lines = tuple(
        PlanLine(
            *change.path,
            change.verb,
            rows,
            columns=change.columns or change.changed,
            note=change.note,
            when=change.when,
        )
        for change, rows in counted
    )
    return Plan(
        case_id=case_id,
        right=right.value,
        contracts=contracts.name,
        lines=lines,
        sensitivity=sensitivity_of(contracts, {(line.system, line.table) for line in lines if line.rows}),
        by_hand=tuple(sorted(by_hand.items())),
    )


def changed_paths(changes: Iterable[Change]) -> list[TablePath]:
    """Tables in which something is changed, each once."""
    return list(dict.fromkeys(change.path for change in changes if change.changes))
