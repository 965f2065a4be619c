"""Art. 12(6) GDPR: identity is proven well enough, as the policy says for the right."""

from datetime import date

import pytest

from data_contracts.company.company import Policy
from data_contracts.errors import AnswerRefused, SettingsInvalid
from data_contracts.vocabulary import Requester, Right
from tasks.rules.people.eligibility import (
    accepted_methods,
    check_proof_came,
    method_of,
    proof_came_on,
    reference_of,
)

POLICY = Policy(gates={}, identity_methods={Right.ACCESS: ["client_space", "call_back"], Right.ERASURE: []})


def test_method_of_the_policy_is_enough() -> None:
    """A way of checking that the policy lists for the right is enough, in the policy's order."""
    assert accepted_methods(POLICY, Right.ACCESS) == ("client_space", "call_back")


def test_means_of_the_data_subject_prove_nobody_else() -> None:
    """Of the ways for the right, those count for an heir that say who an unknown person is."""
    policy = POLICY.model_copy(update={"identity_methods": {Right.ACCESS: ["client_space", "eid"]}})

    assert accepted_methods(policy, Right.ACCESS, Requester.HEIR) == ("eid",)


@pytest.mark.parametrize("right", [Right.ERASURE, Right.OBJECTION])
def test_silent_policy_is_an_error(right: Right) -> None:
    """A policy that lists no method for a right never says yes, and says so."""
    with pytest.raises(SettingsInvalid, match=right.value):
        accepted_methods(POLICY, right)


@pytest.mark.parametrize(("came", "day"), [("", None), (" ", None), ("2027-03-18", date(2027, 3, 18))])
def test_reference_says_how_and_when(came: str, day: date | None) -> None:
    """The way of checking and the day the proof came travel in one reference."""
    reference = reference_of(" id_document ", came)

    assert method_of(reference) == "id_document"
    assert proof_came_on(reference) == day


def test_day_that_is_none_is_refused() -> None:
    """A day is written as ISO 8601 says."""
    with pytest.raises(AnswerRefused, match="not a date"):
        proof_came_on(reference_of("id_document", "18.03.2027"))


@pytest.mark.parametrize("came", [None, date(2027, 3, 8), date(2027, 3, 18)])
def test_proof_came_between_asking_and_today(came: date | None) -> None:
    """Any day from the one it was asked for until today can be."""
    check_proof_came(came, asked_on=date(2027, 3, 8), today=date(2027, 3, 18))


@pytest.mark.parametrize(
    ("came", "asked", "why"),
    [
        (date(2027, 3, 7), date(2027, 3, 8), "before it was asked for"),
        (date(2027, 3, 19), date(2027, 3, 8), "in the future"),
        (date(2027, 3, 18), None, "no proof was asked for"),
    ],
)
def test_proof_cannot_have_come_then(came: date, asked: date | None, why: str) -> None:
    """A day that cannot be would move the clock, so it is refused."""
    with pytest.raises(AnswerRefused, match=why):
        check_proof_came(came, asked_on=asked, today=date(2027, 3, 18))
