"""How many rows an act changed in all, from what each of its attempts counted; unknown where that cannot be told.

A process that was killed may have committed or not. What the next attempt finds tells: rows that are gone were
deleted by it, rows that are all there still were not. Anything else is said to be unknown, never guessed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from data_contracts.keys import DeleteRows, Order
from tasks.rules.plan import KEY

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


def by_table(orders: Sequence[tuple[str, Order]], counts: Sequence[int]) -> Rows:
    """Rows by table: those that were deleted, and the most that were changed, apart for each kind of rows."""
    deleted: dict[tuple[str, object], int] = {}
    changed: dict[tuple[str, object], int] = {}
    for (table, order), count in zip(orders, counts, strict=False):
        kind: tuple[str, object] = (table, order.selection.when)
        if isinstance(order, DeleteRows):
            deleted[kind] = deleted.get(kind, 0) + count
        else:
            changed[kind] = max(changed.get(kind, 0), count)
    rows: Rows = {table: 0 for table, _ in orders}
    for kind in deleted.keys() | changed.keys():
        rows[kind[0]] += deleted.get(kind, 0) + changed.get(kind, 0)
    return rows


def planned(lines: Sequence[Mapping[str, Any]], system: str, actions: frozenset[str] = _ERASING) -> Rows:
    """Rows of the data subject that a plan erases in a system, by table, counted in the same way."""
    deleted: dict[tuple[str, str], int] = {}
    changed: dict[tuple[str, str], int] = {}
    for line in lines:
        if line["system"] != system or line["action"] not in actions or line["note"] in _OF_OTHERS:
            continue
        part = (line["table"], line.get("when", ""))
        if line["action"] == "delete":
            deleted[part] = deleted.get(part, 0) + line["rows"]
        else:
            changed[part] = max(changed.get(part, 0), line["rows"])
    rows: Rows = {}
    for part in deleted.keys() | changed.keys():
        rows[part[0]] = rows.get(part[0], 0) + deleted.get(part, 0) + changed.get(part, 0)
    return {table: count for table, count in rows.items() if count}


def _is_committed(before: Attempt, after: Attempt, deletes: Sequence[int]) -> bool | None:
    """Whether an attempt that was cut off was committed, by what the next one found; None where it cannot be told."""
    told = [place for place in deletes if before.counts[place]]
    if all(after.counts[place] == 0 for place in told):
        return True
    if all(after.counts[place] == before.counts[place] for place in told):
        return False
    return None
