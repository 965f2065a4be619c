"""Law 4, Art. 12(6): nothing is located, disclosed or changed before identity is verified."""

import pytest

from data_contracts.errors import AnswerRefused
from data_contracts.vocabulary import Decision, Gate, Right
from tasks.services import services
from tests.flows.company import House, Recording


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
def test_no_system_is_touched_before_identity_is_verified(house: House, systems: Recording, right: Right) -> None:
    """A case that waits for its identity check has asked no system for a connector."""
    case_id = house.open(right)

    entry = house.run(case_id)

    assert entry is not None
    assert entry.gate is Gate.IDENTITY
    assert systems.asked == []


def test_verified_identity_lets_the_search_begin(house: House, systems: Recording) -> None:
    """Once a person said how identity was checked, every system is searched."""
    case_id = house.open(Right.ACCESS)

    house.until(Gate.APPROVAL, case_id)

    assert set(systems.asked) == set(systems.names())


def test_failed_identity_is_refused_and_told(house: House, systems: Recording) -> None:
    """A data subject who could not prove who they are is told why, and no system was touched."""
    case_id = house.open(Right.ACCESS)
    entry = house.until(Gate.IDENTITY, case_id)

    house.answer(entry, Decision.REFUSE, reason="The call-back number belongs to somebody else.")

    assert house.walk(case_id) == "identity_failed"
    assert "The call-back number belongs to somebody else." in house.mails()[-1]
    assert house.states(case_id) == ["received", "acknowledged", "identity_failed", "subject_told", "archived"]
    assert systems.asked == []


def test_asking_for_more_proof_writes_to_the_subject_and_asks_again(house: House, systems: Recording) -> None:
    """The data subject gets a mail, the case stands still, and the gate asks a new question."""
    case_id = house.open(Right.ACCESS)
    first = house.until(Gate.IDENTITY, case_id)

    house.answer(first, Decision.ASK_MORE)
    second = house.run(case_id)

    assert second is not None
    assert (second.gate, second.outcome) == (Gate.IDENTITY, None)
    assert second.digest != first.digest
    assert house.mails()[-1].startswith("Please confirm that it is you")
    assert house.states(case_id)[-1] == "identity_asked"
    assert systems.asked == []


def test_each_request_for_proof_is_a_mail_of_its_own(house: House) -> None:
    """Proof asked for twice is two mails, then identity can be verified."""
    case_id = house.open(Right.ACCESS)

    for _ in range(2):
        house.answer(house.until(Gate.IDENTITY, case_id), Decision.ASK_MORE)

    assert house.walk(case_id) == "granted"
    assert sum(mail.startswith("Please confirm that it is you") for mail in house.mails()) == 2
    assert house.states(case_id).count("identity_asked") == 2


def test_way_of_checking_must_be_enough(house: House) -> None:
    """What somebody knows is not enough to erase, and the gate stays open."""
    entry = house.until(Gate.IDENTITY, house.open(Right.ERASURE))

    with pytest.raises(AnswerRefused, match="not enough for this right"):
        house.answer(entry, Decision.APPROVE, reference="facts")

    assert house.gate(entry.case_id, Gate.IDENTITY, entry.subject).outcome is None


@pytest.mark.parametrize("decision", [Decision.APPROVE, Decision.REFUSE])
def test_proofs_are_destroyed_once_checked(house: House, decision: Decision) -> None:
    """What was shown as proof is gone after the check, whatever it said (Art. 5(1)(c))."""
    case_id = house.open(Right.ACCESS)
    with services().vault.write(case_id, "proof.id_document") as blob:
        blob.write(b"a document")
    entry = house.until(Gate.IDENTITY, case_id)

    house.answer(entry, decision, reference="id_document", reason="It is another person's.")
    house.run(case_id)

    assert "proof.id_document" not in services().vault.names(case_id)
