"""Art. 12 GDPR: how a request is answered, by when, at what cost, and how it is refused."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from data_contracts.case.request import Statement
from data_contracts.errors import AnswerRefused, MoveRefused
from data_contracts.vocabulary import Channel, Decision, Gate, OperatorRole, Right
from flows.operator.endings import take_back
from flows.rights import extend
from flows.runs.gates import WaitingForPerson
from tasks.gates.gates import Answer
from tasks.services import services, use
from tests.flows.company import House, Passing

_LATER = timedelta(days=31)
_TEXT = "Your data lie in nine archives that a person has to read."


def mails(house: House, begins: str) -> list[str]:
    """Mails whose subject begins so."""
    return [mail for mail in house.mails() if mail.startswith(begins)]


def more_time(house: House, case_id: str, **said: Any) -> None:
    """A person decides that it takes longer, and the data subject is told."""
    answer = Answer("claire", Decision.APPROVE, code=house.code("claire"), reason=_TEXT, reference="complexity")
    extend.decide(case_id, replace(answer, **said))
    extend.carry_out(case_id)


def due(house: House, case_id: str) -> date:
    """The last day to answer."""
    return house.installation.register.case(case_id).response_due


# --- 12(1): transparent, intelligible, in writing ---


@pytest.mark.parametrize(
    ("language", "begins"), [("en", "We cannot do what you asked"), ("fr", "Nous ne pouvons pas donner suite")]
)
def test_12_1_in_the_data_subjects_language(house: House, language: str, begins: str) -> None:
    """A refusal is written in the language of the request."""
    case_id = house.open(Right.ACCESS, language=language)

    house.answer(house.until(Gate.APPROVAL, case_id), Decision.REFUSE, reason="…")
    house.walk(case_id)

    assert mails(house, begins)


# --- 12(2), 11(2): not refused for want of identification before more was asked for ---


def test_12_2_more_can_be_asked_for_before_a_refusal(house: House) -> None:
    """The identity gate offers to ask for more, each time anew."""
    case_id = house.open(Right.ACCESS)

    first = house.until(Gate.IDENTITY, case_id)
    house.answer(first, Decision.ASK_MORE)
    second = house.until(Gate.IDENTITY, case_id)

    assert Decision.ASK_MORE in first.options
    assert Decision.ASK_MORE in second.options


# --- 12(3): within one month, extended once by two, told with reasons within the first ---


def test_12_3_one_month_is_told_at_once(house: House) -> None:
    """The acknowledgement says until when the answer is due."""
    house.run(house.open(Right.ACCESS))

    assert "by 30 April 2026 at the latest" in mails(house, "We have received your request")[0]


def test_12_3_extension_is_told_with_its_reasons_and_moves_the_day(house: House) -> None:
    """Three months from receipt, for a reason of the law and in words; 30 June is a Tuesday."""
    case_id = house.open(Right.ACCESS)
    house.until(Gate.APPROVAL, case_id)

    more_time(house, case_id)

    (told,) = mails(house, "We need more time")
    assert _TEXT in told
    assert "by 30 June 2026 at the latest" in told
    assert due(house, case_id) == date(2026, 6, 30)
    assert house.installation.register.case(case_id).is_extended


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"reference": "holidays"}, "knows no such reason"),
        ({"reason": " "}, "with its reasons"),
        ({"operator": "zoe"}, "does not have the role"),
        ({"code": "000000"}, "is wrong"),
    ],
)
def test_12_3_extension_is_decided_by_a_person_with_a_reason(house: House, said: dict[str, str], why: str) -> None:
    """Whatever is missing, the day stays where it was and nobody is told."""
    case_id = house.open(Right.ACCESS)

    with pytest.raises(AnswerRefused, match=why):
        more_time(house, case_id, **said)

    assert due(house, case_id) == date(2026, 4, 30)
    assert mails(house, "We need more time") == []


def test_12_3_extension_is_told_once(house: House) -> None:
    """There is no second one."""
    case_id = house.open(Right.ACCESS)
    more_time(house, case_id)

    with pytest.raises(AnswerRefused, match="only once"):
        more_time(house, case_id)

    assert due(house, case_id) == date(2026, 6, 30)


def test_12_3_late_extension_is_none(house: House) -> None:
    """After the first month it cannot be told any more."""
    case_id = house.open(Right.ACCESS)
    house.clock.advance(_LATER)

    with pytest.raises(AnswerRefused, match="too late: an extension had to be told by 2026-04-30"):
        more_time(house, case_id)


def test_12_3_extension_decided_in_time_and_told_too_late_is_none(house: House) -> None:
    """What counts is when the data subject is told, not when it was decided."""
    case_id = house.open(Right.ACCESS)
    extend.decide(case_id, Answer("claire", Decision.APPROVE, house.code("claire"), _TEXT, "complexity"))
    house.clock.advance(_LATER)

    with pytest.raises(AnswerRefused, match="too late"):
        extend.carry_out(case_id)

    assert due(house, case_id) == date(2026, 4, 30)
    assert mails(house, "We need more time") == []


def test_12_3_killed_after_the_notice_tells_nobody_twice(house: House) -> None:
    """The process dies between the mail and the day that moves; the next one moves it, also after the month."""
    case_id = house.open(Right.ACCESS)
    with use(replace(services(), register=_dying(services().register))), pytest.raises(KeyboardInterrupt):
        more_time(house, case_id)
    before = due(house, case_id)
    house.clock.advance(_LATER)

    extend.carry_out(case_id)

    assert before == date(2026, 4, 30)
    assert due(house, case_id) == date(2026, 6, 30)
    assert len(mails(house, "We need more time")) == 1


def by_letter(house: House) -> str:
    """The case of a data subject who is answered by post, once the letter that tells of more time is set."""
    lines = ["12 rue de la Paix", "75002 Paris"]
    case_id = house.open(Right.ACCESS, channel=Channel.LETTER, postal_address=lines)
    with pytest.raises(WaitingForPerson):
        more_time(house, case_id)
    return case_id


def test_12_3_letter_has_told_when_it_was_posted(house: House) -> None:
    """The day does not move while the letter lies on a desk."""
    case_id = by_letter(house)
    before = due(house, case_id)

    house.answer(house.gate(case_id, Gate.POSTING, "notice.extension"), Decision.SENT, reference="RK-1")
    extend.carry_out(case_id)

    assert (before, due(house, case_id)) == (date(2026, 4, 30), date(2026, 6, 30))


def test_12_3_letter_that_was_posted_too_late_extends_nothing(house: House) -> None:
    """What counts is when it was posted."""
    case_id = by_letter(house)
    house.clock.advance(_LATER)

    house.answer(house.gate(case_id, Gate.POSTING, "notice.extension"), Decision.SENT, reference="RK-1")
    with pytest.raises(AnswerRefused, match="not posted by 2026-04-30"):
        extend.carry_out(case_id)

    assert due(house, case_id) == date(2026, 4, 30)


def test_12_3_gate_can_say_that_it_will_be_in_time(house: House) -> None:
    """Then nothing moves, and it can be asked again."""
    case_id = house.open(Right.ACCESS)
    with pytest.raises(WaitingForPerson):
        extend.carry_out(case_id)

    house.answer(house.gate(case_id, Gate.EXTENSION), Decision.REFUSE, reason="It will be in time.")

    assert extend.carry_out(case_id) == "refused"
    more_time(house, case_id)
    assert due(house, case_id) == date(2026, 6, 30)


# --- 12(4): no action: reasons, complaint, judicial remedy ---


@pytest.mark.parametrize("gate", [Gate.IDENTITY, Gate.APPROVAL])
def test_12_4_refusal_tells_reasons_complaint_and_remedy(house: House, gate: Gate) -> None:
    """Whoever refuses, the data subject reads why, and what can be done about it."""
    case_id = house.open(Right.ERASURE)

    house.answer(house.until(gate, case_id), Decision.REFUSE, reason="A lawsuit is open.")
    house.walk(case_id)

    (told,) = mails(house, "We cannot do what you asked")
    for said in ("A lawsuit is open.", "CNIL", "Article 77", "Article 79", "tribunal judiciaire"):
        assert said in told


def test_12_4_refusal_without_a_reason_is_not_taken(house: House) -> None:
    """Nobody is refused in silence."""
    entry = house.until(Gate.APPROVAL, house.open(Right.ERASURE))

    with pytest.raises(AnswerRefused, match="needs its reason"):
        house.answer(entry, Decision.REFUSE)


def test_12_4_ground_is_told_in_words(house: House) -> None:
    """A code of the law becomes a sentence with its article."""
    case_id = house.open(Right.ACCESS)

    house.answer(house.until(Gate.APPROVAL, case_id), Decision.REFUSE, reference="rights_of_others", reason="…")
    house.walk(case_id)

    assert "Article 15(4) GDPR" in mails(house, "We cannot do what you asked")[0]


def test_12_4_ground_that_is_none_is_refused(house: House) -> None:
    """Too much work is no ground."""
    entry = house.until(Gate.APPROVAL, house.open(Right.ACCESS))

    with pytest.raises(AnswerRefused, match="no ground"):
        house.answer(entry, Decision.REFUSE, reference="too_much_work", reason="…")


# --- 12(5): free of charge; manifestly unfounded or excessive is shown by the controller ---


def test_12_5_is_free(house: House) -> None:
    """The acknowledgement says that it costs nothing."""
    house.run(house.open(Right.ACCESS))

    assert "costs you nothing" in mails(house, "We have received your request")[0]


@pytest.mark.parametrize("ground", ["manifestly_unfounded", "excessive"])
def test_12_5_is_refused_by_two_people_who_write_why(house: House, ground: str) -> None:
    """One person alone leaves the gate open; the second decides it."""
    case_id = house.open(Right.ACCESS)
    entry = house.until(Gate.APPROVAL, case_id)

    first = house.answer(entry, Decision.REFUSE, reference=ground, reason="The tenth within a month.")
    second = house.answer(first, Decision.REFUSE, who="marc", reference=ground, reason="Each asks the same.")

    assert (first.outcome, second.outcome) == (None, Decision.REFUSE)
    assert house.walk(case_id) == "refused"
    (told,) = mails(house, "We cannot do what you asked")
    assert "Article 12(5)" in told
    assert "Each asks the same." in told


def test_12_5_holds_for_an_objection_too(house: House) -> None:
    """Who refuses to weigh it says so, and the data subject reads that ground and no other."""
    case_id = house.open(Right.OBJECTION, statement=Statement(purposes=["churn"]))
    entry = house.until(Gate.APPROVAL, case_id)

    first = house.answer(entry, Decision.REFUSE, reference="excessive", reason="The tenth within a month.")
    house.answer(first, Decision.REFUSE, who="marc", reference="excessive", reason="Each says the same.")
    house.run(case_id)

    (told,) = mails(house, "We cannot do what you asked")
    assert "Article 12(5)" in told
    assert "Article 21(1)" not in told


def test_12_5_same_person_does_not_count_twice(house: House) -> None:
    """Four eyes are those of two people, and both write."""
    entry = house.until(Gate.APPROVAL, house.open(Right.ACCESS))
    first = house.answer(entry, Decision.REFUSE, reference="excessive", reason="The tenth.")

    with pytest.raises(AnswerRefused, match="already answered"):
        house.answer(first, Decision.REFUSE, reference="excessive", reason="Again.")
    with pytest.raises(AnswerRefused, match="needs its reason"):
        house.answer(first, Decision.REFUSE, who="marc", reference="excessive")


# --- 12(6): proof of identity where there is doubt, and no longer than that ---


def test_12_6_nothing_is_asked_where_there_is_no_doubt(house: House) -> None:
    """A person who is known is not asked for more."""
    case_id = house.open(Right.ACCESS)

    house.walk(case_id)

    assert mails(house, "Please confirm that it is you") == []


# --- withdrawal: a request is the data subject's own ---


@pytest.mark.parametrize("gate", [Gate.IDENTITY, Gate.APPROVAL])
def test_request_can_be_withdrawn_before_anything_is_done(house: House, gate: Gate) -> None:
    """The data subject is told, what was staged is destroyed, and the run ends."""
    case_id = house.open(Right.ACCESS)
    house.until(gate, case_id)

    take_back(case_id, operator="zoe", code=house.code("zoe"))

    assert house.walk(case_id) == "withdrawn"
    assert mails(house, "You have withdrawn your request")
    assert house.states(case_id)[-2:] == ["withdrawn", "archived"]
    assert services().vault.names(case_id) == []


def test_request_that_was_carried_out_cannot_be_withdrawn(house: House) -> None:
    """What was done stands."""
    case_id = house.open(Right.ACCESS)
    house.walk(case_id)

    with pytest.raises(MoveRefused, match="cannot be withdrawn any more"):
        take_back(case_id, operator="zoe", code=house.code("zoe"))


@pytest.mark.parametrize("code", ["", "000000"])
def test_withdrawal_is_taken_by_a_proven_person(house: House, code: str) -> None:
    """Nobody ends somebody's request with a name alone."""
    case_id = house.open(Right.ACCESS)
    house.hire("lena", OperatorRole.ADMIN)

    with pytest.raises(AnswerRefused, match="is wrong"):
        take_back(case_id, operator="zoe", code=code)
    with pytest.raises(AnswerRefused, match="does not have the role"):
        take_back(case_id, operator="lena", code=house.code("lena"))

    assert house.outcome(case_id) == ""


def _dying(register: Any) -> Any:
    """A register whose process is killed when the day is about to move."""

    class Dying(Passing):
        system = "register"

        def __init__(self) -> None:
            self.inner = register

        def complete(self, case_id: str, step: str, *rest: Any, **facts: Any) -> None:
            if step == "extend":
                raise KeyboardInterrupt
            register.complete(case_id, step, *rest, **facts)

    return Dying()
