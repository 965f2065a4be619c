"""What a search knows only grows, and two parts of it together are what both know."""

from decimal import Decimal
from typing import Any

import pytest

from data_contracts.connectors.keys import Condition
from tasks.rules.search.found import Findings, SpeltIn, Split, merged, written

_A, _B = ("crm", "customer", "id"), ("crm", "log", "customer_id")
_PATH = ("crm", "customer")
_ONE, _TWO = frozenset({("1",)}), frozenset({("2",)})


def _spelt(*values: str) -> tuple[Condition, ...]:
    return tuple(Condition(("email",), frozenset({(value,)})) for value in values)


def _column(name: str) -> SpeltIn:
    return _PATH, name, "own"


def _known(**facts: Any) -> Findings:
    return Findings(**facts)


@pytest.mark.parametrize("part", ["keys", "asked", "spelt_for"])
def test_keys_of_both_are_joined_slot_by_slot(part: str) -> None:
    """Nothing that one of them knows is lost."""
    joined = _known(**{part: {_A: _ONE}}).joined(_known(**{part: {_A: _TWO, _B: _ONE}}))

    assert getattr(joined, part) == {_A: _ONE | _TWO, _B: _ONE}


def test_spellings_of_both_are_joined_in_order() -> None:
    """Those known before stand first; a place that only one knows has its own."""
    first = _known(spelt={_column("a"): _spelt("1"), _column("b"): _spelt("2")})

    joined = first.joined(_known(spelt={_column("c"): _spelt("4"), _column("a"): _spelt("3")}))

    assert joined.spelt == {_column("a"): _spelt("1", "3"), _column("b"): _spelt("2"), _column("c"): _spelt("4")}


@pytest.mark.parametrize("part", ["others", "counted"])
def test_whose_rows_are_is_as_it_was_looked_at_last(part: str) -> None:
    """These are made anew, not added to: a row that nobody else refers to any more is free."""
    joined = _known(**{part: {_A: _ONE, _B: _ONE}}).joined(_known(**{part: {_A: _TWO}}))

    assert getattr(joined, part) == {_A: _TWO, _B: _ONE}


def test_splits_and_guards_are_joined() -> None:
    """The newer split of a table stands; references that are guarded stay so."""
    old, new = Split((), (), is_mixed=False), Split((), (), is_mixed=True)
    first = _known(splits={_PATH: old, ("crm", "log"): old}, guarded=frozenset({("a",)}))

    joined = first.joined(_known(splits={_PATH: new}, guarded=frozenset({("b",)})))

    assert joined.splits == {_PATH: new, ("crm", "log"): old}
    assert joined.guarded == {("a",), ("b",)}


@pytest.mark.parametrize(
    "facts",
    [
        {"keys": {_A: _ONE}},
        {"asked": {_A: _ONE}},
        {"spelt": {_column("a"): _spelt("1")}},
        {"spelt_for": {_column("a"): frozenset({"1"})}},
        {"others": {_A: _ONE}},
        {"counted": {_A: _ONE}},
        {"splits": {_PATH: Split((), (), is_mixed=True)}},
        {"guarded": frozenset({("a",)})},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_what_was_known_before_is_nothing_new(facts: dict[str, Any]) -> None:
    """A search that learns nothing more has ended; what it had not known at all is all new."""
    known = _known(**facts)

    assert known.beyond(known) == Findings()
    assert known.beyond(Findings()) == known
    assert Findings().beyond(known) == Findings()


def test_only_what_was_added_is_new() -> None:
    """Of a slot that had keys before, the others."""
    before = _known(keys={_A: _ONE}, spelt={_column("a"): _spelt("1")}, others={_A: _ONE})
    now = _known(keys={_A: _ONE | _TWO}, spelt={_column("a"): _spelt("1", "2")}, others={_A: _ONE | _TWO})

    new = now.beyond(before)

    assert (new.keys, new.spelt, new.others) == ({_A: _TWO}, {_column("a"): _spelt("2")}, {_A: _ONE | _TWO})


def test_merging_changes_neither() -> None:
    """What was known stays as it was for whoever holds it."""
    before = {_A: _ONE}

    assert merged(before, {_A: _TWO}) == {_A: _ONE | _TWO}
    assert before == {_A: _ONE}


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ((42,), ("42",)),
        (("42",), ("42",)),
        ((Decimal("42.0"),), ("42",)),
        ((42.0,), ("42",)),
        ((Decimal("4.5"), "a"), ("4.5", "a")),
    ],
)
def test_one_number_is_one_key_however_it_is_stored(key: tuple[object, ...], text: tuple[str, ...]) -> None:
    """A column of numbers refers to one of texts."""
    assert written(key) == text
