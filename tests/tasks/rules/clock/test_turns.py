"""Cases of one data subject act one after the other: what is erased can be neither shown nor put right."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.case.case import Case
from data_contracts.case.rights import FACTS_OF
from data_contracts.vocabulary import CaseState, Channel, Right
from tasks.rules.clock.turns import come_first

_ORDER = sorted(Right, key=lambda right: FACTS_OF[right].place)
AT = datetime(2026, 3, 31, 10, tzinfo=UTC)


def a_case(name: str, right: Right = Right.ERASURE, state: CaseState = CaseState.APPROVED, days: int = 0) -> Case:
    """A case received some days after the others."""
    at = AT + timedelta(days=days)
    return Case(name, right, Channel.FORM, "fr", state, "", at, date(2026, 4, 30), at, None)


def test_every_right_has_its_place() -> None:
    """No right is left out of the order."""
    assert len({FACTS_OF[right].place for right in Right}) == len(Right)
    assert _ORDER[-1] is Right.ERASURE


@pytest.mark.parametrize(("first", "then"), list(pairwise(_ORDER)))
def test_order_of_rights(first: Right, then: Right) -> None:
    """Whatever arrived first, what shows comes before what changes, and what erases comes last."""
    early, late = a_case("C-1", then), a_case("C-2", first, days=3)

    assert come_first(early, [late]) == ["C-2"]
    assert come_first(late, [early]) == []


def test_of_one_right_the_first_received_comes_first() -> None:
    """Two requests of one right are carried out in the order they came."""
    assert come_first(a_case("C-1", days=1), [a_case("C-2")]) == ["C-2"]


@pytest.mark.parametrize("state", CaseState)
def test_who_waits_for_whom(state: CaseState) -> None:
    """A verified case that has not acted yet, or acts now, is waited for; an unverified one holds nobody up."""
    waited_for = {
        CaseState.IDENTITY_VERIFIED, CaseState.LOCATED, CaseState.PLANNED, CaseState.APPROVED, CaseState.ACTING,
    }  # fmt: skip

    assert bool(come_first(a_case("C-1"), [a_case("C-2", Right.ACCESS, state)])) == (state in waited_for)


def test_case_that_acts_is_waited_for_by_all() -> None:
    """An erasure that has begun is not overtaken."""
    acting = a_case("C-2", Right.ERASURE, CaseState.ACTING)

    assert come_first(a_case("C-1", Right.ACCESS), [acting]) == ["C-2"]


def test_first_to_act_stands_first() -> None:
    """Those that are waited for are named in the order they act."""
    others = [a_case("C-2", Right.OBJECTION), a_case("C-3", Right.ACCESS), a_case("C-4", Right.RECTIFICATION)]

    assert come_first(a_case("C-1"), others) == ["C-3", "C-4", "C-2"]


@given(st.lists(st.tuples(st.sampled_from(list(Right)), st.integers(0, 30)), min_size=1, max_size=6))
def test_somebody_can_always_act(asked: list[tuple[Right, int]]) -> None:
    """Of cases that are all ready, exactly one waits for nobody: no two wait for each other."""
    cases = [replace(a_case(f"C-{n}", right, days=days)) for n, (right, days) in enumerate(asked)]

    free = [case for case in cases if not come_first(case, [c for c in cases if c != case])]

    assert len(free) == 1
