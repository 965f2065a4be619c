"""What happens to whoever's rows at the end of their retention period (Art. 5(1)(e); charter 4.1, 4.2).

Pure. One :class:`Expiry` for each table and rule says which rows are over and what is done with them; the same one
gives the count, the order and the look afterwards, so that what is shown, done and proven cannot drift apart.

1. A row that is *deleted* is over in every period of its table that a hold names: the longest one counts.
2. At the end of a period with ``then: columns`` the values go that no other hold still keeps; keyed hashes and kept
   values stay, since a period that deletes the rows ends those.
3. Rows without a date of their own go with the rows they refer to (:mod:`tasks.rules.act.following`), and stay with
   them where those stay: an invoice is not left without its lines.
4. A row that another row refers to stays until that one has gone.
5. Rows that are restricted (Art. 18(2)), held for a lawsuit (Art. 17(3)(e)) or part of an open case are *spared*; so is
   every row whose table marks it as restricted.
6. Another controller's rows are not ours to erase (charter P2).
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from data_contracts.company.contract import Contracts, Reference, Retention, SystemContract, Table
from data_contracts.company.row_cases import parts_of
from data_contracts.connectors.connecting import LiveReference
from data_contracts.connectors.keys import (
    ChangeColumns,
    Condition,
    Cutoff,
    DeleteRows,
    Key,
    Look,
    Order,
    Referrer,
    Selection,
)
from data_contracts.vocabulary import ColumnErasure, Follow, RetentionAction
from tasks.rules.act.exemptions import Calendar, bound
from tasks.rules.act.following import End, columns_to_erase, followed, own_holds, periods_to_end
from tasks.rules.search.partners import is_ours
from tasks.rules.values.replacing import masked_value

_MARKER: Final = "art18"
_NEVER: Final = datetime(9000, 1, 1, tzinfo=UTC)
"""After every date that a row may bear."""
CARRIED: Final = "carrier:"
"""What the name of a rule begins with whose rows go with others; the rule of those follows."""

Spared = Mapping[str, tuple[Condition, ...]]
"""Rows that stay whatever their period, by table: any of the conditions selects them."""


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of a table on the way from a dated table down to one that goes with it.

    Attributes:
        reference: by which they refer to rows of the source before; None of the dated table.
        selection: the rows, without that condition.
    """

    reference: Reference | None
    selection: Selection = field(repr=False)


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
        sources: what is asked, one after the other, for the keys of rows that it goes with.
        joined: tables whose rows go with its rows.
        stays: rows that are over and cannot go, because of rows of those.
        besides: by which else the rows refer to what must be over before they go; and what is asked for its keys.
        awaiting: rows that refer to something of these that is not over.
    """

    table: Table
    rule: str
    selection: Selection = field(repr=False)
    columns: tuple[str, ...] = ()
    carrier: Reference | None = None
    with_carriers: tuple[Condition, ...] = field(default=(), repr=False)
    periods: tuple[Retention, ...] = ()
    when: str = ""
    sources: tuple[Source, ...] = field(default=(), repr=False)
    joined: frozenset[str] = frozenset()
    stays: tuple[Condition, ...] = field(default=(), repr=False)
    besides: tuple[tuple[Reference, tuple[Source, ...]], ...] = field(default=(), repr=False)
    awaiting: tuple[Condition, ...] = field(default=(), repr=False)

    @property
    def root(self) -> str:
        """Id of the retention item, whether the rows bear its date or go with rows that do."""
        return self.rule.removeprefix(CARRIED)

    @property
    def follows_rows(self) -> bool:
        """Whether what it goes with goes whole, so that both stay where one stays."""
        return self.periods[0].then is RetentionAction.DELETE

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
        return replace(self.selection, conditions=self.with_carriers, spared=self.awaiting, referrers=())

    @property
    def dated(self) -> Selection | None:
        """All rows of the table that have the rule's date; None where the table has no date of its own."""
        if not self.selection.cutoffs:
            return None
        ever = replace(self.selection.cutoffs[0], before=_NEVER, over=True)
        return Selection(self.table.name, (), (ever,), dangerously_every_row=True)

    @property
    def unread(self) -> tuple[tuple[str, Selection], ...]:
        """By date column of the rule's own period, rows of the table whose date cannot be read."""
        own = [one for one in self.periods if one in self.table.retentions]
        if self.carrier is not None or not own:
            return ()
        # Periods of holds have rules of their own, unless they free no value.
        silent = {one.column for one in own[1:] if one.then is RetentionAction.DELETE or not self._frees(one)}
        columns = dict.fromkeys((own[0].column, *sorted(silent)))
        table = self.table.name
        odd = ((column, Cutoff(column, _NEVER, over=True, unread=True)) for column in columns)
        return tuple((name, Selection(table, (), (one,), dangerously_every_row=True)) for name, one in odd)

    def _frees(self, item: Retention) -> bool:
        return any(columns_to_erase(part.table, item) for part in parts_of(self.table))

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
        when = self.carrier.when
        over = (Condition(self.carrier.columns, keys, when=when),) if keys else ()
        free = (Condition(self.carrier.columns, keys - held, when=when),) if keys - held else ()
        return replace(self, selection=replace(self.selection, conditions=free), with_carriers=over)

    def awaiting_others(self, rows: tuple[Condition, ...]) -> "Expiry":
        """The rule without rows that refer to something else that is not over."""
        if not rows:
            return self
        return replace(self, awaiting=rows, selection=replace(self.selection, spared=(*self.selection.spared, *rows)))

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
    kept = {table.name: (*spared.get(table.name, ()), *_marked(table)) for table in contract.tables}
    for table in contract.tables:
        if is_ours(table, contracts.vocabulary):
            referrers = tuple(_referrers(contract, table, references))
            found += _of_table(table, contracts, calendar, spared=kept, referrers=referrers)
    return tuple(found)


