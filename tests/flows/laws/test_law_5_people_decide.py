"""Law 5, charter 3: people decide, and we know who; what they decided about is what is done."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from data_contracts.errors import AnswerRefused
from data_contracts.gates.gates import GateEntry
from data_contracts.vocabulary import Decision, Gate, OperatorRole, Right
from tasks.gates.gates import Answer, answer_gate
from tests.flows.company import NOW, House

_NEW_TICKET = "INSERT INTO interaction VALUES (990001, ?, '2026-03-31T09:00:00+00:00', 'phone', 'agent1', 'called')"


@pytest.fixture
def entry(house: House) -> GateEntry:
    """The open approval gate of an erasure."""
    return house.until(Gate.APPROVAL, house.open(Right.ERASURE))


def _by_code(entry: GateEntry, who: str, code: str) -> GateEntry:
    return answer_gate(entry, Answer(who, Decision.APPROVE, code=code))


def _refused(house: House, entry: GateEntry, why: str, answer: Callable[[], object]) -> None:
    """The answer is refused with that reason, and the gate stays open and shows it."""
    with pytest.raises(AnswerRefused, match=why):
        answer()
    now = house.gate(entry.case_id, entry.gate, entry.subject)
    assert now.outcome is None
    assert why in now.note


def test_code_of_the_authenticator_is_a_proof(house: House, entry: GateEntry) -> None:
    """A right code is taken, and the evidence says how we know who answered."""
    answered = _by_code(entry, "claire", house.code("claire"))

    assert [(a.operator, a.proof) for a in answered.answers] == [("claire", "totp")]


def test_wrong_code_is_refused(house: House, entry: GateEntry) -> None:
    """A code that the authenticator does not show is no proof."""
    wrong = f"{(int(house.code('claire')) + 1) % 1_000_000:06d}"

    _refused(house, entry, "the code of claire is wrong", lambda: _by_code(entry, "claire", wrong))


def test_code_is_good_once(house: House, entry: GateEntry) -> None:
    """A code read over a shoulder cannot be used again, not even at another gate (RFC 6238, 5.2)."""
    other = house.until(Gate.APPROVAL, house.open(Right.ACCESS))
    _by_code(entry, "claire", house.code("claire"))

    _refused(house, other, "claire was used before", lambda: _by_code(other, "claire", house.code("claire")))


@pytest.mark.parametrize(("steps", "is_taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_authenticators_clock_may_be_a_step_off(house: House, entry: GateEntry, steps: int, is_taken: bool) -> None:  # noqa: FBT001  # the table's column
    """Half a minute early or late is taken, a whole minute is not."""
    code = house.code("claire", steps=steps)

    if is_taken:
        assert _by_code(entry, "claire", code).answers
    else:
        _refused(house, entry, "is wrong", lambda: _by_code(entry, "claire", code))


def test_older_code_is_refused_after_a_newer_one(house: House, entry: GateEntry) -> None:
    """Once a code was taken, those before it are worth nothing."""
    other = house.until(Gate.APPROVAL, house.open(Right.ACCESS))
    _by_code(entry, "claire", house.code("claire"))

    earlier = house.code("claire", steps=-1)

    _refused(house, other, "was used before", lambda: _by_code(other, "claire", earlier))


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        ({"valid_until": NOW}, "the role of eve has lapsed"),
        ({"training_until": NOW}, "the training of eve has lapsed"),
        ({"is_active": False}, "no such operator in force"),
        ({"roles": (OperatorRole.AGENT,)}, "eve does not have the role"),
    ],
)
def test_who_lacks_the_standing_cannot_answer(
    house: House, entry: GateEntry, standing: dict[str, object], why: str
) -> None:
    """A lapsed role, a lapsed training, a person who left, or another role: the right code does not help."""
    house.hire("eve", OperatorRole.DPO)
    eve = house.installation.register.operator("eve")
    assert eve is not None
    house.installation.register.put_operator(replace(eve, **standing))  # type: ignore[arg-type]  # a row of the table

    _refused(house, entry, why, lambda: _by_code(entry, "eve", house.code("eve")))


def test_stranger_cannot_answer(house: House, entry: GateEntry) -> None:
    """A name that is no operator's is refused."""
    _refused(house, entry, "no such operator", lambda: _by_code(entry, "nobody", "123456"))


