"""Whose rows came back, told by digests alone; every answer of the rule, without a system."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_contracts.case.erased import ErasedKey, RowHit
from data_contracts.case.subjects import SubjectKey
from tasks.rules.search.returned import (
    Gathering,
    HeldKey,
    ReturnedPerson,
    hit_of,
    joined,
    kept_of,
    listed_by_digest,
    needs_a_look,
)

_AT = datetime(2026, 3, 31, tzinfo=UTC)


def _listed(digest: str, case_id: str = "C-1", *stays: str) -> ErasedKey:
    return ErasedKey(SubjectKey("email", digest), case_id, _AT, stays)


def _held(digest: str, column: str = "mail", *, is_account: bool = False) -> HeldKey:
    return HeldKey(column, "no" if is_account else "email", f"value of {digest}", digest, is_account)


def test_row_without_a_listed_key_is_nobodys() -> None:
    """Neither by what is on no list, nor where the erasure left the key."""
    listed = listed_by_digest([_listed("a", "C-1", "crm.customer.mail")])

    assert hit_of("crm", "customer", [_held("b")], listed) is None
    assert hit_of("crm", "customer", [_held("a")], listed) is None
    assert kept_of("customer", [_held("b")], listed) is None


def test_kept_key_is_somebodys_where_it_is_about_to_go() -> None:
    """The end of a hold asks for what was kept, which is no return."""
    listed = listed_by_digest([_listed("a", "C-1", "crm.customer.mail")])

    hit = kept_of("customer", [_held("a")], listed)

    assert hit == RowHit("customer", frozenset({"C-1"}), {"email": frozenset({"value of a"})}, None)


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        pytest.param([], None, id="names no account"),
        pytest.param([_held("n", "no", is_account=True)], True, id="the erased one"),
        pytest.param([_held("other", "no", is_account=True)], False, id="another one"),
        pytest.param([_held("n", "no", is_account=True), _held("x", "old", is_account=True)], False, id="both"),
    ],
)
def test_account_tells_a_return_from_a_new_customer(account: list[HeldKey], expected: bool | None) -> None:  # noqa: FBT001  # three answers
    """Also where the number itself may stand there: it is on the list all the same."""
    listed = listed_by_digest([_listed("a"), _listed("n", "C-1", "crm.customer.no")])

    hit = hit_of("crm", "customer", [_held("a"), *account], listed)

    assert hit is not None
    assert hit.is_same_account is expected
    assert "other" not in str(hit.identity)


def test_people_are_told_apart_and_joined_by_their_cases() -> None:
    """Two cases of one row are one person's; rows are counted by place, and one strange account is enough to doubt."""
    gathered = Gathering()
    one, both, two = frozenset({"C-1"}), frozenset({"C-1", "C-2"}), frozenset({"C-3"})
    gathered.add("crm", RowHit("customer", one, {"email": frozenset({"a"})}, is_same_account=True))
    gathered.add("crm", RowHit("letter", both, {"email": frozenset({"b"})}, None))
    gathered.add("crm", RowHit("letter", both, {"no": frozenset({"7"})}, None))
    gathered.add("crm", RowHit("customer", two, {}, is_same_account=True))
    gathered.add("crm", RowHit("customer", two, {}, is_same_account=False))

    first, second = gathered.people()

    assert (first.cases, first.rows) == (both, {"crm.customer": 1, "crm.letter": 2})
    assert first.identity == {"email": frozenset({"a", "b"}), "no": frozenset({"7"})}
    assert (first.is_same_account, second.is_same_account) == (True, False)


@given(st.permutations([{"C-1"}, {"C-1", "C-2"}, {"C-3"}, {"C-4", "C-5"}, {"C-2", "C-4"}]))
def test_order_of_finding_does_not_matter(order: list[set[str]]) -> None:
    """Who has a case in common is one person, whatever was found first."""
    people = joined(ReturnedPerson(frozenset(cases), {}, {"crm.t": 1}, frozenset()) for cases in order)

    assert [(sorted(one.cases), one.rows) for one in people] == [
        (["C-1", "C-2", "C-4", "C-5"], {"crm.t": 4}),
        (["C-3"], {"crm.t": 1}),
    ]


_LINE: dict[str, Any] = {"note": "", "rows": 2}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, False),
        ({"lines": [{"note": "shared", "rows": 0}]}, False),
        ({"lines": [_LINE, {"note": "shared", "rows": 1}]}, True),
        ({"unreached": [["crm", "old.raw", 1]]}, True),
        ({"not_looked": [["crm: big", "too_long"]]}, True),
        ({"by_hand": [["crm", "TICKET-1"]]}, True),
        ({"rehearsed": [{"system": "crm", "left_out": [], "appeared": []}]}, False),
        ({"rehearsed": [{"system": "crm", "left_out": [["t", "locked", ""]], "appeared": []}]}, True),
        ({"rehearsed": [{"system": "crm", "left_out": [], "appeared": [["log", 1]]}]}, True),
    ],
)
def test_order_answers_no_plan_that_touches_more(more: dict[str, Any], expected: bool) -> None:  # noqa: FBT001  # a table of cases
    """Places beside the contract, rows of several people, what was not looked at or tried: people read it."""
    assert needs_a_look({"lines": [_LINE], "by_hand": []} | more) is expected
