"""Law 10, Art. 12(3) and (6): the clock of a case moves as the law says, and everybody is told the same day."""

import json
from base64 import b64decode
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from data_contracts.errors import AnswerRefused
from data_contracts.vocabulary import Decision, Gate, Right
from flows.operator.clock import clock_line, clock_row
from tasks.case.clock import clock_of
from tests.flows.company import House

# The house's day is Tuesday 31 March 2026: an answer is due by Thursday 30 April.
_DUE = date(2026, 4, 30)
_TEN_DAYS = timedelta(days=10)


def asked(house: House, *, after: timedelta = timedelta()) -> str:
    """A case whose data subject was asked for a proof some time after receipt."""
    case_id = house.open(Right.ACCESS)
    house.clock.advance(after)
    house.answer(house.until(Gate.IDENTITY, case_id), Decision.ASK_MORE)
    house.until(Gate.IDENTITY, case_id)
    return case_id


def prove(house: House, case_id: str, *, received: str = "") -> None:
    """A person checks the proof, and says when it came."""
    reference = "id_document" + (f" received {received}" if received else "")
    house.answer(house.until(Gate.IDENTITY, case_id), Decision.APPROVE, reference=reference)
    house.until(Gate.APPROVAL, case_id)


def due(house: House, case_id: str) -> date:
    """The last day to answer, as the register has it."""
    return house.installation.register.case(case_id).response_due


def facts(house: House, case_id: str, step: str) -> dict[str, Any]:
    """What the evidence of a step says."""
    envelopes, _ = house.installation.register.evidence(case_id)
    payloads: list[Any] = [json.loads(b64decode(str(one["payload"]))) for one in envelopes]
    return next(dict(p["predicate"]["facts"]) for p in payloads if p["predicate"]["step"] == step)


def test_without_a_proof_asked_for_nothing_moves(house: House) -> None:
    """Identity that is verified at once leaves the day as it was."""
    case_id = house.open(Right.ACCESS)

    house.until(Gate.APPROVAL, case_id)

    assert due(house, case_id) == _DUE


def test_clock_stands_still_while_a_proof_is_awaited(house: House) -> None:
    """There is no last day then, and none is shown."""
    row = clock_row(house.installation.register.case(asked(house)))

    assert row["paused"] is True
    assert row["response_due"] is row["days_left"] is row["notice_by"] is None
    assert "stands still" in clock_line(row | {"outcome": "", "linked_to": ""})


def test_days_of_waiting_are_added_when_the_proof_comes(house: House) -> None:
    """Ten days more; 10 May is a Sunday, so the answer is due on Monday."""
    case_id = asked(house)
    house.clock.advance(_TEN_DAYS)

    prove(house, case_id)

    assert due(house, case_id) == date(2026, 5, 11)
    assert facts(house, case_id, "identity") | {
        "proof_came_on": "2026-04-10",
        "response_due_before": "2026-04-30",
        "response_due": "2026-05-11",
    } == facts(house, case_id, "identity")


def test_proof_counts_from_the_day_it_came(house: House) -> None:
    """A proof that lay on a desk for four days stopped the clock for six."""
    case_id = asked(house)
    house.clock.advance(_TEN_DAYS)

    prove(house, case_id, received="2026-04-06")

    assert due(house, case_id) == date(2026, 5, 6)
    case = house.installation.register.case(case_id)
    assert clock_of(case).response_due == date(2026, 5, 6)


@pytest.mark.parametrize("day", ["2026-03-30", "2026-04-11", "yesterday"])
def test_proof_cannot_have_come_on_any_day(house: House, day: str) -> None:
    """Before it was asked for, in the future, or never: the gate stays open."""
    case_id = asked(house)
    house.clock.advance(_TEN_DAYS)

    with pytest.raises(AnswerRefused):
        prove(house, case_id, received=day)

    assert due(house, case_id) == _DUE


def test_asking_too_late_stops_nothing(house: House) -> None:
    """A proof asked for after a week leaves the last day where it was, also while it is awaited."""
    case_id = asked(house, after=timedelta(days=7))
    waiting = clock_row(house.installation.register.case(case_id))
    house.clock.advance(_TEN_DAYS)

    prove(house, case_id)

    assert (waiting["paused"], waiting["response_due"]) == (False, "2026-04-30")
    assert due(house, case_id) == _DUE


def test_asking_twice_adds_both(house: House) -> None:
    """The clock stands still from the first request for proof until the proof that was enough."""
    case_id = asked(house)
    house.clock.advance(timedelta(days=4))
    house.answer(house.until(Gate.IDENTITY, case_id), Decision.ASK_MORE)
    house.run(case_id)
    house.clock.advance(timedelta(days=2))

    prove(house, case_id)

    assert due(house, case_id) == date(2026, 5, 6)


def test_failed_proof_lets_the_clock_run_on(house: House) -> None:
    """A refusal is due by a day as well (Art. 12(4))."""
    case_id = asked(house)
    house.clock.advance(_TEN_DAYS)

    house.answer(house.until(Gate.IDENTITY, case_id), Decision.REFUSE, reason="The document is another person's.")

    assert house.walk(case_id) == "identity_failed"
    assert due(house, case_id) == date(2026, 5, 11)


def test_moment_of_the_check_ends_the_pause_not_the_moment_it_was_taken_in(house: House) -> None:
    """A server that was away for days gives the controller no more time."""
    case_id = asked(house)
    house.clock.advance(_TEN_DAYS)
    house.answer(house.until(Gate.IDENTITY, case_id), Decision.APPROVE, reference="id_document")
    house.clock.advance(timedelta(days=5))

    house.until(Gate.APPROVAL, case_id)

    assert due(house, case_id) == date(2026, 5, 11)


def test_day_of_receipt_is_the_local_one(house: House) -> None:
    """Half an hour before midnight in UTC it is tomorrow in Paris."""
    house.clock.moment = datetime(2027, 1, 31, 23, 30, tzinfo=UTC)

    case_id = house.open(Right.ACCESS)

    assert clock_row(house.installation.register.case(case_id))["received"] == "2027-02-01"
    assert due(house, case_id) == date(2027, 3, 1)


def test_days_left_count_down_and_below(house: House) -> None:
    """An answer that is late shows how late it is; one that was given shows nothing."""
    case_id = house.open(Right.ACCESS)
    house.clock.advance(timedelta(days=31))
    late = clock_row(house.installation.register.case(case_id))

    house.walk(case_id)

    assert late["days_left"] == -1
    assert clock_row(house.installation.register.case(case_id))["days_left"] is None


def test_who_a_case_is_about_is_known_once_verified_and_forgotten_with_it(house: House) -> None:
    """Keyed digests of identity keys: none before identity is verified (law 4)."""
    register = house.installation.register
    case_id = house.open(Right.ACCESS)
    house.until(Gate.IDENTITY, case_id)
    before = register.subject_keys(case_id)

    house.until(Gate.APPROVAL, case_id)

    assert before == []
    assert [key.kind for key in register.subject_keys(case_id)] == ["cookie_id", "email"]
    assert house.company.subject.email not in str(register.subject_keys(case_id))
