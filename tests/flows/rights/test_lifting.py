"""Article 18(3): the data subject is told before a restriction is lifted, and it is lifted everywhere."""

import json
from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest

from data_contracts.case.request import Statement
from data_contracts.errors import MoveRefused, RequestInvalid
from data_contracts.vocabulary import Channel, Decision, Gate, RestrictionGround, Right
from flows import wiring
from flows.operator.lifting import lift_restriction
from flows.rights import lift
from flows.runs.gates import WaitingForPerson
from tasks.act.lifting import finish_lifting, forget_restriction, unmark_system
from tasks.case.plans import confirm_lifting
from tasks.life.archive import purge_ended
from tasks.officer.permissions import ask_about, use_of
from tasks.recipients.chase import chase_recipients
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
    """How lifting ended, after one answer at its gate, a minute later; who is told by hand is told."""
    decided(house, case_id, decision)
    while True:
        try:
            return lift.carry_out(case_id)
        except WaitingForPerson as waiting:
            if waiting.entry.gate is not Gate.RECIPIENT:
                raise
            house.agree(waiting.entry)


def decided(house: House, case_id: str, decision: Decision = Decision.APPROVE) -> None:
    """Lifting, up to the answer at its gate."""
    house.clock.advance(timedelta(minutes=1))
    with pytest.raises(WaitingForPerson) as waiting:
        lift.carry_out(case_id)
    house.answer(waiting.value.entry, decision, reason=_REASON)


def recorded(case_id: str) -> list[str]:
    """Steps in the order of their evidence."""
    envelopes, _ = services().register.evidence(case_id)
    return [json.loads(b64decode(str(one["payload"])))["predicate"]["step"] for one in envelopes]


def recipients(case_id: str) -> dict[str, object]:
    """How recipients stand that are told of the lifting, by party."""
    steps = services().register.steps(case_id)
    found = {
        name.removeprefix("notice.recipient."): step
        for (name, _), step in steps.items()
        if name.startswith("notice.recipient.")
    }
    found = {name.split(".")[0]: found[name] for name in found if name.endswith(".lift")}
    return {party: step.receipt["state"] for party, step in found.items() if "state" in step.receipt}


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
    assert any(_REASON in mail for mail in house.mails())


def test_nothing_is_lifted_before_the_subject_was_told(house: House) -> None:
    """Whoever calls the steps, after a person decided."""
    case_id = restricted(house)
    decided(house, case_id)
    let = confirm_lifting(case_id)

    for attempt in (lambda: unmark_system(case_id, "crm", let), lambda: finish_lifting(case_id, let)):
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


def test_recipients_are_told_once_it_is_lifted(house: House) -> None:
    """Each that was told of the restriction, by the keys it was told by, after the data subject."""
    case_id = restricted(house)
    told = {one.party for one in services().register.recipient_notices(case_id)}

    lifted(house, case_id)

    mail = house.outbox("eml")[f"{case_id}.notice%2Erecipient%2Ehelpdeskco%2Elift"].decode()
    steps = recorded(case_id)
    assert told
    assert set(recipients(case_id)) == told
    assert house.company.subject.email in mail
    assert steps.index("notice.restriction_lifted") < steps.index("lifted")
    assert steps.index("lifted") < steps.index("notice.recipient.helpdeskco.lift")


def test_recipient_told_by_hand_is_told_of_the_end_by_hand(house: House) -> None:
    """Who told it of the restriction has not told it of the end: the gate asks anew, and keys are kept until then."""
    case_id = restricted(house)
    decided(house, case_id)

    with pytest.raises(WaitingForPerson) as waiting:
        lift.carry_out(case_id)
    house.clock.advance(timedelta(days=400))

    assert waiting.value.entry.subject.endswith(".lift")
    assert may_use(house) == "necessary"
    assert not purge_ended(services().register.case(case_id))


def test_recipient_of_another_restriction_goes_on_with_it(house: House) -> None:
    """It is told when the last one ends."""
    first, second = restricted(house), restricted(house)
    lifted(house, first)
    early = set(recipients(first).values())

    lifted(house, second)

    assert early == {"still_restricted"}
    assert "still_restricted" not in recipients(second).values()


def test_nobody_is_reminded_of_a_restriction_that_is_over(house: House) -> None:
    """An acknowledgement is taken all the same."""
    case_id = restricted(house)
    lifted(house, case_id)

    assert chase_recipients(house.clock() + timedelta(days=400)) == 0


def test_keys_are_not_destroyed_while_it_is_in_force(house: House) -> None:
    """Whoever calls the step."""
    with pytest.raises(MoveRefused, match="in force"):
        forget_restriction(restricted(house))


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
    """One call: the answer, the notice, the lifting; then recipients, of whom one is told by a person."""
    case_id = restricted(house)
    house.clock.advance(timedelta(minutes=1))
    token = wiring._current.set(house.installation)
    try:
        facts = lift_restriction(case_id, operator="claire", code=house.code("claire"), reason=_REASON)
    finally:
        wiring._current.reset(token)

    assert facts["waits_at"].startswith("recipient:")
    assert "is lifted" in facts["said"]
    assert may_use(house) == "necessary"
