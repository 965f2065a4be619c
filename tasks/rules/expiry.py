"""What happens to whoever's rows at the end of their retention period (Art. 5(1)(e); charter 4.1, 4.2).

Pure. One :class:`Expiry` for each table and rule says which rows are over and what is done with them; the same one
gives the count, the order and the look afterwards, so that what is shown, done and proven cannot drift apart.

1. A row that is *deleted* is over in every period of its table that a hold names: the longest one counts.
2. At the end of a period with ``then: columns`` the values go that no other hold still keeps; keyed hashes and kept
   values stay, since a period that deletes the rows ends those.
3. Rows without a date of their own go with the rows they refer to (:func:`tasks.rules.exemptions.carrier_of`), and stay
   with them where those stay: an invoice is not left without its lines.
4. A row that another row refers to stays until that one has gone.
5. Rows that are restricted (Art. 18(2)), held for a lawsuit (Art. 17(3)(e)) or part of an open case are *spared*; so is
   every row whose table marks it as restricted.
6. Another controller's rows are not ours to erase (charter P2).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from data_contracts.cases import parts_of
from data_contracts.contract import Column, Contracts, Reference, Retention, SystemContract, Table
from data_contracts.keys import ChangeColumns, Condition, DeleteRows, Key, Look, Order, Referrer, Selection
from data_contracts.ports import LiveReference
from data_contracts.vocabulary import ColumnErasure, Follow, RetentionAction
from tasks.rules.exemptions import Calendar, bound, carrier_of, period_of
from tasks.rules.partners import is_ours
from tasks.rules.replacing import masked_value

_MARKER: Final = "art18"
_NEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""After every date that a row may bear."""
CARRIED: Final = "carrier:"
"""What the name of a rule begins with whose rows go with others; the rule of those follows."""
_ERASED: Final = frozenset({ColumnErasure.CLEAR, ColumnErasure.MASK, ColumnErasure.TOKEN})

Spared = Mapping[str, tuple[Condition, ...]]
"""Rows that stay whatever their period, by table: any of the conditions selects them."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """Rows of one table that are over by one rule, and what happens to them.

    Attributes:
        rule: id of the retention item; of rows that go with others, ``carrier:`` and the item of those.
        selection: the rows that are over and not spared.
        columns: columns that are erased; empty for whole rows.
        carrier: the reference to the rows that the rule is about, where the table has no date of its own.
        with_carriers: rows that refer to rows that are over, those included that stay with them.
        periods: what must be over, the rule's own period first; of rows that go with others, the period of those.
        when: of which rows it is alone, in the words of the contract; empty: of the table's.
    """

    table: Table
    rule: str
    selection: Selection = field(repr=False)
    columns: tuple[str, ...] = ()
    carrier: Reference | None = None
    with_carriers: tuple[Condition, ...] = field(default=(), repr=False)
    periods: tuple[Retention, ...] = ()
    when: str = ""

    @property
    def deletes(self) -> bool:
        """Whether whole rows go."""
        return not self.columns

    @property
    def tokens(self) -> tuple[str, ...]:
        """Columns whose values become pseudonyms that nobody can link."""
        return tuple(name for name in self.columns if self.table.column(name).erase is ColumnErasure.TOKEN)

    @property
    def look(self) -> Look:
        """What cleared and masked columns look like afterwards (law 7)."""
        return Look(
            cleared=self._of(ColumnErasure.CLEAR),
            holding={name: masked_value(self.table.column(name)) for name in self._of(ColumnErasure.MASK)},
        )

    @property
    def going(self) -> Selection:
        """The rows that are over and not spared, referred to or not."""
        return replace(self.selection, conditions=self.with_carriers, referrers=())

    @property
    def every(self) -> Selection:
        """All rows that are over, spared or not."""
        return replace(self.selection, conditions=self.with_carriers, spared=(), referrers=())

    @property
    def dated(self) -> Selection | None:
        """All rows of the table that have the rule's date; None where the table has no date of its own."""
        if not self.selection.cutoffs:
            return None
        ever = replace(self.selection.cutoffs[0], before=_NEVER, over=True)
        return Selection(self.table.name, (), (ever,), dangerously_every_row=True)

    def order(self, tokens: Mapping[str, Mapping[str, str]] = MappingProxyType({})) -> Order:
        """What the connector is told to do, with old value to pseudonym by column."""
        if self.deletes:
            return DeleteRows(self.selection)
        look = self.look
        return ChangeColumns(self.selection, clear=look.cleared, set_to=look.holding, replace=tokens)

    def unheld(self, carried: Collection[str]) -> Selection:
        """The rows that are over and not spared, and that nothing refers to but rows of ``carried`` tables."""
        referrers = tuple(one for one in self.selection.referrers if one.table not in carried)
        return replace(self.selection, referrers=referrers)

    def carried_by(self, keys: frozenset[Key], held: frozenset[Key] = frozenset()) -> "Expiry":
        """The rows that refer to rows with these keys, which are over; but those stay that refer to ``held`` ones."""
        if self.carrier is None:
            return self
        over = (Condition(self.carrier.columns, keys),) if keys else ()
        free = (Condition(self.carrier.columns, keys - held),) if keys - held else ()
        return replace(self, selection=replace(self.selection, conditions=free), with_carriers=over)

    def _of(self, strategy: ColumnErasure) -> tuple[str, ...]:
        return tuple(name for name in self.columns if self.table.column(name).erase is strategy)


