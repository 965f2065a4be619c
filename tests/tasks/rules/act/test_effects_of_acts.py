"""How many rows an act changed in all, from what each attempt counted."""

import pytest

from data_contracts.connectors.keys import ChangeColumns, Condition, DeleteRows, Order, Selection, When
from tasks.rules.act.effects_of_acts import Attempt, by_table, changed, effect, planned

_ROWS = Selection("t", (Condition(("id",), frozenset({(1,)})),))
_ORDERS = (DeleteRows(_ROWS), ChangeColumns(_ROWS, clear=("name",)))


@pytest.mark.parametrize(
    ("attempts", "rows"),
    [
        pytest.param([(1, 3, 5)], (3, 5), id="one attempt"),
        pytest.param([(1, 3, 5), (2, 0, 5)], (3, 5), id="committed, then cut off"),
        pytest.param([(1, 3, 5), (2, 3, 5)], (3, 5), id="taken back"),
        pytest.param([(1, 3, 5), (2, 3, 5), (3, 0, 4)], (3, 5), id="taken back, then committed"),
        pytest.param([(1, 3, 5), (2, 2, 5)], None, id="neither"),
        pytest.param([(1, 3, 5), (1, 2, 5)], (5, 5), id="people had it acted on again, rows had come back"),
        pytest.param([(1, 0, 5), (2, 0, 4)], (0, 5), id="nothing was deleted"),
        pytest.param([], None, id="nothing was counted"),
        pytest.param([(1, 3)], None, id="of other orders"),
    ],
)
def test_what_attempts_make_together(attempts: list[tuple[int, ...]], rows: tuple[int, ...] | None) -> None:
    """Deleted rows add up over what was committed, changed ones are counted once, the rest is unknown."""
    assert effect(_ORDERS, [Attempt(number, counts) for number, *counts in attempts]) == rows  # type: ignore[arg-type]  # counts as a list


def test_rows_of_a_table_are_counted_once_for_each_kind() -> None:
    """Several columns of the same rows are one row; rows of another case, and deleted ones, are others."""
    other = Selection("t", _ROWS.conditions, when=(When("kind", ("x",)),))
    orders: list[tuple[str, Order]] = [
        ("t", ChangeColumns(_ROWS)),
        ("t", ChangeColumns(_ROWS)),
        ("t", ChangeColumns(other)),
        ("t", DeleteRows(_ROWS)),
    ]

    assert by_table(orders, [5, 4, 2, 3]) == {"t": 10}


def test_a_plan_is_counted_in_the_same_way() -> None:
    """Lines of others' rows, of other systems and of what stays count nothing."""

    def line(action: str, rows: int, **said: str) -> dict[str, object]:
        return {"system": "crm", "table": "t", "action": action, "rows": rows, "note": "", **said}

    lines = [
        line("clear", 5),
        line("mask", 4),
        line("delete", 3),
        line("delete", 1, when="kind: x"),
        line("keep", 9),
        line("clear", 9, note="reference"),
        line("delete", 9, system="erp"),
        line("clear", 0, table="empty"),
    ]

    assert planned(lines, "crm") == {"t": 9}


@pytest.mark.parametrize(
    ("by_key", "attempts", "is_whole", "rows"),
    [
        pytest.param((True, False), [(2, 3)], True, (2, 3), id="one attempt"),
        pytest.param((True, False), [(2, 3), (2, 3)], True, (2, 3), id="the same again"),
        pytest.param((True, False), [(2, 3), (2, 0)], True, None, id="values that it replaced are not found again"),
        pytest.param((True, True), [(2, 3), (2, 2)], True, None, id="a row went meanwhile"),
        pytest.param((True, True), [(2, 3)], False, (2, 3), id="cut off, found by keys"),
        pytest.param((True, False), [(2, 3)], False, None, id="cut off, found by values"),
        pytest.param((True,), [], True, None, id="nothing was counted"),
        pytest.param((True,), [(2, 3)], True, None, id="of other changes"),
    ],
)
def test_what_attempts_changed(
    by_key: tuple[bool, ...], attempts: list[tuple[int, ...]], *, is_whole: bool, rows: tuple[int, ...] | None
) -> None:
    """A change does the same to the same rows each time; where it found others, nobody can tell."""
    told = [Attempt(number, counts) for number, counts in enumerate(attempts, 1)]

    assert changed(by_key, told, is_whole=is_whole) == rows
