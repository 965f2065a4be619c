"""Art. 17: from located rows to what is erased, kept and proven, all from the same parts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.case.plan import Located
from data_contracts.company.contract import Column, Retention, Table
from data_contracts.connectors.keys import ChangeColumns, Condition, Cutoff, DeleteRows, Look, Selection, each_of
from data_contracts.vocabulary import ColumnErasure, RetentionAction, Sensitivity, TableErasure
from tasks.rules.act.exemptions import Calendar
from tasks.rules.act.plan import (
    Segment,
    erased_look,
    erasure_plan,
    orders,
    pseudonymised,
    segments,
    sensitivity_of,
)
from tests.tasks.rules.examples import (
    a_column,
    a_key,
    a_period,
    a_reference,
    a_table,
    contracts_of,
    erased,
    keys_in,
    located_in,
)

TODAY = Calendar(date(2026, 3, 31), "Europe/Paris", "12-31")
_DATE = a_column("at", logical_type="date", erase=ColumnErasure.CLEAR)
_PERIOD = a_period("t", "at", hold="accounting")


def parts_of(table: Table, *ids: object) -> tuple[Segment, ...]:
    """Parts of one table, of which the rows with these ids were located."""
    return segments(contracts_of(table), located_in(table, *(ids or (1, 2))), TODAY)


def told(parts: tuple[Segment, ...]) -> list[tuple[str, tuple[str, ...], str, str]]:
    """Verb, columns, hold and what the cutoff says of each part."""
    return [(p.verb, p.columns, p.ground.hold if p.ground else p.note, _when(p.selection)) for p in parts]


def _when(selection: Selection) -> str:
    return "".join("over" if cutoff.over else "held" for cutoff in selection.cutoffs)


def a_kept_table(*columns: Column, retentions: tuple[Retention, ...] = (_PERIOD,)) -> Table:
    """A table kept for accounting."""
    return a_table("t", a_key(), *columns, erase=TableErasure.KEEP, hold="accounting", retentions=retentions)


def an_emptied_table(*columns: Column, retentions: tuple[Retention, ...] = (_PERIOD,)) -> Table:
    """A table whose rows stay and whose columns are erased one by one."""
    return a_table("t", a_key(), *columns, erase=TableErasure.COLUMNS, retentions=retentions)


# --- what is done with each kind of table ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param(a_table("t"), [("delete", (), "", "")], id="delete"),
        pytest.param(a_table("t", erase=TableErasure.NONE), [], id="none"),
        pytest.param(a_kept_table(retentions=()), [("keep", (), "accounting", "")], id="keep without an end"),
        pytest.param(
            a_kept_table(_DATE),
            [("delete", (), "hold_over", "over"), ("keep", (), "accounting", "held")],
            id="keep for ten years",
        ),
        pytest.param(
            a_kept_table(_DATE, retentions=(replace(_PERIOD, then=RetentionAction.COLUMNS),)),
            [("clear", ("at",), "", "over"), ("keep", (), "accounting", "held")],
            id="keep, then empty",
        ),
        pytest.param(
            an_emptied_table(erased("a", ColumnErasure.CLEAR), erased("b", ColumnErasure.MASK)),
            [("clear", ("a",), "", ""), ("mask", ("b",), "", "")],
            id="columns",
        ),
        pytest.param(
            an_emptied_table(erased("a", ColumnErasure.TOKEN), erased("b", ColumnErasure.HMAC, hold="accounting")),
            [("pseudonymise", ("a", "b"), "", "")],
            id="pseudonyms at once, a keyed hash too",
        ),
        pytest.param(
            an_emptied_table(_DATE, erased("a", ColumnErasure.CLEAR, hold="accounting")),
            [
                ("clear", ("at",), "", ""),
                ("clear", ("a",), "", "over"),
                ("keep", ("a",), "accounting", "held"),
            ],
            id="a column held for ten years",
        ),
        pytest.param(
            an_emptied_table(erased("a", ColumnErasure.KEEP, hold="lawsuit"), a_column("b")),
            [("keep", ("a",), "lawsuit", "")],
            id="a column kept",
        ),
        pytest.param(
            an_emptied_table(erased("a", ColumnErasure.MASK, hold="lawsuit")),
            [("keep", ("a",), "lawsuit", "")],
            id="a column held without an end",
        ),
    ],
)
def test_parts_of_a_table(table: Table, expected: list[tuple[str, tuple[str, ...], str, str]]) -> None:
    """Every way to erase has its parts, with columns, ground and time."""
    assert told(parts_of(table)) == expected


def test_shared_rows_stay() -> None:
    """Law 8: rows that belong to other people too are kept, whatever the contract does with the subject's own."""
    table = a_table("household")
    located = located_in(table, 1, shared={("crm", "household"): (keys_in("id", 7),)})

    own, shared = segments(contracts_of(table), located, TODAY)

    assert (own.verb, shared.verb, shared.note) == ("delete", "keep", "shared")
    assert shared.selection == Selection("household", (keys_in("id", 7),))


