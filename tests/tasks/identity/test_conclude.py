"""Law 4: identity is concluded once, in one order, whoever concludes it."""

from datetime import timedelta

import pytest

from data_contracts.vocabulary import CaseState, Decision, Gate, Right
from tasks.case.clock import IDENTITY, PROOF_CAME, today
from tasks.gates.gates import Question, open_gate
from tasks.identity.conclude import Conclusion, conclude_identity
from tasks.services import services
from tests.flows.company import House

_CALLED_BACK = "called back"


@pytest.fixture
def case_id(house: House) -> str:
    """A case that waits for an operator to say who asks."""
    return house.until(Gate.IDENTITY, house.open(Right.ACCESS)).case_id


def _concluded(**more: object) -> Conclusion:
    return Conclusion(cause=_CALLED_BACK, on=today(), method="call_back", **more)  # type: ignore[arg-type]  # its fields


def test_what_was_concluded_first_stands(house: House, case_id: str) -> None:
    """A second conclusion says so and touches nothing: neither a document that came since, nor whose the case is."""
    assert conclude_identity(case_id, _concluded(identity={"email": ["ann@x.example"]}))
    with services().vault.write(case_id, "proof.identity.later") as blob:
        blob.write(b"a card")
    keys, moves = services().register.subject_keys(case_id), house.states(case_id)

    again = conclude_identity(case_id, _concluded(identity={"email": ["somebody.else@x.example"]}))

    assert not again
    assert services().vault.has(case_id, "proof.identity.later")
    assert (services().register.subject_keys(case_id), house.states(case_id)) == (keys, moves)


def test_nobody_is_asked_any_more(case_id: str) -> None:
    """Neither who asks, nor whether a link or a reminder may have left."""
    open_gate(
        case_id, Question(Gate.UNCERTAIN_MAIL, "Did it leave?", {"mail": 1}, (Decision.SENT, Decision.SEND_AGAIN))
    )

    conclude_identity(case_id, _concluded())

    open_ones = {entry.gate for entry in services().register.gates(case_id, open_only=True)}
    assert open_ones.isdisjoint({Gate.IDENTITY, Gate.UNCERTAIN_MAIL})


def test_proof_that_came_before_more_was_asked_for_ends_the_wait_on_the_day_it_began(house: House) -> None:
    """The clock never runs backwards into a pause that had not begun."""
    entry = house.until(Gate.IDENTITY, house.open(Right.ACCESS))
    house.clock.advance(timedelta(days=5))
    house.answer(entry, Decision.ASK_MORE)
    house.run(entry.case_id)
    case = services().register.case(entry.case_id)
    assert case.awaits_proof
    asked_on = today()

    house.clock.advance(timedelta(days=2))
    conclude_identity(entry.case_id, _concluded(said_on=asked_on - timedelta(days=3)))

    noted = services().register.step(entry.case_id, IDENTITY)
    assert noted is not None
    assert noted.receipt[PROOF_CAME] == asked_on.isoformat()
    assert services().register.case(entry.case_id).state is CaseState.IDENTITY_VERIFIED
