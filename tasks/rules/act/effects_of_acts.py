"""How many rows an act changed in all, from what each of its attempts counted; unknown where that cannot be told.

A process that was killed may have committed or not. What the next attempt finds tells: rows that are gone were
deleted by it, rows that are all there still were not. Anything else is said to be unknown, never guessed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from data_contracts.connectors.keys import DeleteRows, Order
from tasks.rules.act.plan import KEY

_ERASING: Final = frozenset({"delete", "clear", "mask", "pseudonymise", "shred"})
_OF_OTHERS: Final = frozenset({"reference", KEY})
"""Notes of lines about rows of others."""
Rows = dict[str, int]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt counted.

    Attributes:
        number: which attempt it was since people had it acted on; 1 for the first.
        counts: rows that each order touched, in the order of the orders.
    """

    number: int
    counts: tuple[int, ...]


def effect(orders: Sequence[Order], attempts: Sequence[Attempt]) -> tuple[int, ...] | None:
    """Rows that each order changed in all; None where it cannot be told.

    Args:
        orders: what is carried out, the same in each attempt.
        attempts: what they counted, first to last; the last one is known to be committed.
    """
    if not attempts or any(len(one.counts) != len(orders) for one in attempts):
        return None
    deletes = [place for place, order in enumerate(orders) if isinstance(order, DeleteRows)]
    done = [attempts[-1]]
    for before, after in zip(reversed(attempts[:-1]), reversed(attempts[1:]), strict=True):
        is_done = after.number == 1 or _is_committed(before, after, deletes)
        if is_done is None:
            return None
        done += [before] if is_done else []
    return tuple(
        (sum if place in deletes else max)([one.counts[place] for one in done]) for place in range(len(orders))
    )


def changed(is_by_key: Sequence[bool], attempts: Sequence[Attempt], *, is_whole: bool) -> tuple[int, ...] | None:
    """Rows that each of several changes changed in all; None where it cannot be told.

    A change does the same to the same rows in each attempt. Where one found other rows, what it was after had changed
    by then, or the rows had: nobody can tell which. Of an attempt that left no count the rows are known by their sealed
    keys alone; others are found by values that the change may replace.

    Args:
        is_by_key: of each change, whether its rows are found by their keys.
        attempts: what they counted, first to last; the last one is known to be committed.
        is_whole: whether every attempt that was begun counted.
    """
    if not attempts or any(len(one.counts) != len(is_by_key) for one in attempts):
        return None
    is_same = len({one.counts for one in attempts}) == 1
    return attempts[-1].counts if is_same and (is_whole or all(is_by_key)) else None


def by_table(orders: Sequence[tuple[str, Order]], counts: Sequence[int]) -> Rows:
    """Rows by table: those that were deleted, and the most that were changed, apart for each kind of rows."""
    return {table: 0 for table, _ in orders} | _summed(
        (table, order.selection.when, isinstance(order, DeleteRows), count)
        for (table, order), count in zip(orders, counts, strict=False)
    )


def planned(lines: Sequence[Mapping[str, Any]], system: str, actions: frozenset[str] = _ERASING) -> Rows:
    """Rows of the data subject that a plan erases in a system, by table, counted in the same way."""
    ours = (line for line in lines if line["system"] == system and line["action"] in actions)
    rows = _summed(
        (line["table"], line.get("when", ""), line["action"] == "delete", line["rows"])
        for line in ours
        if line["note"] not in _OF_OTHERS
    )
    return {table: count for table, count in rows.items() if count}


def _summed(counted: Iterable[tuple[str, object, bool, int]]) -> Rows:
    """Rows by table of counts with their table, kind of rows, and whether they were deleted.

    What was deleted of one kind is added up; of what was changed several counts tell of the same rows.
    """
    deleted: Counter[tuple[str, object]] = Counter()
    changed: dict[tuple[str, object], int] = {}
    for table, kind, is_deleted, count in counted:
        if is_deleted:
            deleted[table, kind] += count
        else:
            changed[table, kind] = max(changed.get((table, kind), 0), count)
    rows: Counter[str] = Counter()
    for table, kind in deleted.keys() | changed.keys():
        rows[table] += deleted[table, kind] + changed.get((table, kind), 0)
    return dict(rows)


def _is_committed(before: Attempt, after: Attempt, deletes: Sequence[int]) -> bool | None:
    """Whether an attempt that was cut off was committed, by what the next one found; None where it cannot be told."""
    told = [place for place in deletes if before.counts[place]]
    if all(after.counts[place] == 0 for place in told):
        return True
    if all(after.counts[place] == before.counts[place] for place in told):
        return False
    return None
