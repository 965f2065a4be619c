"""How urgent a case is for whoever has several to carry on, by the days until its answer is due (Art. 12(3)).

The days are those of the policy's warnings: at the first one a case is due soon, at the last one it is urgent.

>>> [urgency(days, [10, 5, 2]).value for days in (30, 10, 3, 2, -1)], urgency(None, [10, 5, 2]).value
(['default', 'due-soon', 'due-soon', 'urgent', 'urgent'], 'default')
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final


class Urgency(StrEnum):
    """In which order cases are carried on; the value is the name of the work queue."""

    URGENT = "urgent"
    DUE_SOON = "due-soon"
    DEFAULT = "default"


_ORDER: Final = (Urgency.URGENT, Urgency.DUE_SOON, Urgency.DEFAULT)


def urgency(days_left: int | None, warn_days: Sequence[int]) -> Urgency:
    """How urgent a case is.

    Args:
        days_left: until its answer is due, negative when it is over; None while no day is: a proof is outstanding.
        warn_days: the days of the policy's warnings, in any order, at least one.
    """
    if days_left is None or days_left > max(warn_days):
        return Urgency.DEFAULT
    return Urgency.URGENT if days_left <= min(warn_days) else Urgency.DUE_SOON


def is_behind(queue: str, wanted: Urgency) -> bool:
    """Whether a queue comes after the wanted one; a queue that we do not know comes last.

    >>> is_behind("default", Urgency.URGENT), is_behind("urgent", Urgency.DUE_SOON), is_behind("mine", Urgency.DEFAULT)
    (True, False, True)
    """
    known = [urgency_.value for urgency_ in _ORDER]
    return (known.index(queue) if queue in known else len(known)) > _ORDER.index(wanted)
