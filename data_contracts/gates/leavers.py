"""Operators who answered at a gate and may not any more: how they lost it, and whether their answer counts still."""

from dataclasses import dataclass
from enum import StrEnum


class Loss(StrEnum):
    """How somebody lost what a gate asks for."""

    REMOVED = "removed"
    """Taken out of force by somebody, or not known any more."""
    ROLE = "role"
    """Has other roles now, none of those of the gate."""
    EXPIRED = "expired"
    """The last day of the role is over."""
    TRAINING = "training"
    """The training has lapsed."""


FOR_CAUSE = (Loss.REMOVED, Loss.ROLE)
"""What somebody took away; the others end on a day that was known when the person answered."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody whose answer stands at a gate, and who could not answer it today.

    Attributes:
        counts: whether the answer counts all the same, as the policy says.
    """

    operator: str
    loss: Loss
    counts: bool
