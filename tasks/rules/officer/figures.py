"""Where a number of days belongs in what is shown; pure.

>>> deadline_bucket(-1), deadline_bucket(0), deadline_bucket(21), age_bucket(8)
('overdue', '0-2', 'over 20', '8-14')
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from data_contracts.gates.operators import Operator
from data_contracts.officer.figures import AGES, DEADLINES, OVERDUE, STANDS_STILL, OpenDay
from data_contracts.vocabulary import Right

_DEADLINE_ENDS = (2, 5, 10, 20)
_AGE_ENDS = (7, 14, 30, 60)


def deadline_bucket(days_left: int) -> str:
    """One of :data:`data_contracts.officer.figures.DEADLINES`."""
    if days_left < 0:
        return OVERDUE
    return DEADLINES[1 + sum(days_left > end for end in _DEADLINE_ENDS)]


def deadline_bounds(bucket: str) -> tuple[int | None, int | None]:
    """The least and the most days that are left in one of :data:`data_contracts.officer.figures.DEADLINES`; None: any.

    >>> deadline_bounds("overdue"), deadline_bounds("3-5"), deadline_bounds("over 20")
    ((None, -1), (3, 5), (21, None))
    """
    if bucket == STANDS_STILL:
        return None, None
    ends = (-1, *_DEADLINE_ENDS, None)
    place = DEADLINES.index(bucket)
    before = ends[place - 1] if place else None
    return (None if before is None else before + 1), ends[place]


def age_bucket(days: int) -> str:
    """One of :data:`data_contracts.officer.figures.AGES`."""
    return AGES[sum(days > end for end in _AGE_ENDS)]


def running(days: Iterable[OpenDay], still: Iterable[tuple[Right, date]]) -> list[OpenDay]:
    """Open cases by right and last day, without those whose clocks stand still.

    Args:
        days: all open cases, by the last day that the register keeps.
        still: right and kept last day of each whose clock stands still.
    """
    counted = Counter(still)
    left = [(one, one.cases - counted[one.right, one.day]) for one in days]
    return [OpenDay(one.right, one.day, number) for one, number in left if number > 0]


def by_deadline(
    days: Iterable[OpenDay], today: date, still: Iterable[tuple[Right, date]] = ()
) -> Mapping[tuple[Right, str], int]:
    """Open cases by right and days to their last day; those of ``still`` have none."""
    counted: Counter[tuple[Right, str]] = Counter()
    for one in days:
        counted[one.right, deadline_bucket((one.day - today).days)] += one.cases
    for right, _ in still:
        counted[right, STANDS_STILL] += 1
    return counted


def by_age(days: Iterable[OpenDay], today: date) -> Mapping[tuple[Right, str], int]:
    """Open cases by right and days since receipt."""
    counted: Counter[tuple[Right, str]] = Counter()
    for one in days:
        counted[one.right, age_bucket((today - one.day).days)] += one.cases
    return counted


def standing_of(operator: Operator, now: datetime) -> str:
    """``in_force``, or why an operator cannot decide now: ``locked``, ``untrained``, ``lapsed``."""
    if not operator.is_active or (operator.valid_until is not None and now >= operator.valid_until):
        return "lapsed"
    if operator.training_until is not None and now >= operator.training_until:
        return "untrained"
    return "locked" if operator.locked_until is not None and now < operator.locked_until else "in_force"
