"""Answers of people who could not give them today: what they lost, whom it leaves out, what is said (charter 3.2)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data_contracts.gates.decided import SOFTWARE
from data_contracts.gates.gates import GateAnswer, GateEntry
from data_contracts.gates.leavers import Loss, Lost
from data_contracts.gates.operators import Operator
from data_contracts.vocabulary import Decision, Gate, OperatorRole
from tasks.rules.people.leavers import loss_of, lost_at, said_of, still_approved

NOW = datetime(2026, 3, 31, 10, tzinfo=UTC)
BEFORE = NOW - timedelta(days=1)


def _operator(**facts: Any) -> Operator:
    return Operator("ada", **{"roles": (OperatorRole.DPO,), "valid_until": None, "training_until": None, **facts})


def _gate(*names: str, people: int = 2) -> GateEntry:
    answers = tuple(GateAnswer(name, Decision.APPROVE, BEFORE, "totp", "") for name in names)
    return GateEntry(
        "C-1", Gate.APPROVAL, "", "d1", "2 rows", (Decision.APPROVE,), (OperatorRole.DPO, OperatorRole.LEGAL), people,
        BEFORE, Decision.APPROVE, "", answers,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("operator", "loss"),
    [
        (_operator(), None),
        (_operator(valid_until=NOW + timedelta(seconds=1), training_until=NOW + timedelta(seconds=1)), None),
        (None, Loss.REMOVED),
        (_operator(is_active=False), Loss.REMOVED),
        (_operator(roles=(OperatorRole.AGENT,)), Loss.ROLE),
        (_operator(valid_until=NOW), Loss.EXPIRED),
        (_operator(training_until=NOW), Loss.TRAINING),
    ],
)
def test_what_somebody_lost(operator: Operator | None, loss: Loss | None) -> None:
    """Their place, their role, or its last day: the day itself is over."""
    assert loss_of(operator, _gate("ada"), NOW) is loss


def test_people_are_told_once_and_software_is_nobody() -> None:
    """In the order they answered; who could answer today is not told of."""
    known = {"bob": _operator(roles=(OperatorRole.AGENT,)), "ada": _operator(training_until=BEFORE), "eve": _operator()}

    found = lost_at(
        _gate("bob", SOFTWARE, "ada", "bob", "eve"), known.get, not_counted={Loss.ROLE}, now=NOW
    )  # fmt: skip

    assert found == [Lost("bob", Loss.ROLE, counts=False), Lost("ada", Loss.TRAINING, counts=True)]


@pytest.mark.parametrize(
    ("lost", "stands"),
    [
        ([], True),
        ([Lost("ada", Loss.TRAINING, counts=True)], True),
        ([Lost("ada", Loss.REMOVED, counts=False)], False),
    ],
)
def test_two_must_be_left(lost: list[Lost], *, stands: bool) -> None:
    """A gate for two people stands while two answers count."""
    assert still_approved(_gate("ada", "bob"), lost) is stands


def test_one_more_than_needed_may_go() -> None:
    """Of three where two are needed."""
    assert still_approved(_gate("ada", "bob", "eve"), [Lost("ada", Loss.REMOVED, counts=False)])


def test_it_is_said_what_was_lost_and_what_follows() -> None:
    """A sentence for the gate."""
    assert said_of(Lost("ada", Loss.ROLE, counts=False)) == (
        "ada does not have the role any more: the answer does not count any more"
    )
    assert said_of(Lost("bob", Loss.EXPIRED, counts=True)) == (
        "bob is past the last day of the role: the answer counts still"
    )
