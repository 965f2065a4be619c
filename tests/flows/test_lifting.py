"""Article 18(3): the data subject is told before a restriction is lifted, and it is lifted everywhere."""

from datetime import timedelta
from typing import Any

import pytest

from data_contracts.errors import MoveRefused, RequestInvalid
from data_contracts.request import Statement
from data_contracts.vocabulary import Channel, Decision, Gate, RestrictionGround, Right
from flows import lift, wiring
from flows.gates import WaitingForPerson
from flows.lift_work import lift_restriction
from tasks.act.lifting import finish_lifting, unmark_system
from tasks.archive_evidence import purge_ended
from tasks.permissions import ask_about, use_of
from tasks.services import services
from tests.flows.company import House

_REASON = "Your birth date was verified with the town hall."


def restricted(house: House, **typed: Any) -> str:
    """A case of restriction that was carried out."""
    statement = Statement(restriction_ground=RestrictionGround.ACCURACY)
    case_id = house.open(Right.RESTRICTION, statement=statement, **typed)
    house.walk(case_id)
    return case_id


def lifted(house: House, case_id: str, decision: Decision = Decision.APPROVE) -> str:
    """How lifting ended, after one answer at its gate, a minute later."""
    house.clock.advance(timedelta(minutes=1))
    with pytest.raises(WaitingForPerson) as waiting:
        lift.carry_out(case_id)
    house.answer(waiting.value.entry, decision, reason=_REASON)
    return lift.carry_out(case_id)


def may_use(house: House) -> str:
    """Why the subject's data may, or may not, be used."""
    return ask_about(use_of("contract"), {"email": [house.company.subject.email]}).reason


def mark(house: House) -> object:
    """What the marker of the subject's row holds."""
    number = house.company.subject.customer_no
    return house.ask("crm", "SELECT restricted FROM customer WHERE customer_no = ?", number)[0][0]


def test_lifted_everywhere_after_the_subject_was_told(house: House) -> None:
    """The list, the markers, and the keys that were kept sealed."""
    case_id = restricted(house)

    assert lifted(house, case_id) == "lifted"
    assert (may_use(house), mark(house)) == ("necessary", 0)
    assert services().vault.names(case_id) == []
    assert _REASON in house.mails()[-1]


def test_nothing_is_lifted_before_the_subject_was_told(house: House) -> None:
    """Whoever calls the steps."""
    case_id = restricted(house)

    for attempt in (lambda: unmark_system(case_id, "crm"), lambda: finish_lifting(case_id)):
        with pytest.raises(MoveRefused, match="told"):
            attempt()
    assert (may_use(house), mark(house)) == ("restricted", 1)


def test_letter_is_posted_before_anything_is_lifted(house: House) -> None:
    """Who is answered on paper is told by the letter, not by its printing."""
    case_id = house.open(
        Right.RESTRICTION, channel=Channel.LETTER, postal_address=["1 rue de la Paix", "59200 Tourcoing"]
    )
    while (entry := house.run(case_id)) is not None:
        house.answer(entry, Decision.SENT, reference="RK 1") if entry.gate is Gate.POSTING else house.agree(entry)

    with pytest.raises(WaitingForPerson) as waiting:
        lifted(house, case_id)

    assert waiting.value.entry.gate is Gate.POSTING
    assert may_use(house) == "restricted"


def test_person_may_leave_it_in_force(house: House) -> None:
    """The next question is a new one."""
    case_id = restricted(house)

    assert lifted(house, case_id, Decision.REFUSE) == "kept"
    assert may_use(house) == "restricted"
    assert lifted(house, case_id) == "lifted"


def test_rows_that_another_case_restricts_stay_marked(house: House) -> None:
    """Two restrictions, one of which ends."""
    first, _ = restricted(house), restricted(house)

    lifted(house, first)

    assert (may_use(house), mark(house)) == ("restricted", 1)


def test_restricted_case_is_not_purged_before_it_is_lifted(house: House) -> None:
    """Its sealed keys are what retention spares the rows by."""
    case_id = restricted(house)
    house.clock.advance(timedelta(days=400))
    before = purge_ended(services().register.case(case_id))

    lifted(house, case_id)

    assert (before, purge_ended(services().register.case(case_id))) == (False, True)


def test_lifted_twice_is_lifted_once(house: House) -> None:
    """Law 2, law 3."""
    case_id = restricted(house)
    lifted(house, case_id)
    mails = len(house.mails())

    assert lift.carry_out(case_id) == "lifted"
    assert len(house.mails()) == mails


def test_evidence_says_who_decided_and_that_the_subject_was_told_first(house: House) -> None:
    """Law 9: and it verifies."""
    case_id = restricted(house)
    lifted(house, case_id)

    entry = services().register.step(case_id, "lifted")

    assert entry is not None
    assert entry.receipt == {"by": "claire"}
    assert house.installation.verify_case(case_id).is_whole


@pytest.mark.parametrize("right", [Right.ACCESS, Right.RESTRICTION])
def test_only_a_restriction_in_force_is_lifted(house: House, right: Right) -> None:
    """Neither another right's case, nor one that is still on its way."""
    case_id = house.open(right)

    with pytest.raises(RequestInvalid, match="no restriction"):
        lift.carry_out(case_id)


def test_command_lifts_with_a_proof_of_who_decided(house: House) -> None:
    """One call: the answer, the notice, the lifting."""
    case_id = restricted(house)
    house.clock.advance(timedelta(minutes=1))
    token = wiring._current.set(house.installation)
    try:
        facts = lift_restriction(case_id, operator="claire", code=house.code("claire"), reason=_REASON)
    finally:
        wiring._current.reset(token)

    assert facts["outcome"] == "lifted"
