"""People of an incident: counted by account, in whatever order their rows are read (Art. 33(3)(a))."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.rules.search.persons import Paper, People, Person, Sighting

_ACCOUNTS = frozenset({"customer_no"})
_MAIL = ("email", "ana@x.example")
_PHONE = ("phone", "+33612345678")


def a_row(**said: Any) -> Sighting:
    """What a row says."""
    return Sighting(**said)


def an_account(name: str, **said: Any) -> Sighting:
    """The row of an account."""
    return a_row(own=(("customer_no", name),), **said)


def settled(affected: list[Sighting], others: list[Sighting] = []) -> list[Person]:  # noqa: B006  # not changed
    """Everybody who is affected."""
    people = People(_ACCOUNTS)
    for is_affected, rows in ((True, affected), (False, others)):
        for row in rows:
            people.see(row, is_affected=is_affected)
    return people.settled()


@pytest.mark.parametrize(
    ("affected", "others", "count"),
    [
        ([an_account("C1"), an_account("C1")], [], 1),
        ([an_account("C1", keys=(_MAIL,)), an_account("C2", keys=(_MAIL,))], [], 2),
        ([an_account("C1", keys=(_MAIL,)), a_row(keys=(_MAIL, ("shop_id", "9")))], [], 1),
        ([an_account("C1", held=(_MAIL,)), a_row(bare=(_MAIL,))], [], 1),
        ([an_account("C1", held=(_PHONE,)), an_account("C2", held=(_PHONE,))], [], 2),
        ([a_row(bare=(_PHONE,))], [an_account("C1", held=(_PHONE,)), an_account("C2", held=(_PHONE,))], 2),
        ([a_row(bare=(_PHONE,))], [an_account("C1")], 1),
        ([a_row(own=(("row", "t", 1),)), a_row(links=(("row", "t", 1),))], [], 1),
        ([a_row(links=(("customer_no", "C1"), ("customer_no", "C2")))], [an_account("C1"), an_account("C2")], 1),
        ([a_row()], [], 0),
    ],
)
def test_people_are_counted_by_account(affected: list[Sighting], others: list[Sighting], count: int) -> None:
    """What joins rows, and what never does."""
    assert len(settled(affected, others)) == count


def test_best_address_is_taken_and_papers_are_kept_of_whoever_has_none() -> None:
    """What we vouch for comes before what somebody typed; the language is that of any of their rows."""
    typed = an_account("C1", addresses=((1_000, "typed@x.example", "fr"),))
    vouched = an_account("C1", addresses=((0, "ana@x.example", ""),))
    paper = Paper("Ben", ("Lane 1",))

    told = settled([typed, an_account("C2", paper=paper)], [vouched])

    assert told == [Person("ana@x.example", "fr"), Person("", "", (paper,))]


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 4), max_size=8), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_count(drawn: list[tuple[int, int, int, int]], chance: random.Random) -> None:
    """However systems order their rows, there are as many people, and each account among them is one."""
    rows = [_drawn(*one) for one in drawn]
    mixed = chance.sample(rows, len(rows))

    people = settled(rows)

    accounts = {node for row in rows for node in row.own}
    assert len(people) == len(settled(mixed))
    assert len(people) >= len(accounts)


def _drawn(account: int, mail: int, phone: int, cell: int) -> Sighting:
    keys = ((("email", f"m{mail}"),) if mail else ()) if account else ()
    typed = tuple(("email", f"m{mail}") for _ in range(1) if mail and not account)
    held = ((("phone", f"p{phone}"),) if phone else ()) if account else ()
    own = (("customer_no", f"C{account}"),) if account else ()
    return Sighting(own=own, keys=keys, held=held, bare=typed, addresses=((cell, f"a{cell}", ""),))
