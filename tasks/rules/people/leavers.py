"""Whether an answer still counts of somebody who lost role, training or trust since (charter 3.2, 3.3; law 5)."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from data_contracts.gates.decided import SOFTWARE
from data_contracts.gates.gates import GateEntry
from data_contracts.gates.leavers import Loss, Lost
from data_contracts.gates.operators import Operator

_SAID = {
    Loss.REMOVED: "is not in force any more",
    Loss.ROLE: "does not have the role any more",
    Loss.EXPIRED: "is past the last day of the role",
    Loss.TRAINING: "has no training in force",
}


def loss_of(operator: Operator | None, entry: GateEntry, now: datetime) -> Loss | None:
    """What somebody who answered a gate lost since; None where they could answer it today."""
    if operator is None or not operator.is_active:
        return Loss.REMOVED
    if not set(operator.roles) & set(entry.roles):
        return Loss.ROLE
    if operator.valid_until is not None and now >= operator.valid_until:
        return Loss.EXPIRED
    if operator.training_until is not None and now >= operator.training_until:
        return Loss.TRAINING
    return None


def lost_at(
    entry: GateEntry, known: Callable[[str], Operator | None], *, not_counted: Collection[Loss], now: datetime
) -> list[Lost]:
    """People whose answers stand at a gate and who could not answer it today, in the order they answered.

    Args:
        entry: the gate.
        known: gives an operator by name.
        not_counted: losses with which an answer does not count any more.
        now: the time.
    """
    people = [name for name in dict.fromkeys(answer.operator for answer in entry.answers) if name != SOFTWARE]
    losses = ((name, loss_of(known(name), entry, now)) for name in people)
    return [Lost(name, loss, counts=loss not in not_counted) for name, loss in losses if loss is not None]


def not_counted(lost: Sequence[Lost]) -> frozenset[str]:
    """Names of those whose answer does not count any more."""
    return frozenset(one.operator for one in lost if not one.counts)


def still_approved(entry: GateEntry, lost: Sequence[Lost]) -> bool:
    """Whether enough people decided a gate whose answers count still."""
    gone = not_counted(lost)
    left = {answer.operator for answer in entry.answers if answer.decision is entry.outcome} - gone
    return not gone or len(left) >= entry.people


def said_of(lost: Lost) -> str:
    """One of them as a sentence without its full stop."""
    counts = "the answer counts still" if lost.counts else "the answer does not count any more"
    return f"{lost.operator} {_SAID[lost.loss]}: {counts}"