def test_row_of_a_catalogue_has_no_part() -> None:
    """Nothing is ever done with it, so there is nothing that stays because of others."""
    table = a_table("product", erase=TableErasure.NONE)
    located = Located(conditions={("crm", "product"): ()}, shared={("crm", "product"): (keys_in("id", 7),)})

    assert segments(contracts_of(table), located, TODAY) == ()


def test_partners_rows_are_the_partners_whoever_else_uses_them() -> None:
    """Charter P2: what several people's rows are to us is not ours to say of another controller's."""
    table = a_table("energy", controller="partner")
    located = located_in(table, 1, shared={("crm", "energy"): (keys_in("id", 7),)})

    (part,) = segments(contracts_of(table), located, TODAY)

    assert (part.verb, part.selection) == ("refer", Selection("energy", (keys_in("id", 1), keys_in("id", 7))))


def test_table_that_was_not_located_has_no_part() -> None:
    """A system handled by hand is not planned for."""
    assert segments(contracts_of(a_table("t")), Located(conditions={}), TODAY) == ()


def test_ground_says_that_each_row_has_its_own_end() -> None:
    """The data subject is told that the end depends on the row where it does, and that none is set where none is."""
    ends = [p.ground.until for p in parts_of(a_kept_table(_DATE)) if p.ground]
    open_ends = [p.ground.until for p in parts_of(a_kept_table(retentions=())) if p.ground]

    assert (ends, open_ends) == (["per_row"], [""])


# --- rows held as long as others -------------------------------------------------------------------------------------

_INVOICE = a_table(
    "invoice",
    a_key(),
    _DATE,
    erase=TableErasure.KEEP,
    hold="accounting",
    retentions=(a_period("invoice", "at", hold="accounting"),),
)
_LINE = a_table(
    "line",
    a_key(),
    a_column("invoice"),
    erase=TableErasure.KEEP,
    hold="accounting",
    references=(a_reference("invoice", "invoice"),),
)


@pytest.mark.parametrize(
    ("gone", "leaving", "staying"),
    [
        pytest.param({1}, {1}, {2, 3}, id="some"),
        pytest.param({1, 2, 3}, {1, 2, 3}, set(), id="all"),
        pytest.param(set(), set(), {1, 2, 3}, id="none"),
        pytest.param({1, 99}, {1}, {2, 3}, id="one that is not the subject's"),
    ],
)
def test_lines_go_with_their_invoice(gone: set[int], leaving: set[int], staying: set[int]) -> None:
    """Lines of invoices that are over are deleted, lines of the others kept, and no line of anybody else is touched."""
    located = Located(conditions={("crm", "line"): (keys_in("invoice", 1, 2, 3),)})
    over = {("crm", "line"): frozenset((number,) for number in gone)}

    deleted, kept = segments(contracts_of(_INVOICE, _LINE), located, TODAY, over=over)

    assert (deleted.verb, deleted.note, kept.verb) == ("delete", "hold_over", "keep")
    assert deleted.selection.conditions == ((keys_in("invoice", *leaving),) if leaving else ())
    assert kept.selection.conditions == ((keys_in("invoice", *staying),) if staying else ())


@pytest.mark.parametrize("column", ["id", "invoice"])
def test_lines_without_a_known_end_stay(column: str) -> None:
    """Where it is not known which invoices are over, or a line was found in another way, the lines stay."""
    located = Located(conditions={("crm", "line"): (keys_in(column, 1),)})
    over = {} if column == "invoice" else {("crm", "line"): frozenset({(1,)})}

    assert told(segments(contracts_of(_INVOICE, _LINE), located, TODAY, over=over)) == [("keep", (), "accounting", "")]


# --- orders and proof ------------------------------------------------------------------------------------------------


def test_orders_empty_columns_in_one_statement() -> None:
    """What is done with the same rows is one order, so that no half-emptied row is ever seen."""
    table = an_emptied_table(
        erased("a", ColumnErasure.CLEAR), erased("b", ColumnErasure.MASK), erased("c", ColumnErasure.TOKEN)
    )

    (order,) = orders(parts_of(table), table, {"c": {"old": "new"}})

    assert order == ChangeColumns(
        Selection("t", (keys_in("id", 1, 2),)), clear=("a",), set_to={"b": "***"}, replace={"c": {"old": "new"}}
    )


