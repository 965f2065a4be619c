"""Charter P2: what another controller decides about is referred to it."""

from typing import Any

import pytest

from data_contracts.company.company import Party
from data_contracts.company.contract import Contracts
from data_contracts.vocabulary import PartyRole
from tasks.rules.search.partners import is_all_referred, is_ours
from tests.tasks.rules.examples import a_table, contracts_of


def _contracts() -> Contracts:
    """A set whose vocabulary knows a partner, and one that decides together with us."""
    made = contracts_of(a_table("t"))
    parties = {
        name: Party(role=PartyRole.CONTROLLER, name=name, country="FR", joint=name == "joint")
        for name in ("acme", "partner", "joint")
    }
    return Contracts(made.systems, made.vocabulary.model_copy(update={"parties": parties}), made.digest)


@pytest.mark.parametrize(
    ("controller", "ours"),
    [("", True), ("acme", True), ("joint", True), ("partner", False), ("unheard of", False)],
)
def test_data_are_ours_alone_or_together(controller: str, *, ours: bool) -> None:
    """Art. 26(3): with joint controllers the data subject may turn to either."""
    assert is_ours(a_table("t", controller=controller), _contracts().vocabulary) is ours


def _line(action: str, rows: int) -> dict[str, Any]:
    return {"action": action, "rows": rows}


@pytest.mark.parametrize(
    ("lines", "by_hand", "is_referred"),
    [
        ([_line("refer", 2), _line("delete", 0)], {}, True),
        ([_line("refer", 2), _line("keep", 1)], {}, False),
        ([_line("refer", 0), _line("delete", 0)], {}, False),
        ([], {}, False),
        ([_line("refer", 2)], {"billing": "T-1"}, False),
    ],
)
def test_all_is_referred_when_nothing_else_was_found(
    lines: list[dict[str, Any]], by_hand: dict[str, str], *, is_referred: bool
) -> None:
    """Rows of ours, nothing at all, or a system that a person looks into: then it is not all another's."""
    assert is_all_referred(lines, by_hand=by_hand) is is_referred
