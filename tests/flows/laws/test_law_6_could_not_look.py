"""Law 6: nothing found is a result, could not look is not; a system that fails waits for a person, the others go on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from data_contracts.connectors.connecting import LiveSchema
from data_contracts.connectors.keys import Order
from data_contracts.errors import AnswerRefused, SystemUnavailable
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, Right
from tests.flows.company import House, Passing, Recording

Break = Callable[[House, Recording], Callable[[], object]]
"""Breaks the system crm; what it returns mends it."""


def _gone(house: House, systems: Recording) -> Callable[[], object]:
    systems.hang_up()
    file = house.database("crm")
    away: Path = file.rename(file.with_suffix(".away"))
    return lambda: away.rename(file)


def _without_table(house: House, _systems: Recording) -> Callable[[], object]:
    house.ask("crm", "ALTER TABLE interaction RENAME TO contacts")
    return lambda: house.ask("crm", "ALTER TABLE contacts RENAME TO interaction")


def _without_column(house: House, _systems: Recording) -> Callable[[], object]:
    house.ask("crm", "ALTER TABLE customer RENAME COLUMN churn_score TO score")
    return lambda: house.ask("crm", "ALTER TABLE customer RENAME COLUMN score TO churn_score")


BROKEN = pytest.mark.parametrize("broken", [_gone, _without_table, _without_column])


class _Dead(Passing):
    """A system that goes away when it is acted on."""

    def carry_out(self, orders: list[Order]) -> list[int]:
        """Break off."""
        raise SystemUnavailable("the connection broke off", where=f"{self.system}, {len(orders)} orders")


class _Away(Passing):
    """A system that does not answer."""

    def describe(self) -> LiveSchema:
        """Break off."""
        raise SystemUnavailable("the connection broke off", where=self.system)


def _outage(house: House, right: Right = Right.ACCESS) -> GateEntry:
    return house.until(Gate.OUTAGE, house.open(right))


@BROKEN
def test_system_that_cannot_be_searched_opens_a_gate(house: House, systems: Recording, broken: Break) -> None:
    """The gate names the system, the others were looked at, and the case has no outcome."""
    broken(house, systems)

    entry = _outage(house)

    assert entry.subject == "crm"
    assert "failed in system `crm`" in entry.description
    assert set(systems.asked) == set(systems.names())
    assert house.outcome(entry.case_id) == ""


@BROKEN
def test_mended_system_is_searched_after_all(house: House, systems: Recording, broken: Break) -> None:
    """After a retry the answer has everything, as if the system had never failed."""
    whole = house.open(Right.ACCESS)
    house.walk(whole)
    mend = broken(house, systems)
    entry = _outage(house)

    mend()
    house.answer(entry, Decision.RETRY)

    assert house.walk(entry.case_id) == "granted"
    assert house.plan(entry.case_id) == house.plan(whole)


def test_retry_before_mending_asks_again(house: House, systems: Recording) -> None:
    """Each answer is for one failure; the next failure is a new question."""
    _gone(house, systems)
    entry = _outage(house)

    house.answer(entry, Decision.RETRY)
    again = house.run(entry.case_id)

    assert again is not None
    assert (again.gate, again.subject, again.outcome) == (Gate.OUTAGE, "crm", None)
    assert again.digest != entry.digest


def test_two_dead_systems_are_two_questions(house: House, systems: Recording) -> None:
    """Both gates are open at once, so that people can work side by side."""
    _gone(house, systems)
    house.database("billing").unlink()

    entry = _outage(house)

    waiting = house.installation.register.gates(entry.case_id, open_only=True)
    assert {gate.subject for gate in waiting} == {"crm", "billing"}


@pytest.mark.parametrize("reference", ["", "   ", "Mrs. Müller, 4 rue de la Paix"])
def test_by_hand_needs_a_reference(house: House, systems: Recording, reference: str) -> None:
    """What a person does outside the software is named by a ticket, never left out, never a person's address."""
    _gone(house, systems)
    entry = _outage(house)

    with pytest.raises(AnswerRefused, match="reference"):
        house.answer(entry, Decision.BY_HAND, reference=reference)

    assert house.run(entry.case_id) is not None


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
def test_system_handled_by_hand_is_told(house: House, systems: Recording, right: Right) -> None:
    """The plan names the person's reference, and the data subject reads which system it was."""
    _gone(house, systems)
    entry = _outage(house, right)

    house.answer(entry, Decision.BY_HAND, reference="TICKET-17")
    approval = house.until(Gate.APPROVAL, entry.case_id)

    assert "`crm` is handled by hand: TICKET-17" in approval.description
    assert house.walk(entry.case_id).startswith("granted")
    assert "Contract and customer relations" in house.mails()[-1]


