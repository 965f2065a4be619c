"""How many rows an act changed in one system: counted in the transaction that changed them, kept beside it.

The order, each time that a system is acted on:

1. in the transaction, before it is committed, what each order touched is sealed (``touched.<system>``);
2. a system without transactions says it afterwards, so that an attempt that was cut off there left nothing;
3. what all attempts counted is put together; where it cannot be told, the receipt says that it is unknown.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from data_contracts.connectors.counting import noting
from data_contracts.connectors.keys import Order, Selection
from tasks.case.plans import plan_receipt
from tasks.case.sealed import read_json, write_json
from tasks.rules.act.effects_of_acts import Attempt, by_table, changed, effect, planned
from tasks.services import services

UNKNOWN: Final = "rows_unknown"
"""Key of a receipt: how many rows were changed cannot be told."""
OTHERS: Final = "rows_of_others"
"""Key of a receipt: rows of others that lost a reference, by table."""
_TOUCHING: Final = frozenset({"delete", "clear", "mask", "pseudonymise"})
_SHRED: Final = frozenset({"shred"})
Sequenced = Sequence[tuple[str, Order]]


def counted(run: Callable[[], list[int]], case_id: str, system: str, *, attempt: int) -> list[Attempt]:
    """Carry an act out, and keep what it counted; what all attempts on the system counted, first to last.

    Args:
        run: carries it out; rows touched by each order.
        case_id: the case.
        system: where.
        attempt: which one it is since people had it acted on.
    """
    before = _attempts(case_id, system)
    kept: list[Attempt] = []

    def note(counts: list[int]) -> None:
        kept[:] = [Attempt(attempt, tuple(counts))]
        write_json(case_id, _name(system), [[one.number, list(one.counts)] for one in (*before, *kept)])

    with noting(note):
        touched = run()
    if not kept or list(kept[0].counts) != touched:
        note(touched)
    return [*before, *kept]


def rows_facts(
    case_id: str, system: str, sequence: Sequenced, attempts: Sequence[Attempt], others: Sequence[Selection]
) -> dict[str, Any]:
    """What receipt and evidence say of rows: of the data subject by table, of others by table, or that it is unknown.

    Args:
        case_id: the case.
        system: where.
        sequence: orders with their tables; what is carried out once more or moves keys is none of them.
        attempts: what was counted.
        others: selections of rows of others that lose a reference.
    """
    own = [place for place, (_, order) in enumerate(sequence) if order.selection not in others]
    beside = [place for place in range(len(sequence)) if place not in own]
    cut = [Attempt(one.number, one.counts[: len(sequence)]) for one in attempts]
    total = effect([order for _, order in sequence], cut)
    plan = plan_receipt(case_id)["plan"]["lines"]
    if total is not None and _leaves_out_an_attempt(attempts):
        # An attempt left no count behind: it did nothing, if all that was planned was there still.
        total = total if _rows(sequence, total, own) == planned(plan, system, _TOUCHING) else None
    if total is None:
        return {"rows": {}, UNKNOWN: True}
    rows = {table: 0 for table, _ in sequence} | _rows(sequence, total, own) | planned(plan, system, _SHRED)
    return {"rows": rows, OTHERS: _rows(sequence, total, beside)}


def changed_facts(changes: Sequence[tuple[str, bool]], attempts: Sequence[Attempt], *, attempt: int) -> dict[str, Any]:
    """What receipt and evidence say of rows that were changed, by table, or that it is unknown.

    Args:
        changes: of each, its table and whether its rows are found by their sealed keys.
        attempts: what was counted.
        attempt: the number of the last one.
    """
    is_whole = not _leaves_out_an_attempt(attempts) and (not attempts or attempts[-1].number == attempt)
    total = changed([by_key for _, by_key in changes], attempts, is_whole=is_whole) if changes else ()
    if total is None:
        return {"rows": {}, UNKNOWN: True}
    rows: dict[str, int] = {}
    for (table, _), count in zip(changes, total, strict=True):
        rows[table] = rows.get(table, 0) + count
    return {"rows": rows}


def erased_in(receipt: Mapping[str, Any]) -> int | None:
    """Rows of the data subject that a receipt tells of; None where they are unknown."""
    return None if receipt.get(UNKNOWN) else sum(receipt["rows"].values())


def _rows(sequence: Sequenced, total: Sequence[int], places: Sequence[int]) -> dict[str, int]:
    found = by_table([sequence[place] for place in places], [total[place] for place in places])
    return {table: rows for table, rows in found.items() if rows}


def _leaves_out_an_attempt(attempts: Sequence[Attempt]) -> bool:
    """Whether an attempt was begun of which no count was kept."""
    expected = 1
    for one in attempts:
        if one.number not in {1, expected}:
            return True
        expected = one.number + 1
    return False


def _attempts(case_id: str, system: str) -> list[Attempt]:
    if not services().vault.has(case_id, _name(system)):
        return []
    return [Attempt(number, tuple(counts)) for number, counts in read_json(case_id, _name(system))]


def _name(system: str) -> str:
    return f"touched.{system}"


__all__ = ["OTHERS", "UNKNOWN", "changed_facts", "counted", "erased_in", "rows_facts"]
