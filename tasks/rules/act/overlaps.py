"""Rows that go whole are not counted once more for their values (Art. 5(1)(e)). Pure."""

from collections.abc import Sequence
from dataclasses import replace

from data_contracts.connectors.keys import Condition, Selection
from tasks.rules.act.expiry import Expiry


def overlap(values: Expiry, rows: Expiry) -> Selection | None:
    """Rows over by a rule that erases values, and by one of the same table by which they go; spared or not.

    None where there are none, or where no one selection tells them.
    """
    if values.table.name != rows.table.name or values.deletes or not rows.deletes:
        return None
    conditions: tuple[Condition, ...] = values.with_carriers or rows.with_carriers
    if values.with_carriers and rows.with_carriers:
        both = [one for one in values.with_carriers for two in rows.with_carriers if _is_alike(one, two)]
        keys = {one.columns: two.keys for one in both for two in rows.with_carriers if _is_alike(one, two)}
        conditions = tuple(replace(one, keys=one.keys & keys[one.columns]) for one in both)
        conditions = tuple(one for one in conditions if one.keys)
    if not conditions and (values.carrier is not None or rows.carrier is not None):
        return None
    cutoffs = tuple(dict.fromkeys((*values.selection.cutoffs, *rows.selection.cutoffs)))
    every = not conditions
    return Selection(values.table.name, conditions, cutoffs, when=values.selection.when, dangerously_every_row=every)


def emptied_twice(values: Expiry, other: Expiry) -> bool:
    """Whether two rules may erase values of the same rows, by periods of the table itself."""
    are_own = values.carrier is None and other.carrier is None and not values.deletes and not other.deletes
    return are_own and (values.table.name, values.when) == (other.table.name, other.when)


def over_by_all(rules: Sequence[Expiry]) -> Selection:
    """Rows that are over by each of several such rules, and not spared."""
    cutoffs = tuple(dict.fromkeys(one for rule in rules for one in rule.selection.cutoffs))
    return replace(rules[0].selection, cutoffs=cutoffs)


def leaving(found: Selection, rows: Expiry) -> Selection:
    """Of such rows those that can go now; the values of all others are counted."""
    stays = (*rows.selection.spared, *rows.stays, *_held(rows))
    referrers = tuple(one for one in rows.selection.referrers if one.table not in rows.joined)
    return replace(found, spared=stays, referrers=referrers)


def _held(rows: Expiry) -> tuple[Condition, ...]:
    """Rows that are over and stay with what they refer to."""
    free = {one.columns: one.keys for one in rows.selection.conditions}
    over = ((one, one.keys - free.get(one.columns, frozenset())) for one in rows.with_carriers)
    return tuple(replace(one, keys=keys) for one, keys in over if keys)


def _is_alike(one: Condition, other: Condition) -> bool:
    return (one.columns, one.when) == (other.columns, other.when)