def test_orders_keep_different_rows_apart() -> None:
    """Columns whose hold is over for some rows are another order; what is kept is none."""
    table = an_emptied_table(_DATE, erased("a", ColumnErasure.CLEAR, hold="accounting"))

    every, over = orders(parts_of(table), table, {})

    assert isinstance(every, ChangeColumns)
    assert isinstance(over, ChangeColumns)
    assert (every.clear, _when(every.selection)) == (("at",), "")
    assert (over.clear, _when(over.selection)) == (("a",), "over")


def test_orders_delete_last_and_of_one_table_alone() -> None:
    """Parts of other tables are passed over."""
    table, other = a_table("t"), a_table("other")
    parts = (*parts_of(other), *parts_of(table))

    assert orders(parts, table, {}) == (DeleteRows(Selection("t", (keys_in("id", 1, 2),))),)


@pytest.mark.parametrize(
    ("logical_type", "mask"),
    [
        ("string", "***"),
        ("integer", 0),
        ("number", 0),
        ("boolean", False),
        ("date", "1900-01-01"),
        ("timestamp", "1900-01-01T00:00:00"),
        ("time", "00:00:00"),
    ],
)
def test_mask_fits_the_type(logical_type: str, mask: object) -> None:
    """A masked value is a constant of the column's type."""
    table = an_emptied_table(erased("a", ColumnErasure.MASK, logical_type=logical_type))

    (order,) = orders(parts_of(table), table, {})

    assert isinstance(order, ChangeColumns)
    assert order.set_to == {"a": mask}


@pytest.mark.parametrize(
    ("how", "look"),
    [
        (ColumnErasure.CLEAR, Look(cleared=("a",))),
        (ColumnErasure.MASK, Look(holding={"a": "***"})),
        (ColumnErasure.TOKEN, Look(replaced={"a": frozenset({"old"})})),
    ],
)
def test_proof_looks_for_what_the_orders_made(how: ColumnErasure, look: Look) -> None:
    """Law 7: cleared is NULL, masked is the constant, and of replaced values none of the old may remain."""
    table = an_emptied_table(erased("a", how))
    (part,) = parts_of(table)

    assert erased_look(part, table, {"a": {"old": "new"}}) == look


def test_pseudonym_of_a_column_without_values_changes_nothing() -> None:
    """Where no row has a value there is nothing to replace."""
    table = an_emptied_table(erased("a", ColumnErasure.TOKEN))

    (order,) = orders(parts_of(table), table, {})

    assert isinstance(order, ChangeColumns)
    assert order.replace == {"a": {}}


def test_old_values_are_needed_where_rows_stay() -> None:
    """Pseudonymised columns of a table that loses its rows need no old values."""
    column = erased("a", ColumnErasure.TOKEN)

    assert pseudonymised(an_emptied_table(column, erased("b", ColumnErasure.HMAC), a_column("c"))) == ("a", "b")
    assert pseudonymised(a_table("t", column)) == ()


# --- what people are shown -------------------------------------------------------------------------------------------


def test_plan_shows_counts_grounds_and_what_is_done_by_hand() -> None:
    """The lines are the parts with their counts; the same facts give the same digest, another count another one."""
    contracts, parts = contracts_of(a_kept_table(_DATE)), parts_of(a_kept_table(_DATE))

    plan = erasure_plan("C-1", contracts, parts, rows=[3, 4], by_hand={"b": "T-2", "a": "T-1"})
    same = erasure_plan("C-1", contracts, parts, rows=[3, 4], by_hand={"a": "T-1", "b": "T-2"})
    other = erasure_plan("C-1", contracts, parts, rows=[4, 3], by_hand={"a": "T-1", "b": "T-2"})

    assert [(line.action, line.rows, line.note) for line in plan.lines] == [("delete", 3, "hold_over"), ("keep", 4, "")]
    assert plan.by_hand == (("a", "T-1"), ("b", "T-2"))
    assert plan.digest == same.digest != other.digest


def test_plan_needs_a_count_for_each_part() -> None:
    """A count that is missing is a mistake, never zero."""
    table = a_kept_table(_DATE)

    with pytest.raises(ValueError, match="shorter"):
        erasure_plan("C-1", contracts_of(table), parts_of(table), rows=[3], by_hand={})


def test_sensitivity_is_that_of_tables_with_rows() -> None:
    """Charter 3.1: what the subject has no rows of asks for nobody's second pair of eyes."""
    health = a_table("health", a_key(), a_column("v", sensitivity=Sensitivity.RESTRICTED))
    plain = a_table("plain", a_key(sensitivity=Sensitivity.RESTRICTED), a_column("v"))
    contracts = contracts_of(health, plain)
    parts = segments(
        contracts, Located(conditions={("crm", n): (keys_in("id", 1),) for n in ("health", "plain")}), TODAY
    )

    assert erasure_plan("C-1", contracts, parts, rows=[0, 1], by_hand={}).sensitivity is Sensitivity.INTERNAL
    assert erasure_plan("C-1", contracts, parts, rows=[1, 1], by_hand={}).sensitivity is Sensitivity.RESTRICTED
    assert sensitivity_of(contracts, []) is Sensitivity.PUBLIC