def test_failed_codes_lock_out(house: House, entry: GateEntry) -> None:
    """After five wrong codes even the right one is refused, until the lock-out is over."""
    wrong = f"{(int(house.code('claire')) + 1) % 1_000_000:06d}"
    for _ in range(5):
        _refused(house, entry, "is wrong", lambda: _by_code(entry, "claire", wrong))

    _refused(house, entry, "claire is locked out", lambda: _by_code(entry, "claire", house.code("claire")))
    house.clock.advance(timedelta(minutes=15))

    assert _by_code(entry, "claire", house.code("claire")).answers


def test_four_eyes_are_two_people(house: House, entry: GateEntry) -> None:
    """Who approved an erasure cannot approve it a second time."""
    _by_code(entry, "claire", house.code("claire"))
    entry = house.gate(entry.case_id, Gate.APPROVAL)
    house.clock.advance(timedelta(minutes=1))

    _refused(house, entry, "claire has already answered", lambda: _by_code(entry, "claire", house.code("claire")))


def test_one_of_two_is_not_enough(house: House, entry: GateEntry) -> None:
    """With one approval the case still waits at the same gate and nothing is touched."""
    before = house.rows()
    house.agree(entry)

    waiting = house.run(entry.case_id)

    assert waiting is not None
    assert (waiting.gate, waiting.digest, len(waiting.answers)) == (Gate.APPROVAL, entry.digest, 1)
    assert house.rows() == before


def test_refusal_needs_its_reason(house: House, entry: GateEntry) -> None:
    """Art. 12(4): a refusal without a reason is not taken."""
    _refused(house, entry, "a refusal needs its reason", lambda: house.answer(entry, Decision.REFUSE, reason="  "))


def test_one_refusal_refuses_and_is_told(house: House, entry: GateEntry) -> None:
    """One of two people is enough to refuse; the data subject reads why, and nothing is touched."""
    before = house.rows()
    house.agree(entry)

    house.answer(house.gate(entry.case_id, Gate.APPROVAL), Decision.REFUSE, who="marc", reason="A lawsuit is pending.")

    assert house.walk(entry.case_id) == "refused"
    assert "A lawsuit is pending." in house.mails()[-1]
    assert house.rows() == before


def test_evidence_names_who_decided_and_what_they_saw(house: House, entry: GateEntry) -> None:
    """The timeline names both people, and the evidence of the case is whole."""
    assert house.walk(entry.case_id) == "granted_in_part"

    approved = next(m for m in house.installation.register.timeline(entry.case_id) if m.to.value == "approved")
    assert approved.actor == "claire, marc"
    assert house.installation.verify_case(entry.case_id).is_whole


def test_plan_that_changed_is_approved_anew(house: House, entry: GateEntry) -> None:
    """Data that came in after the first approval open the gate again, and that approval does not count."""
    house.agree(house.agree(entry))
    house.ask("crm", _NEW_TICKET, house.company.subject.customer_no)
    before = house.rows()

    again = house.run(entry.case_id)

    assert again is not None
    assert (again.gate, again.answers) == (Gate.APPROVAL, ())
    assert again.digest != entry.digest
    assert house.rows() == before
    assert house.states(entry.case_id)[-4:] == ["planned", "approved", "located", "planned"]


def test_plan_that_changed_is_carried_out_once_approved(house: House, entry: GateEntry) -> None:
    """After the second approval the new row is erased too."""
    house.agree(house.agree(entry))
    house.ask("crm", _NEW_TICKET, house.company.subject.customer_no)

    assert house.walk(entry.case_id) == "granted_in_part"
    assert house.ask("crm", "SELECT * FROM interaction WHERE interaction_id = 990001") == []


def test_plan_that_changed_back_needs_a_new_approval_too(house: House, entry: GateEntry) -> None:
    """What was once approved is asked again when another plan was shown in between."""
    house.agree(house.agree(entry))
    house.ask("crm", _NEW_TICKET, house.company.subject.customer_no)
    house.agree(house.agree(house.until(Gate.APPROVAL, entry.case_id)))
    house.ask("crm", "DELETE FROM interaction WHERE interaction_id = 990001")

    again = house.run(entry.case_id)

    assert again is not None
    assert (again.digest, again.answers) == (entry.digest, ())
