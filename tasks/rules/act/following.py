"""How rows without a period of their own come to an end: with the rows they refer to (Art. 5(1)(e)). Pure.

1. A table that a period of its own deletes goes by that.
2. Any other goes, row by row, with what it refers to (``follow: from``, in the same system), whatever its way to be
   erased: rows with rows that go, and values with values. Rows that nothing else ends go where the values of what they
   refer to go.
3. A hold is never cut short: rows go once every hold that they or their values are under is over, by a period of the
   table, or of the one it goes with.
4. What refers to a table that goes with another goes with both.
5. Rows that refer to rows of several tables that end go when all of these are over: the longest period counts. They go
   by the first reference that a contract names; rows in which it is empty stay.

A table with personal data that none of this ends is *endless*: the audit tells it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from data_contracts.company.company import Vocabulary
from data_contracts.company.contract import Contracts, Reference, Retention, Table
from data_contracts.vocabulary import ColumnErasure, Follow, RetentionAction, TableErasure
from tasks.rules.search.partners import is_ours

_ERASED = frozenset({ColumnErasure.CLEAR, ColumnErasure.MASK, ColumnErasure.TOKEN})


@dataclass(frozen=True, slots=True)
class End:
    """One way in which rows of a table, or values in them, come to an end.

    Attributes:
        period: that ends them.
        top: the table that the period is about.
        deletes: whether rows go; else values.
        way: references from the table up to ``top``; empty where the period is its own.
        besides: ends of what else the rows refer to, which must be over as well before they go.
    """

    period: Retention
    top: Table
    deletes: bool
    way: tuple[Reference, ...] = ()
    besides: tuple["End", ...] = ()


def periods_to_end(table: Table, item: Retention) -> tuple[Retention, ...]:
    """The periods that must all be over: the item alone, or before rows go those of holds as well."""
    if item.then is not RetentionAction.DELETE:
        return (item,)
    return (item, *own_holds(table, item))


def own_holds(table: Table, item: Retention | None = None) -> tuple[Retention, ...]:
    """Periods of a table that a hold names, but ``item``."""
    return tuple(other for other in table.retentions if other.hold and other is not item)


def columns_to_erase(table: Table, item: Retention) -> tuple[str, ...]:
    """Columns whose values go at the end of a period: those that no other hold keeps."""
    return tuple(c.name for c in table.columns if c.erase in _ERASED and c.hold in {"", item.hold})


def ends_of(table: Table, contracts: Contracts) -> tuple[End, ...]:
    """Every way in which a table comes to an end, by a period of its own or with others."""
    return tuple(_ends(table, contracts, ()))


def followed(table: Table, contracts: Contracts) -> tuple[End, ...]:
    """Every way in which a table comes to an end with what it refers to."""
    return tuple(_followed(table, contracts, ()))


def is_endless(table: Table, contracts: Contracts) -> bool:
    """Whether a table of ours holds personal data that nothing ends: no period, no other table, no open-ended hold."""
    if not is_ours(table, contracts.vocabulary) or not any(column.is_personal for column in table.rules):
        return False
    return not _is_open_ended(table.hold, contracts.vocabulary) and not ends_of(table, contracts)


def _is_open_ended(hold: str, vocabulary: Vocabulary) -> bool:
    """Whether a person ends the hold, as its note says."""
    known = vocabulary.holds.get(hold)
    return known is not None and known.open_ended


def _ends(table: Table, contracts: Contracts, seen: tuple[str, ...]) -> Iterator[End]:
    if not is_ours(table, contracts.vocabulary):
        return
    for item in table.retentions:
        yield End(item, table, item.then is RetentionAction.DELETE)
    yield from _followed(table, contracts, seen)


def _followed(table: Table, contracts: Contracts, seen: tuple[str, ...]) -> Iterator[End]:
    if any(item.then is RetentionAction.DELETE for item in table.retentions):
        return
    found = [(reference, tuple(_by(table, reference, contracts, seen))) for reference in table.references]
    plain = [ends for reference, ends in found if ends and not reference.when]
    best = next((ends for ends in plain if any(end.deletes for end in ends)), plain[0] if plain else ())
    besides = tuple(end for ends in plain if ends is not best for end in ends if end.deletes)
    yield from (replace(end, besides=besides) if end.deletes else end for end in best)
    # A reference that holds in some rows alone ends those rows.
    yield from (end for reference, ends in found if reference.when for end in ends)


def _by(table: Table, reference: Reference, contracts: Contracts, seen: tuple[str, ...]) -> Iterator[End]:
    """How rows end with those that one reference leads to."""
    if reference.to_system != table.system or Follow.FROM not in reference.follow:
        return
    if reference.to_table in {table.name, *seen}:
        return
    parent = contracts.table(reference.to_system, reference.to_table)
    above = list(_ends(parent, contracts, (*seen, table.name)))
    values = list(_value_ends(table, above))
    going = _row_end(table, above, stays=bool(values))
    if going is not None:
        yield replace(going, deletes=True, way=(reference, *going.way))
    for end in values:
        yield replace(end, deletes=False, way=(reference, *end.way))


def _row_end(table: Table, above: Sequence[End], *, stays: bool) -> End | None:
    """With which end of what they refer to the rows go whole; rows ``stay`` whose values go with values."""
    held = {table.hold, *(column.hold for column in table.rules)} - {""}
    held -= {item.hold for item in own_holds(table)}
    fit = [end for end in above if held <= {one.hold for one in periods_to_end(end.top, end.period)}]
    fit = [end for end in fit if end.deletes or not stays]
    if table.hold:
        fit.sort(key=lambda end: end.period.hold != table.hold)
    else:
        fit.sort(key=lambda end: not end.deletes)
    return next(iter(fit), None)


def _value_ends(table: Table, above: Sequence[End]) -> Iterator[End]:
    """With which ends of what they refer to values go, in rows that stay."""
    if table.erase is not TableErasure.COLUMNS:
        return
    own = {item.hold for item in table.retentions}
    for end in above:
        is_own = end.period.hold in own and bool(table.retentions)
        if not end.deletes and not is_own and columns_to_erase(table, end.period):
            yield end
