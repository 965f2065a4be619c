"""References that no database declares: a name says where to, values say whether."""

import pytest

from data_contracts.odcs.drafts.guessing import Look
from data_contracts.odcs.drafts.joining import Candidate, candidates, is_held
from data_contracts.odcs.drafts.shapes import DraftColumn, DraftReference, DraftTable

_KEY = DraftColumn("id", "integer", key_position=1)


@pytest.mark.parametrize(
    ("strength", "values", "held", "expected"),
    [
        (4, 50, 50, True), (4, 50, 45, True), (4, 50, 40, False), (2, 50, 49, False), (4, 0, 0, True),
        (2, 0, 0, False), (0, 10, 10, True), (0, 9, 9, False), (0, 50, 49, False),
    ],
)  # fmt: skip
def test_values_decide(strength: int, values: int, held: int, *, expected: bool) -> None:
    """A tenth may be missing where the name is plain, none where it is not; codes without a name need ten."""
    assert is_held(Candidate("a", "b", "c", "d", strength), values=values, held=held) is expected


@pytest.mark.parametrize(
    ("column", "to"),
    [
        ("customer_id", "customer"),
        ("id_customer", "customer"),
        ("billing_customer_id", "customer"),
        ("parent_id", "orders"),
        ("handled_by", "staff"),
        ("customer", "customer"),
        ("weight", ""),
        ("note_id", ""),
    ],
)
def test_names_say_where_to(column: str, to: str) -> None:
    """The best aim comes first; a name that fits no table leads nowhere."""
    orders = DraftTable("orders", (_KEY, DraftColumn(column, "integer")))
    tables = [DraftTable("customer", (_KEY,)), DraftTable("staff", (_KEY,)), orders]

    assert [aims[0].to_table for aims in candidates(tables)] == [to] * bool(to)


def test_id_whose_type_stands_beside_it_leads_nowhere_by_its_name() -> None:
    """``customer_id`` with ``customer_type`` beside it names rows of several tables."""
    columns = (_KEY, DraftColumn("customer_id", "integer"), DraftColumn("customer_type", "string"))
    tables = [DraftTable("customer", (_KEY,)), DraftTable("note", columns)]

    assert candidates(tables) == []


def test_what_is_declared_is_not_guessed_again() -> None:
    """A live foreign key stands as it is."""
    orders = DraftTable(
        "orders",
        (_KEY, DraftColumn("customer_id", "integer")),
        (DraftReference(("customer_id",), "customer", ("id",)),),
    )

    assert candidates([DraftTable("customer", (_KEY,)), orders]) == []


def test_codes_are_compared_without_a_name() -> None:
    """Two columns of codes may join whatever they are called; their values will say it."""
    code = frozenset({Look.CODE})
    shelf = DraftTable("shelf", (DraftColumn("tag", "string", key_position=1, looks=code),))
    box = DraftTable("box", (DraftColumn("stands_on", "string", looks=code),))

    ((aim,),) = candidates([shelf, box])

    assert (aim, aim.reference(is_counted=True).by) == (Candidate("box", "stands_on", "shelf", "tag", 0), "values")
