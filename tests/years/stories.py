"""Steps of the machine, written out: each shows a fault where one control of the software is taken away."""

from collections.abc import Callable
from typing import Final

from data_contracts.vocabulary import Right
from tests.years.machine import Years


def a_part_is_lost_before_the_act(years: Years) -> None:
    """The keys of a system are gone when its rows are to be erased: nothing is proven."""
    years.begin(days=0, right=Right.ERASURE, far=2)
    years.kill(which=0, kind="carry_out", number=0, when="before", is_lost=False)
    names = [file.name for file in years.world.blobs() if file.suffix != ".mark"]
    years.lose_blob(which=next(number for number, name in enumerate(names) if name.startswith("keys.shop")))
    years.carry(which=0, far=3)


def the_register_is_lost_with_a_letter(years: Years) -> None:
    """The process dies when the letter has left, and a copy of the register is all that is left: the case is held."""
    years.begin(days=0, right=Right.ERASURE, far=1)
    years.copy()
    years.kill(which=0, kind="deliver", number=0, when="after", is_lost=True)
    assert not years.world.is_open
    years.recover(is_let_go=True)
    years.carry(which=0, far=5)


def register_and_vault_are_put_back(years: Years) -> None:
    """Both are of before the act: nobody is asked again as if nothing had been done."""
    years.begin(days=0, right=Right.ERASURE, far=1)
    years.copy()
    years.carry(which=0, far=4)
    years.put_register_back(which=0)
    years.recover(is_let_go=True)
    years.put_vault_back(which=0)
    years.carry(which=0, far=5)


def rows_come_after_people_approved(years: Years) -> None:
    """Two notes more than people saw: they are asked again."""
    years.begin(days=0, right=Right.ERASURE, far=1)
    years.agree(which=0, times=2)
    years.happen(("shop", "notes"))
    years.happen(("shop", "notes"))
    years.carry(which=0, far=2)


def one_of_two_leaves(years: Years) -> None:
    """Before the case acts: a third person is asked."""
    years.begin(days=0, right=Right.ERASURE, far=1)
    years.agree(which=0, times=2)
    years.change_operator("claire", "removed")
    years.carry(which=0, far=1)


def a_letter_left_and_is_not_noted(years: Years) -> None:
    """A person looks at the mail server; it is not sent again."""
    years.begin(days=0, right=Right.ERASURE, far=2)
    years.kill(which=0, kind="deliver", number=0, when="after", is_lost=False)
    years.carry(which=0, far=3)


def a_value_is_written_back_before_the_proof(years: Years) -> None:
    """What was masked is there again: it is not proven to be gone."""
    years.begin(days=0, right=Right.ERASURE, far=2)
    years.kill(which=0, kind="complete(erase", number=1, when="after", is_lost=False)
    years.happen("town")
    years.carry(which=0, far=3)


def contracts_change_between_confirmation_and_act(years: Years) -> None:
    """What was approved as kept stays, whatever they say now."""
    years.begin(days=0, right=Right.ERASURE, far=2)
    years.kill(which=0, kind="carry_out", number=0, when="before", is_lost=False)
    years.change_contracts("invoices free")
    years.carry(which=0, far=5)


def an_act_is_cut_off_before_it_is_noted(years: Years) -> None:
    """Its rows are counted all the same, each once."""
    years.begin(days=0, right=Right.ERASURE, far=2)
    years.kill(which=0, kind="carry_out", number=1, when="after", is_lost=False)
    years.carry(which=0, far=5)


STORIES: Final[tuple[Callable[[Years], None], ...]] = (
    a_part_is_lost_before_the_act,
    the_register_is_lost_with_a_letter,
    register_and_vault_are_put_back,
    rows_come_after_people_approved,
    one_of_two_leaves,
    a_letter_left_and_is_not_noted,
    a_value_is_written_back_before_the_proof,
    contracts_change_between_confirmation_and_act,
    an_act_is_cut_off_before_it_is_noted,
)