def _of_table(
    table: Table,
    contracts: Contracts,
    calendar: Calendar,
    *,
    spared: Mapping[str, tuple[Condition, ...]],
    referrers: tuple[Referrer, ...],
) -> Iterator[Expiry]:
    for item in table.retentions:
        deletes = item.then is RetentionAction.DELETE
        periods = periods_to_end(table, item)
        cutoffs = _bounds(periods, calendar)
        selection = Selection(table.name, (), cutoffs, spared.get(table.name, ()), dangerously_every_row=True)
        if deletes:
            yield Expiry(table, item.id, replace(selection, referrers=referrers), periods=periods)
            continue
        for part in parts_of(table):
            if columns := columns_to_erase(part.table, item):
                yield Expiry(part.table, item.id, part.rows(selection), columns, periods=periods, when=part.said)
    for end in followed(table, contracts):
        yield from _with_others(table, end, contracts, calendar, spared=spared, referrers=referrers)


def _with_others(  # noqa: PLR0913  # whose rows, by what, on which day, and what of them stays
    table: Table,
    end: End,
    contracts: Contracts,
    calendar: Calendar,
    *,
    spared: Mapping[str, tuple[Condition, ...]],
    referrers: tuple[Referrer, ...],
) -> Iterator[Expiry]:
    """What happens to rows, or values, that go with the rows they refer to."""
    own = own_holds(table) if end.deletes else ()
    every = Selection(table.name, (), _bounds(own, calendar), spared.get(table.name, ()))
    rule = Expiry(
        table,
        f"{CARRIED}{end.period.id}",
        every,
        carrier=end.way[0],
        periods=(end.period, *own),
        sources=tuple(_sources(end, contracts, calendar, spared)),
    )
    if end.deletes:
        besides = tuple((one.way[0], tuple(_sources(one, contracts, calendar, spared))) for one in end.besides)
        yield replace(rule, selection=replace(every, referrers=referrers), besides=besides)
        return
    for part in parts_of(table):
        if columns := columns_to_erase(part.table, end.period):
            yield replace(rule, table=part.table, selection=part.rows(every), columns=columns, when=part.said)


def _sources(
    end: End, contracts: Contracts, calendar: Calendar, spared: Mapping[str, tuple[Condition, ...]]
) -> Iterator[Source]:
    """What is asked one after the other for the keys of rows that end others: from the dated table down."""
    top = end.top.name
    cutoffs = _bounds(periods_to_end(end.top, end.period), calendar)
    yield Source(None, Selection(top, (), cutoffs, spared.get(top, ()), dangerously_every_row=True))
    for above, reference in reversed(list(pairwise(end.way))):
        table = contracts.table(end.top.system, above.to_table)
        own = _bounds(own_holds(table), calendar) if end.deletes else ()
        yield Source(reference, Selection(table.name, (), own, spared.get(table.name, ())))


def _bounds(periods: Iterable[Retention], calendar: Calendar) -> tuple[Cutoff, ...]:
    return tuple(dict.fromkeys(bound(period, calendar, over=True) for period in periods))


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
