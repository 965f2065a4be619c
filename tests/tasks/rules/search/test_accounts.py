"""Law 8: what a person's answer about accounts means for a search."""

from decimal import Decimal

import pytest

from data_contracts.errors import AnswerRefused
from data_contracts.vocabulary import Decision, Gate
from tasks.rules.search.accounts import Said, Shown, admission, check_chosen, masked, named_accounts
from tasks.rules.search.found import written

_SHOWN = Shown((("no", "C1"), ("no", "C2")), (True, True), (("phone", "+33612345678"),))


def test_nobody_asked_is_no_admission() -> None:
    """Until a person answered, the search goes by its own rules."""
    assert admission([], {}) is None


def test_chosen_takes_in_what_is_listed() -> None:
    """Accounts and keys by their numbers, and nothing else that was shown."""
    said = admission([Said(_SHOWN, Decision.CHOSEN, "A2 K1")], {})

    assert said is not None
    assert said.accounts == {"no": frozenset({("C2",)})}
    assert said.keys == {"phone": frozenset({"+33612345678"})}
    assert not said.is_final


def test_all_takes_in_every_account_and_no_key() -> None:
    """That all accounts are hers says nothing of a telephone that was mentioned."""
    said = admission([Said(_SHOWN, Decision.ALL)], {})

    assert said is not None
    assert said.accounts == {"no": frozenset({("C1",), ("C2",)})}
    assert said.keys == {}


@pytest.mark.parametrize(("named", "taken"), [({}, []), ({"no": frozenset({"C2"})}, ["A2"])])
def test_named_enters_accounts_whose_own_number_was_named(named: dict[str, frozenset[str]], taken: list[str]) -> None:
    """Of several accounts that hold a named key none is entered by that alone."""
    said = admission([Said(_SHOWN, Decision.NAMED)], named)

    assert named_accounts(_SHOWN, named) == taken
    assert said is not None
    assert said.is_final
    assert sum(map(len, said.accounts.values())) == len(taken)


def test_named_enters_the_only_account_that_holds_a_proven_key() -> None:
    """The other one was reached by something that nobody proved."""
    shown = Shown((("no", "C1"), ("no", "C2")), (False, True))

    assert named_accounts(shown, {}) == ["A2"]


@pytest.mark.parametrize("reference", ["", "A3", "K2", "A1 B1", "C1", "A1,A2"])
def test_chosen_lists_numbers_that_were_shown(reference: str) -> None:
    """Anything else is refused, and the gate stays open."""
    with pytest.raises(AnswerRefused, match="not named"):
        check_chosen(Gate.SUBJECTS, Decision.CHOSEN, reference, _SHOWN)


def test_other_answers_list_nothing() -> None:
    """The reference of another answer, or at another gate, is something else."""
    check_chosen(Gate.SUBJECTS, Decision.ALL, "TICKET-1", _SHOWN)
    check_chosen(Gate.APPROVAL, Decision.CHOSEN, "TICKET-1", _SHOWN)
    check_chosen(Gate.SUBJECTS, Decision.CHOSEN, "A1 A2 K1", _SHOWN)


def test_short_key_is_not_shown_at_all() -> None:
    """Of a key of four signs nothing is left to show."""
    assert masked("verbatim", "C-47") == "•••"


@pytest.mark.parametrize("value", [42, "42", Decimal("42.00"), 42.0])
def test_key_of_another_type_is_the_same_key(value: object) -> None:
    """A column of numbers and one of texts may hold the two ends of a reference."""
    assert written((value,)) == ("42",)