# --- rows that are not ours to erase, and rows whose key goes --------------------------------------------------------


def test_another_controllers_rows_are_referred() -> None:
    """Charter P2: they are counted whole, whatever their contract says of erasure, and no order touches them."""
    (part,) = parts_of(a_table("t", a_key(), controller="partner"), 1)

    assert (part.verb, part.columns, part.ground) == ("refer", (), None)
    assert orders([part], a_table("t"), {}) == ()


def test_shredded_rows_are_left_to_their_key() -> None:
    """No order touches the rows: deleting the rows of the table of keys makes them unreadable."""
    table = a_table("t", a_key(), erase=TableErasure.SHRED, shred_key="keys")
    (part,) = parts_of(table, 1)

    assert part.verb == "shred"
    assert orders([part], table, {}) == ()


# --- every row in exactly one part -----------------------------------------------------------------------------------

_ERASURES = [None, *ColumnErasure]
_ROWS = st.lists(
    st.fixed_dictionaries(
        {"id": st.integers(1, 9), "at": st.one_of(st.none(), st.dates(date(2010, 1, 1), date(2026, 3, 31)))}
    ),
    max_size=8,
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table of any kind, with any columns, holds and periods that a contract may have."""
    columns = [
        a_column(
            f"c{n}", erase=draw(st.sampled_from(_ERASURES)), hold=draw(st.sampled_from(["", "accounting", "lawsuit"]))
        )
        for n in range(draw(st.integers(0, 4)))
    ]
    columns = [replace(c, hold="lawsuit") if c.erase is ColumnErasure.KEEP and not c.hold else c for c in columns]
    kind = draw(st.sampled_from([TableErasure.DELETE, TableErasure.KEEP, TableErasure.COLUMNS]))
    period = replace(_PERIOD, value=draw(st.integers(0, 12)))
    hold = draw(st.sampled_from(["accounting", "lawsuit"])) if kind is TableErasure.KEEP else ""
    return a_table("t", a_key(), replace(_DATE, erase=None), *columns, erase=kind, hold=hold, retentions=(period,))


def _is_selected(row: Mapping[str, Any], selection: Selection) -> bool:
    found = any((row["id"],) in condition.keys for condition in selection.conditions)
    return found and all(_is_within(row, cutoff) for cutoff in selection.cutoffs)


def _is_within(row: Mapping[str, Any], cutoff: Cutoff) -> bool:
    return (row["at"] is not None and row["at"] < cutoff.before.date()) is cutoff.over


@given(table=tables(), rows=_ROWS, ids=st.sets(st.integers(1, 9), min_size=1))
def test_every_row_is_in_exactly_one_part_for_each_column(
    table: Table, rows: list[dict[str, Any]], ids: set[int]
) -> None:
    """Rows of the subject are held or over, never both and never neither, column by column; others' are in no part."""
    parts = parts_of(table, *ids)

    places = (
        [None]
        if table.erase is not TableErasure.COLUMNS
        else [c.name for c in table.columns if c.erase not in {None, ColumnErasure.COMPUTED}]
    )
    for row in rows:
        for place in places:
            about = [p for p in parts if place is None or place in p.columns]
            assert sum(_is_selected(row, part.selection) for part in about) == (row["id"] in ids)


@given(table=tables(), ids=st.sets(st.integers(1, 9), min_size=1))
def test_what_is_ordered_is_what_was_planned(table: Table, ids: set[int]) -> None:
    """Orders and parts erase the same columns of the same rows: nothing is done that was not shown, nor left undone."""
    parts = parts_of(table, *ids)
    swaps = {c.name: {"old": "new"} for c in table.columns}

    ordered = {pair for order in orders(parts, table, swaps) for one in each_of(order) for pair in _effects(one)}

    planned = {(name, _key(p.selection)) for p in parts if p.verb != "keep" for name in (p.columns or ("",))}
    assert ordered == planned


def _effects(order: DeleteRows | ChangeColumns) -> set[tuple[str, object]]:
    if isinstance(order, DeleteRows):
        return {("", _key(order.selection))}
    return {(name, _key(order.selection)) for name in (*order.clear, *order.set_to, *order.replace)}


def _key(selection: Selection) -> tuple[tuple[Condition, ...], tuple[Cutoff, ...]]:
    return selection.conditions, selection.cutoffs
