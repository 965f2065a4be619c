"""Keys of rows that are not the data subject's are left out of batches, value by value."""

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from data_contracts.connectors.keys import Condition, When
from tasks.search.withholding import Withholding


def _left(ways: list[Condition], *, but: tuple[str, ...] = (), **columns: Any) -> tuple[dict[str, Any], dict[str, int]]:
    """What is left of one batch, and the counts."""
    withholding = Withholding(ways, but=but)
    (batch,) = withholding.over(iter([pa.record_batch(columns)]))
    return batch.to_pydict(), withholding.counts


def _way(*columns: str, keys: set[tuple[Any, ...]], **facts: Any) -> Condition:
    return Condition(columns, frozenset(keys), **facts)


def test_a_foreign_key_goes_and_the_row_stays() -> None:
    """Her own key stays, a NULL is no key, and what was left out is counted."""
    left, counts = _left([_way("a", keys={(7,)})], id=[1, 2, 3], a=[7, 8, None])

    assert left == {"id": [1, 2, 3], "a": [7, None, None]}
    assert counts == {"a": 1}


@pytest.mark.parametrize(
    ("key", "stored"),
    [
        (7, pa.array(["7"])),
        ("7", pa.array([7])),
        (Decimal("7.00"), pa.array([7])),
        (7.0, pa.array([Decimal(7)])),
        (b"\x07", pa.array([b"\x07"])),
        ("x", pa.array(["x"]).dictionary_encode()),
        (float("inf"), pa.array([float("inf")])),
        (Decimal("Infinity"), pa.array(["Infinity"])),
    ],
    ids=[str(number) for number in range(8)],
)
def test_both_ends_may_store_a_key_in_their_own_way(key: object, stored: pa.Array) -> None:
    """Her own key is not left out because one end is a number and the other a text."""
    left, counts = _left([_way("a", keys={(key,)})], a=stored)

    assert left["a"] == stored.to_pylist()
    assert counts == {}


def test_reference_that_holds_in_some_rows_alone() -> None:
    """What the others hold there is no such key."""
    way = _way("a", keys=set(), when=(When("kind", ("customer",)),))

    assert _left([way], kind=["customer", "order"], a=[8, 8])[0]["a"] == [None, 8]


def test_where_the_condition_was_not_read_nothing_is_shown() -> None:
    """Of rows of several people only a few columns are read."""
    assert _left([_way("a", keys=set(), when=(When("kind", ("customer",)),))], a=[8])[0] == {"a": [None]}


def test_key_of_several_columns_goes_as_one_but_for_the_rows_own() -> None:
    """A tenant's number that tells the row itself stays."""
    way = _way("tenant", "a", keys={(1, 7)})

    left, counts = _left([way], but=("tenant",), tenant=[1, 1, 2], a=[7, 8, 7])

    assert left == {"tenant": [1, 1, 2], "a": [7, None, None]}
    assert counts == {"a": 2}


def test_two_references_of_one_column() -> None:
    """What is foreign to either is left out once."""
    ways = [_way("a", keys={(7,)}, when=(When("kind", ("x",)),)), _way("a", keys={(8,)}, when=(When("kind", ("y",)),))]

    left, counts = _left(ways, kind=["x", "y", "x"], a=[7, 7, 8])

    assert (left["a"], counts) == ([7, None, None], {"a": 2})


def test_every_batch_has_one_schema() -> None:
    """Whether something was left out of it or not: batches of a large table are written to one stream."""
    kinds = pa.schema([pa.field("a", pa.dictionary(pa.int32(), pa.string()), nullable=False)])
    batches = [pa.record_batch([pa.array([value]).dictionary_encode()], schema=kinds) for value in ("own", "foreign")]

    made = list(Withholding([_way("a", keys={("own",)})]).over(iter(batches)))

    assert made[0].schema == made[1].schema
    assert [batch.to_pydict()["a"] for batch in made] == [["own"], [None]]


def test_column_that_was_not_read_is_no_matter() -> None:
    """Of rows of several people only what may be shown is read."""
    assert _left([_way("a", keys=set())], b=[1]) == ({"b": [1]}, {})
