"""People are asked about a try that failed in one way: once for each failure, with what each answer does."""

import pytest

from data_contracts.vocabulary import Decision, Gate, Right
from flows.runs.gates import opened
from tasks.gates.failed_try import MENDED, decided_before, failed_try
from tests.flows.company import House

_WAYS = {**MENDED, Decision.BY_HAND: "with the reference of who did it"}


def test_answers_stand_in_the_order_of_the_options() -> None:
    """And each says what it is for."""
    question = failed_try("C-1", Gate.OUTAGE, "crm", what="it failed.", told="It is away.", ways=_WAYS, facts={})

    assert question.options == (Decision.RETRY, Decision.BY_HAND)
    assert question.description == (
        "**Case C-1: it failed.**\n\nIt is away.\n\n"
        "Answer *retry* when it is mended, or *by_hand* with the reference of who did it."
    )


def test_one_way_alone_is_a_sentence_too() -> None:
    """Where nothing else may be answered."""
    question = failed_try("C-1", Gate.OUTAGE, "crm", what="it failed.", told="Away.", ways=MENDED, facts={})

    assert question.description.endswith("\n\nAnswer *retry* when it is mended.")


@pytest.mark.parametrize(("subject", "decided"), [("crm", 1), ("shop", 0)])
def test_next_failure_is_a_new_question(house: House, subject: str, decided: int) -> None:
    """What was answered for one system, and one failure, is answered for no other."""
    case_id = house.open(Right.ACCESS)
    asked = failed_try(case_id, Gate.OUTAGE, "crm", what="it failed.", told="Away.", ways=_WAYS, facts={"attempt": 0})

    house.answer(opened(case_id, asked), Decision.RETRY)

    assert decided_before(case_id, Gate.OUTAGE, subject) == decided


def test_question_that_nobody_answered_is_asked_no_second_time(house: House) -> None:
    """The try is the same one until somebody has decided about it."""
    case_id = house.open(Right.ACCESS)
    opened(case_id, failed_try(case_id, Gate.OUTAGE, "crm", what="it failed.", told="Away.", ways=_WAYS, facts={}))

    assert decided_before(case_id, Gate.OUTAGE, "crm") == 0
