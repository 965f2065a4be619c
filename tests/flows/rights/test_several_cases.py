"""Several requests of one data subject: the same one is handled once, different ones act one after the other."""

from datetime import timedelta
from typing import Any

import pytest

from data_contracts.case.request import Statement
from data_contracts.vocabulary import Decision, ErasureGround, Gate, Requester, Right
from tasks.life.turns import waits_for
from tasks.services import services
from tests.flows.company import House

_HOUR = timedelta(hours=1)


def verified(house: House, right: Right, **typed: Any) -> str:
    """A case whose data subject is verified, as far as it goes without an approval."""
    case_id = house.open(right, **typed)
    house.clock.advance(_HOUR)
    entry = house.until(Gate.IDENTITY, case_id)
    house.answer(entry, Decision.APPROVE, reference="id_document")
    house.run(case_id)
    return case_id


def approved(house: House, case_id: str) -> None:
    """Everybody who must has approved; the case goes as far as it can then."""
    entry = house.until(Gate.APPROVAL, case_id)
    while entry.outcome is None:
        entry = house.agree(entry)
    house.run(case_id)


def linked(house: House, case_id: str) -> str:
    """The case that it is a duplicate of."""
    return house.installation.register.case(case_id).linked_to


# --- duplicates ---


def test_same_request_is_handled_once(house: House) -> None:
    """The second ends, its data subject is told where it is handled, and the first goes on."""
    first = verified(house, Right.ACCESS)

    second = verified(house, Right.ACCESS)

    assert (house.outcome(second), linked(house, second)) == ("duplicate", first)
    assert f"under the reference {first}" in house.mails()[-1]
    assert house.states(second)[-3:] == ["identity_verified", "duplicate", "archived"]
    assert house.walk(first) == "granted"


def test_before_verification_nobody_learns_of_a_case(house: House) -> None:
    """A stranger who names somebody's address gets the same words as anybody."""
    verified(house, Right.ACCESS)

    second = house.open(Right.ACCESS)
    house.until(Gate.IDENTITY, second)

    assert linked(house, second) == ""
    assert house.installation.register.subject_keys(second) == []


def test_unverified_case_answers_for_nobody(house: House) -> None:
    """A stranger's earlier request does not swallow the data subject's."""
    house.until(Gate.IDENTITY, house.open(Right.ACCESS))

    second = verified(house, Right.ACCESS)

    assert linked(house, second) == ""
    assert house.walk(second) == "granted"


def test_ended_case_answers_for_nobody(house: House) -> None:
    """Who asks again after the answer gets another one (Art. 15(3))."""
    first = verified(house, Right.ACCESS)
    house.walk(first)

    assert linked(house, verified(house, Right.ACCESS)) == ""


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param({"statement": Statement(erasure_ground=ErasureGround.UNLAWFUL)}, id="another ground"),
        pytest.param(
            {"statement": Statement(requester=Requester.AGENT, requester_name="An agent")},
            id="somebody who acts for them",
        ),
        pytest.param({"identity": {"customer_no": ["C-404"]}}, id="somebody else"),
    ],
)
def test_other_request_is_no_duplicate(house: House, typed: dict[str, Any]) -> None:
    """What differs in what is asked, or in who asks, is carried out by itself."""
    verified(house, Right.ERASURE)

    assert linked(house, verified(house, Right.ERASURE, **typed)) == ""


def test_request_that_names_more_keys_is_no_duplicate(house: House) -> None:
    """The second would find more than the first."""
    verified(house, Right.ACCESS)
    more = {"email": [house.company.subject.email], "phone": ["+33612345678"]}

    assert linked(house, verified(house, Right.ACCESS, identity=more)) == ""


def test_register_holds_a_digest_of_what_was_asked(house: House) -> None:
    """Compared with the organisation's key, so that nobody can try words out (law 1)."""
    case_id = verified(house, Right.ERASURE, statement=Statement(situation="my words"))
    entry = services().register.step(case_id, "single")

    assert entry is not None
    assert len(str(entry.receipt["asked"])) == 64


# --- turns ---


def test_erasure_waits_for_access(house: House) -> None:
    """What was asked to be shown is shown before it is gone, whichever came first."""
    erasure = verified(house, Right.ERASURE)
    access = verified(house, Right.ACCESS)
    before = house.rows()

    approved(house, erasure)

    assert waits_for(erasure) == [access]
    assert house.gate(erasure, Gate.TURN, access).outcome is None
    assert house.rows() == before


def test_software_lets_it_go_on_when_the_other_has_ended(house: House) -> None:
    """The end of the one answers the other's gate, and the evidence says who did: nobody."""
    erasure = verified(house, Right.ERASURE)
    access = verified(house, Right.ACCESS)
    approved(house, erasure)

    house.walk(access)

    entry = house.gate(erasure, Gate.TURN, access)
    assert entry.outcome is Decision.GO_ON
    assert [(a.operator, a.proof) for a in entry.answers] == [("rightsflow", "register")]
    assert house.walk(erasure) in {"granted", "granted_in_part"}
    assert house.installation.verify_case(erasure).is_whole


def test_person_can_let_it_go_on(house: House) -> None:
    """Who has the role decides not to wait; it is asked once."""
    erasure = verified(house, Right.ERASURE)
    access = verified(house, Right.ACCESS)
    approved(house, erasure)

    house.answer(house.gate(erasure, Gate.TURN, access), Decision.GO_ON)

    assert house.walk(erasure) in {"granted", "granted_in_part"}
    assert house.outcome(access) == ""


def test_first_in_order_does_not_wait(house: House) -> None:
    """The access acts while the erasure is open."""
    verified(house, Right.ERASURE)

    assert house.walk(verified(house, Right.ACCESS)) == "granted"


def test_objection_to_direct_marketing_never_waits(house: House) -> None:
    """Art. 21(3): it ends at once, whatever else is open."""
    verified(house, Right.ACCESS)
    objection = verified(house, Right.OBJECTION, statement=Statement(direct_marketing=True))

    house.walk(objection)

    assert house.outcome(objection) == "granted"
    assert all(g.gate is not Gate.TURN for g in house.installation.register.gates(objection))


def test_other_objection_waits(house: House) -> None:
    """What is weighed can wait for what is shown first."""
    access = verified(house, Right.ACCESS)
    objection = verified(house, Right.OBJECTION, statement=Statement(sharing=True))

    assert house.gate(objection, Gate.TURN, access).outcome is None


def test_other_data_subjects_wait_for_nobody(house: House) -> None:
    """Cases that share no identity key have nothing to do with each other."""
    erasure = verified(house, Right.ERASURE)
    verified(house, Right.ACCESS, identity={"customer_no": ["C-404"]})

    assert house.walk(erasure) in {"granted", "granted_in_part"}


def test_unverified_case_holds_nobody_up(house: House) -> None:
    """A stranger cannot delay an erasure by asking for access in somebody's name."""
    erasure = verified(house, Right.ERASURE)
    house.until(Gate.IDENTITY, house.open(Right.ACCESS))

    assert house.walk(erasure) in {"granted", "granted_in_part"}
