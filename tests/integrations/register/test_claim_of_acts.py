"""Law 14: the claim of an act asks, in its own transaction, that the case may act."""

import threading
from collections.abc import Mapping

import pytest
import sqlalchemy as sa

from data_contracts.case.confirmed import ACTED, OF_LIFTING, OF_PLAN
from data_contracts.errors import ActRefused
from data_contracts.vocabulary import CaseState
from integrations.register import SqlRegister
from integrations.register.tables import tables
from tests.forging import forged
from tests.integrations.register.examples import a_request

_LIFE = (
    CaseState.ACKNOWLEDGED,
    CaseState.IDENTITY_VERIFIED,
    CaseState.LOCATED,
    CaseState.PLANNED,
    CaseState.APPROVED,
    CaseState.ACTING,
    CaseState.VERIFIED,
)
_RECEIPTS: Mapping[str, Mapping[str, object]] = {
    "plan": {"digest": "d1"},
    "approve": {"approved": True, "plan": "d1"},
    "confirm": {"digest": "d1"},
}


def stands(
    register: SqlRegister, case_id: str, at: CaseState, receipts: Mapping[str, Mapping[str, object]] = _RECEIPTS
) -> None:
    """Bring a case there, with these receipts."""
    for number, state in enumerate(_LIFE[: _LIFE.index(at) + 1]):
        register.complete(case_id, f"move {number}", receipt={}, record=None, move=(state, "test"))
    for step, receipt in receipts.items():
        register.complete(case_id, step, receipt=receipt, record=None)


def test_confirmed_act_is_claimed(register: SqlRegister, case_id: str) -> None:
    """The case acts, under the very plan that was approved and confirmed."""
    stands(register, case_id, CaseState.ACTING)

    assert register.claim(case_id, "erase", "crm", confirmed=forged(case_id, "d1")).attempts == 1
    assert register.claim(case_id, "erase", "crm", confirmed=forged(case_id, "d1")).attempts == 2


@pytest.mark.parametrize("state", [state for state in _LIFE if state is not CaseState.ACTING], ids=str)
def test_case_that_stands_elsewhere_does_not_act(register: SqlRegister, case_id: str, state: CaseState) -> None:
    """Whatever its receipts say."""
    stands(register, case_id, state)

    with pytest.raises(ActRefused, match=f"a case that is {state}"):
        register.claim(case_id, "erase", "crm", confirmed=forged(case_id, "d1"))
    assert register.step(case_id, "erase", "crm") is None


@pytest.mark.parametrize(
    "receipts",
    [
        {name: receipt for name, receipt in _RECEIPTS.items() if name != "plan"},
        {name: receipt for name, receipt in _RECEIPTS.items() if name != "approve"},
        {name: receipt for name, receipt in _RECEIPTS.items() if name != "confirm"},
        {**_RECEIPTS, "plan": {"digest": "d2"}},
        {**_RECEIPTS, "approve": {"approved": True, "plan": "d2"}},
        {**_RECEIPTS, "approve": {"approved": False, "plan": "d1"}},
        {**_RECEIPTS, "confirm": {"digest": "d2"}},
    ],
    ids=["no plan", "not asked", "not confirmed", "other plan", "other approved", "refused", "other confirmed"],
)
def test_receipts_must_name_the_very_plan(
    register: SqlRegister, case_id: str, receipts: Mapping[str, Mapping[str, object]]
) -> None:
    """Planned, approved by people and confirmed: each of the three, of the same digest."""
    stands(register, case_id, CaseState.ACTING, receipts)

    with pytest.raises(ActRefused, match="not what was approved"):
        register.claim(case_id, "erase", "crm", confirmed=forged(case_id, "d1"))
    assert register.step(case_id, "erase", "crm") is None


def test_claimed_receipt_is_no_receipt(register: SqlRegister, case_id: str) -> None:
    """A confirmation that was begun and not finished confirms nothing."""
    stands(register, case_id, CaseState.ACTING, {name: _RECEIPTS[name] for name in ("plan", "approve")})
    register.claim(case_id, "confirm")

    with pytest.raises(ActRefused):
        register.claim(case_id, "erase", "crm", confirmed=forged(case_id, "d1"))


def test_confirmation_is_good_for_its_own_case(register: SqlRegister, case_id: str) -> None:
    """Another case's is refused before anything is looked up."""
    stands(register, case_id, CaseState.ACTING)

    with pytest.raises(ActRefused, match="another case's"):
        register.claim(case_id, "erase", "crm", confirmed=forged("C-2222-2222", "d1"))


def test_mail_that_was_handed_over_is_asked_about_again(register: SqlRegister, case_id: str) -> None:
    """What may have left is not sent again for a case that must not be told."""
    stands(register, case_id, CaseState.VERIFIED)
    told = ACTED[OF_PLAN]
    register.claim(case_id, "notice.answer", confirmed=forged(case_id, "d1"), states=told)
    register.hand_over(case_id, "notice.answer")

    assert register.claim(case_id, "notice.answer", confirmed=forged(case_id, "d1"), states=told).state == "handed_over"
    with pytest.raises(ActRefused):
        register.claim(case_id, "notice.answer", confirmed=forged(case_id, "d2"), states=told)


def test_done_act_is_told_wherever_the_case_stands(register: SqlRegister, case_id: str) -> None:
    """A life that starts again reads the receipt, and changes nothing."""
    stands(register, case_id, CaseState.VERIFIED)
    register.complete(case_id, "erase", "crm", receipt={"rows": {}}, record=None)

    assert register.claim(case_id, "erase", "crm", confirmed=forged(case_id, "d1")).state == "done"


def test_lifting_stands_on_a_decision_of_its_own(register: SqlRegister, case_id: str) -> None:
    """Art. 18(3): the receipts of the case's plan let nobody lift."""
    stands(register, case_id, CaseState.VERIFIED)
    lifting, states = forged(case_id, "d9", OF_LIFTING), {CaseState.VERIFIED}

    with pytest.raises(ActRefused):
        register.claim(case_id, "unmark", "crm", confirmed=lifting, states=states)
    register.complete(case_id, "confirm", OF_LIFTING, receipt={"digest": "d9"}, record=None)

    assert register.claim(case_id, "unmark", "crm", confirmed=lifting, states=states).state == "claimed"


def test_state_is_asked_in_the_transaction_of_the_claim(shared: SqlRegister) -> None:
    """A claim that began while another process moves the case waits for it, and sees where it went."""
    register, case_id = shared, shared.open_case(a_request()).case_id
    stands(register, case_id, CaseState.ACTING)
    outcomes: list[object] = []

    def claiming() -> None:
        try:
            outcomes.append(register.claim(case_id, "erase", "crm", confirmed=forged(case_id, "d1")))
        except ActRefused as refused:
            outcomes.append(refused)

    other = threading.Thread(target=claiming)
    with register._database.write() as connection:
        moved = sa.update(tables.cases).where(tables.cases.c.case_id == case_id).values(state="verified")
        connection.execute(moved)
        other.start()
        other.join(0.5)
        waited = other.is_alive()
    other.join()

    assert waited
    assert [type(outcome) for outcome in outcomes] == [ActRefused]