def expiries(
    contracts: Contracts,
    system: str,
    calendar: Calendar,
    *,
    spared: Spared = MappingProxyType({}),
    live: Iterable[LiveReference] = (),
) -> tuple[Expiry, ...]:
    """Every rule of one system, in the order of its tables.

    Args:
        contracts: the checked set.
        system: name of the system.
        calendar: the day on which rows are over.
        spared: rows that stay.
        live: foreign keys of the live schema, which may be more than the contract declares.
    """
    contract = contracts.systems[system]
    found: list[Expiry] = []
    references = list(live)
    for table in contract.tables:
        if is_ours(table, contracts.vocabulary):
            kept = (*spared.get(table.name, ()), *_marked(table))
            referrers = tuple(_referrers(contract, table, references))
            found += _of_table(table, contracts, calendar, spared=kept, referrers=referrers)
    return tuple(found)


def _of_table(
    table: Table,
    contracts: Contracts,
    calendar: Calendar,
    *,
    spared: Sequence[Condition],
    referrers: tuple[Referrer, ...],
) -> Iterator[Expiry]:
    for item in table.retentions:
        deletes = item.then is RetentionAction.DELETE
        periods = _periods_to_end(table, item) if deletes else (item,)
        cutoffs = tuple(dict.fromkeys(bound(period, calendar, over=True) for period in periods))
        selection = Selection(table.name, (), cutoffs, tuple(spared), dangerously_every_row=True)
        if deletes:
            yield Expiry(table, item.id, replace(selection, referrers=referrers), periods=periods)
            continue
        for part in parts_of(table):
            if columns := _columns_to_erase(part.table, item):
                yield Expiry(part.table, item.id, part.rows(selection), columns, periods=periods, when=part.said)
    carrier = carrier_of(table, contracts)
    period = carrier and period_of(contracts.table(carrier.to_system, carrier.to_table), table.hold)
    if carrier and period and not any(item.then is RetentionAction.DELETE for item in table.retentions):
        selection = Selection(table.name, (), (), tuple(spared), referrers)
        yield Expiry(table, f"{CARRIED}{period.id}", selection, carrier=carrier, periods=(period,))


def _periods_to_end(table: Table, item: Retention) -> tuple[Retention, ...]:
    """The periods that must all be over before rows go: their own, and those of holds."""
    return (item, *(other for other in table.retentions if other.hold and other is not item))


def _columns_to_erase(table: Table, item: Retention) -> tuple[str, ...]:
    return tuple(c.name for c in table.columns if c.erase in _ERASED and _is_free(c, item))


def _is_free(column: Column, item: Retention) -> bool:
    return column.hold in {"", item.hold}


def _marked(table: Table) -> list[Condition]:
    """Rows whose table says that they are restricted; a system may keep yes as a truth value or as a number."""
    yes: frozenset[Key] = frozenset({(True,), ("1",)})
    return [Condition((column.name,), yes) for column in table.columns if column.marker == _MARKER]


def _referrers(contract: SystemContract, table: Table, live: Iterable[LiveReference]) -> Iterator[Referrer]:
    """Rows of the system that refer to rows of ``table``.

    Those that the database itself guards, and those that would no longer lead to their data subject. A mere mention
    (who referred a customer) keeps nobody's rows.
    """
    names = {other.physical_name or other.name: other.name for other in contract.tables}
    declared = [
        Referrer(other.name, reference.columns, reference.to_columns)
        for other in contract.tables
        for reference in other.references
        if (reference.to_system, reference.to_table) == (contract.name, table.name) and Follow.FROM in reference.follow
    ]
    known = [
        Referrer(names.get(found.table, found.table), found.columns, found.to_columns)
        for found in live
        if names.get(found.to_table, found.to_table) == table.name
        and names.get(found.table, found.table) in names.values()
    ]
    yield from dict.fromkeys((*declared, *known))