@pytest.mark.parametrize("right", [Right.ACCESS, Right.ERASURE])
def test_nothing_found_elsewhere_is_not_nothing_found(house: House, systems: Recording, right: Right) -> None:
    """When a system was handled by hand, "we hold nothing" was never seen by the software, and is not the outcome."""
    _gone(house, systems)
    entry = house.until(Gate.OUTAGE, house.open(right, identity={"email": ["nobody@nowhere.example"]}))

    house.answer(entry, Decision.BY_HAND, reference="TICKET-17")

    assert house.walk(entry.case_id) == "granted_in_part"


def test_system_that_dies_before_acting_waits(house: House, systems: Recording) -> None:
    """A system that was there when the plan was made, and is not when it is carried out, stops the case untouched."""
    entry = house.until(Gate.APPROVAL, house.open(Right.ERASURE))
    house.agree(house.agree(entry))
    _gone(house, systems)

    waiting = house.run(entry.case_id)

    assert waiting is not None
    assert (waiting.gate, waiting.subject) == (Gate.OUTAGE, "crm")
    assert "acting" not in house.states(entry.case_id)


def test_by_hand_before_acting_is_another_plan(house: House, systems: Recording) -> None:
    """A plan without the dead system is not what people approved, so they are asked again."""
    entry = house.until(Gate.APPROVAL, house.open(Right.ERASURE))
    house.agree(house.agree(entry))
    _gone(house, systems)
    house.answer(house.until(Gate.OUTAGE, entry.case_id), Decision.BY_HAND, reference="TICKET-17")

    again = house.run(entry.case_id)

    assert again is not None
    assert (again.gate, again.answers) == (Gate.APPROVAL, ())


def test_system_that_dies_while_acting_waits_and_the_others_are_erased(house: House, systems: Recording) -> None:
    """The other systems are acted on; the case is not told as done before the last one was."""
    systems.instead["crm"] = _Dead
    number, email = house.company.subject.customer_no, house.company.subject.email
    held = "SELECT * FROM profile WHERE email = ?"
    assert house.ask("marketing", held, email) != []

    entry = _outage(house, Right.ERASURE)

    assert house.ask("marketing", held, email) == []
    assert house.ask("crm", "SELECT * FROM interaction WHERE customer_no = ?", number) != []
    assert house.states(entry.case_id)[-1] == "acting"


def test_retry_finishes_the_erasure(house: House, systems: Recording) -> None:
    """When the system is back, what was left is erased, and the whole is proven."""
    systems.instead["crm"] = _Dead
    entry = _outage(house, Right.ERASURE)

    del systems.instead["crm"]
    house.answer(entry, Decision.RETRY)

    assert house.walk(entry.case_id) == "granted_in_part"
    assert house.ask("crm", "SELECT * FROM interaction WHERE customer_no = ?", house.company.subject.customer_no) == []


def test_system_erased_by_hand_is_told(house: House, systems: Recording) -> None:
    """A person erased what the software cannot reach: the verdict and the notice say that a person told us."""
    systems.instead["crm"] = _Dead
    entry = _outage(house, Right.ERASURE)
    systems.instead["crm"] = _Away

    house.answer(entry, Decision.BY_HAND, reference="TICKET-18")

    assert house.walk(entry.case_id) == "granted_in_part"
    proof = house.installation.register.step(entry.case_id, "prove")
    assert proof is not None
    assert (proof.receipt["verdict"], proof.receipt["told"]) == ("told_by_a_person", {"crm": "TICKET-18"})
    assert "Contract and customer relations" in house.mails()[-1]
    assert "could not look into this system ourselves" in house.mails()[-1]
    assert "Afterwards we looked again" not in house.mails()[-1]


def test_system_that_answers_again_is_looked_at(house: House, systems: Recording) -> None:
    """*By hand* is no proof where the software can look: what was not done opens the gate."""
    systems.instead["crm"] = _Dead
    entry = _outage(house, Right.ERASURE)

    house.answer(entry, Decision.BY_HAND, reference="TICKET-18")

    mismatch = house.until(Gate.MISMATCH, entry.case_id)
    assert "| crm | interaction | rows |" in mismatch.description
    assert Decision.STAYS in mismatch.options


def test_system_handled_before_it_was_searched_is_looked_at(house: House, systems: Recording) -> None:
    """Nothing of it is in the plan; once it answers, rows that its contract would erase open the gate."""
    mend = _gone(house, systems)
    entry = _outage(house, Right.ERASURE)
    house.answer(entry, Decision.BY_HAND, reference="TICKET-17")
    approval = house.until(Gate.APPROVAL, entry.case_id)
    house.agree(house.agree(approval))
    mend()

    mismatch = house.until(Gate.MISMATCH, entry.case_id)

    assert "| crm | interaction | rows |" in mismatch.description
