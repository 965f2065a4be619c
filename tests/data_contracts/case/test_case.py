"""The table of moves: complete, and every case comes to an end."""

from datetime import UTC, date, datetime

import pytest

from data_contracts.case.case import ENDED, MOVES, Case, may_move
from data_contracts.vocabulary import CaseState, Channel, Right


def reachable(origin: CaseState) -> set[CaseState]:
    """States that can follow ``origin``, now or later."""
    seen: set[CaseState] = set()
    frontier = {origin}
    while frontier:
        frontier = set().union(*(MOVES[state] for state in frontier)) - seen
        seen |= frontier
    return seen


def test_every_state_has_its_row() -> None:
    """No state is missing from the table, and each but the first can be reached."""
    assert set(MOVES) == set(CaseState)
    assert reachable(CaseState.RECEIVED) | {CaseState.RECEIVED} == set(CaseState)


@pytest.mark.parametrize("state", sorted(set(CaseState) - {CaseState.PURGED}))
def test_every_case_can_end(state: CaseState) -> None:
    """From wherever a case stands there is a way to its purge."""
    assert CaseState.PURGED in reachable(state)


@pytest.mark.parametrize("state", [CaseState.LOCATED, CaseState.PLANNED, CaseState.ACTING])
@pytest.mark.parametrize("origin", [CaseState.RECEIVED, CaseState.ACKNOWLEDGED, CaseState.IDENTITY_ASKED])
def test_identity_first(origin: CaseState, state: CaseState) -> None:
    """Law 4: nothing is located, planned or changed in one move from before identity is verified."""
    assert not may_move(origin, state)


@pytest.mark.parametrize("state", CaseState)
def test_case_knows_that_it_ended(state: CaseState) -> None:
    """A case is ended once it is archived, and stays so."""
    at = datetime(2027, 3, 5, tzinfo=UTC)
    case = Case("C-1", Right.ACCESS, Channel.FORM, "fr", state, "", at, date(2027, 4, 5), at, None)

    assert case.is_ended == (state in ENDED)
    assert not case.is_ended or MOVES[state] <= ENDED
